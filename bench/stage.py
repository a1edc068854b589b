"""A real service in a home of its own, the person who decides in it, and an agent."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mcp import Client as McpClient
from mcp.client.streamable_http import streamable_http_client

from toolvet.audit.keys import PersonKey, prove_possession
from toolvet.client import shown
from toolvet.client.acts import Pen
from toolvet.client.client import Client
from toolvet.client.transport import HttpTransport
from toolvet.config import Settings
from toolvet.errors import KNOWN
from toolvet.wiring import init_home
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import ProposalView

AGENT = "bench-agent"
START_S = 60.0
SESSION_S = 600.0


@dataclass
class Stage:
    """What the rows measure with."""

    folder: Path
    settings: Settings
    environment: dict[str, str]
    url: str
    key: PersonKey
    person_id: str
    agent_token: str
    session: tuple[str, float] = ("", 0.0)
    """The person's login, and when it was opened."""

    @property
    def person(self) -> Client:
        """The person, logged in; the connection is fresh, as a command's is."""
        token, opened = self.session
        if not token or time.monotonic() - opened > SESSION_S:
            nobody = Client(HttpTransport.url(self.url), self.agent_token)
            envelope = Pen(nobody.service(), self.key, self.person_id).login()
            token = nobody.login(envelope)
            self.session = (token, time.monotonic())
        return Client(HttpTransport.url(self.url), token)

    @property
    def agent(self) -> Client:
        """The agent; the connection is fresh."""
        return Client(HttpTransport.url(self.url), self.agent_token)

    @property
    def pen(self) -> Pen:
        """What the person signs with, knowing the log as it is now."""
        return Pen(self.person.service(), self.key, self.person_id)

    def mcp(self, **options: Any) -> AbstractAsyncContextManager[McpClient]:
        """Open an MCP session of the agent."""
        return mcp_client(f"{self.url}/mcp", self.agent_token, **options)

    def verified(self, source: str, examples: list[JsonObject]) -> ProposalView:
        """Submit the small form as the agent, and wait for the verdict."""
        return self.settled(self.agent.submit_inline(source, examples))

    def settled(self, proposal: ProposalView) -> ProposalView:
        """Wait for the verdict on a proposal."""
        while proposal.state == "verifying":
            proposal = self.agent.wait(proposal.id)
        return proposal

    def vote_of(self, proposal: str) -> bytes:
        """Look at a proposal as the person and sign."""
        person = self.person
        return self.pen.vote(shown.fetch(person, person.service(), proposal))

    def publish(self, source: str, examples: list[JsonObject]) -> ProposalView:
        """Submit, have it verified, and approve."""
        found = self.verified(source, examples)
        if found.state == "published":
            return found
        if found.state != "reviewing":
            raise RuntimeError(f"{found.id} is {found.state}: {found.summary} {found.reason}")
        return self.person.vote(found.id, self.vote_of(found.id))


@asynccontextmanager
async def mcp_client(url: str, token: str, **options: Any) -> AsyncGenerator[McpClient]:
    """Open a session of the SDK's client over HTTP."""
    headers = {"authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        McpClient(streamable_http_client(url, http_client=http), **options) as client,
    ):
        yield client


@contextmanager
def open_stage(folder: Path, say: Callable[[str], None]) -> Generator[Stage]:
    """Make a home, start its service, and let a person and an agent in."""
    settings = Settings(home=folder / "home", config_dir=folder / "config")
    born = init_home(settings, preset_name="solo", person_name="bench", progress=say).born
    environment = {
        **os.environ,
        "TOOLVET_HOME": str(settings.home),
        "TOOLVET_CONFIG": str(settings.config_dir),
    }
    port = free_port()
    command = [sys.executable, "-I", "-m", "toolvet.cli", "serve", "--port", str(port)]
    with (folder / "service.log").open("wb") as log:
        service = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        local = Client(HttpTransport.url(url), born.local_token)
        _wait_until_up(local, service)
        yield _introduce(folder, settings, environment, url, local)
    finally:
        service.terminate()
        service.wait(timeout=30)


def _wait_until_up(client: Client, service: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            client.health()
        except KNOWN:
            if service.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _introduce(
    folder: Path, settings: Settings, environment: dict[str, str], url: str, local: Client
) -> Stage:
    key = PersonKey(Ed25519PrivateKey.generate())
    view = local.service()
    owner = local.pin_key(key.public.hex(), prove_possession(key, view.service_id))
    person_id = owner.principal
    session = local.login(Pen(local.service(), key, person_id).login())
    person = local.as_(session)
    signed = Pen(local.service(), key, person_id).add_principal(
        AGENT, "agent", ["author", "caller"], person_id
    )
    added = person.add_principal(signed.envelope, signed.document)
    token = added.token or ""
    signed = Pen(local.service(), key, person_id).add_grant(
        added.principal.id, "*/*", "destructive", None
    )
    person.add_grant(signed.envelope, signed.document)
    return Stage(folder, settings, environment, url, key, person_id, token)


def free_port() -> int:
    """Find a free port of loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def run(work: Any) -> Any:
    """Run a coroutine to its end."""
    return asyncio.run(work)
