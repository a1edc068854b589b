"""What the terminal app needs of a house: an answer on its socket, and a key in its folder."""

import asyncio
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import uvicorn
from house import House
from inhabited import Inhabited

from toolvet.audit.keys import prove_possession
from toolvet.client.keys import KeyRing
from toolvet.http.app import create_app
from toolvet_reviews.values import Role

PASSPHRASE = "correct horse battery staple"


@contextmanager
def on_its_socket(found: Inhabited) -> Generator[None]:
    """Let the house answer where the app looks for it: on the Unix socket of the home."""
    services, paths = found.house.services, found.house.settings.paths
    config = uvicorn.Config(
        create_app(services), uds=str(paths.socket), log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.run_coroutine_threadsafe(server.serve(), services.loop)
    while not server.started:
        assert not serving.done()
        threading.Event().wait(0.01)
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        serving.result(20)


def enrol(house: House, name: str, roles: Sequence[Role]) -> None:
    """Let a key count that lies sealed in the configuration folder, as a person's does."""
    ring = KeyRing(house.settings.config_dir / "keys")
    key = ring.unseal(ring.create(PASSPHRASE).fingerprint, PASSPHRASE)
    client = house.of(house.person)
    signed = house.pen(house.person).add_principal(name, "human", list(roles), None)
    added = client.add_principal(signed.envelope, signed.document)
    code = added.code or ""
    asked = client.request_key(code, key.public.hex(), prove_possession(key, code))
    enrolled = house.pen(house.person).enrol_key(client.key_owner(asked.fingerprint))
    client.enrol_key(enrolled.envelope, enrolled.document)
