"""A real Jupyter server with the extension, before a real service with a person and an agent."""

import base64
import json
import os
import secrets
import select
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from house import make_home
from stage import StageError, answers, free_port

from toolvet.audit import envelopes
from toolvet.audit.keys import PersonKey, SealedKey, prove_possession
from toolvet.client import autostart
from toolvet.client.client import Client
from toolvet.client.connect import connect
from toolvet.client.keys import KeyRing
from toolvet.config import Settings
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import ProposalView

LAB_PASSPHRASE = "correct horse battery"
SESSION = "X-Toolvet-Session"
_READY_S = 60.0

ADD_SOURCE = '''"""Adds."""


def add_pair(left: int, right: int) -> int:
    """Add two numbers.

    Args:
        left: One.
        right: The other.
    """
    return left + right
'''
ADD_EXAMPLES: list[JsonObject] = [{"arguments": {"left": 1, "right": 2}, "result": 3}]


@dataclass(frozen=True)
class HttpAnswer:
    """What the Jupyter server answered."""

    status: int
    data: Any

    @property
    def code(self) -> str:
        """The error's code; empty when there was none."""
        return str(self.data.get("error", {}).get("code", "")) if self.status >= 400 else ""


@dataclass(frozen=True)
class Desk:
    """A home with its first person's key; the service starts by itself."""

    settings: Settings
    env: dict[str, str]

    def connect(self) -> Client:
        """Speak with the local token."""
        return connect(self.settings).client

    def person_key(self) -> PersonKey:
        """Unlock the person's key in this process."""
        ring = KeyRing(self.settings.config_dir / "keys")
        return ring.unseal(ring.fingerprints()[-1], LAB_PASSPHRASE)

    def submit(self, source: str = ADD_SOURCE, **options: Any) -> ProposalView:
        """Submit the small form as the local agent, and wait for the verdict.

        Tests submit one tool under many names, which an agent has to ask for.
        """
        with self.connect() as client:
            view = client.submit_inline(source, ADD_EXAMPLES, again=True, **options)
            while view.state == "verifying":
                view = client.wait(view.id)
            return view

    def refusals(self) -> list[tuple[str, str]]:
        """Read verb and code of every refusal in the log."""
        with self.connect() as client:
            entries = [*client.audit_entries()]
        return [
            (str(leaf["verb"]), str(leaf["code"]))
            for leaf in (json.loads(str(entry["leaf"])) for entry in entries)
            if leaf.get("outcome") == "refused"
        ]


@dataclass
class JupyterServer:
    """A Jupyter server as a process, and what a page would say to it."""

    desk: Desk
    folder: Path
    url: str
    token: str
    env: dict[str, str]
    process: "subprocess.Popen[bytes]"
    session: str = ""
    cookies: CookieJar = field(default_factory=CookieJar)

    @property
    def log(self) -> str:
        """What the server said."""
        return (self.folder / "jupyter.log").read_text(errors="replace")

    def ask(
        self,
        path: str,
        body: object = None,
        *,
        method: str = "",
        token: str | None = None,
        session: str = "",
    ) -> HttpAnswer:
        """Send a request, as JSON when there is a body.

        Args:
            token: Another than the server's; empty for none.
        """
        given = self.token if token is None else token
        headers = {"Authorization": f"token {given}"} if given else {}
        if session:
            headers[SESSION] = session
        data = None if body is None else json.dumps(body).encode()
        return fetch_json(f"{self.url}/{path}", data, method or None, headers)

    def sign(self, act: str, **wanted: str) -> tuple[str, dict[str, str] | None]:
        """Sign as the page does: sealed key, passphrase, statement; answers envelope and words."""
        key = self.ask("toolvet/key").data
        person = SealedKey.from_json(key["document"]).unseal(LAB_PASSPHRASE)
        found = self.ask("toolvet/statements", {"act": act, **wanted})
        if found.status != 200:
            raise StageError(f"no statement: {found.data}")
        statement = base64.b64decode(found.data["statement_b64"])
        return envelopes.sign(statement, person).decode(), found.data["words"]

    def log_in(self) -> str:
        """Open a session with the person's key."""
        envelope, _ = self.sign("login")
        return str(self.ask("toolvet/login", {"envelope": envelope}).data["token"])


def fetch_json(
    url: str, data: bytes | None, method: str | None, headers: Mapping[str, str]
) -> HttpAnswer:
    """Send one request; errors are answers too."""
    request = urllib.request.Request(url, data, dict(headers), method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return HttpAnswer(answer.status, json.loads(answer.read() or b"null"))
    except urllib.error.HTTPError as error:
        with error:
            return HttpAnswer(error.code, _json_or_nothing(error.read()))


def _json_or_nothing(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return {}  # a page of Jupyter's own


@contextmanager
def seated(folder: Path, preset: str = "solo") -> Generator[Desk]:
    """Make a home under a folder and pin the person's key; its service ends after the block."""
    settings = make_home(folder, preset)
    env = {
        **{name: text for name, text in os.environ.items() if not name.startswith("TOOLVET_")},
        "TOOLVET_HOME": str(settings.home),
        "TOOLVET_CONFIG": str(settings.config_dir),
    }
    desk = Desk(settings, env)
    try:
        with desk.connect() as client:
            ring = KeyRing(settings.config_dir / "keys")
            sealed = ring.create(LAB_PASSPHRASE)
            key = ring.unseal(sealed.fingerprint, LAB_PASSPHRASE)
            client.pin_key(key.public.hex(), prove_possession(key, client.service().service_id))
        yield desk
    finally:
        autostart.stop(settings)


@contextmanager
def jupyter(
    desk: Desk, folder: Path, *arguments: str, program: str = "jupyter_server"
) -> Generator[JupyterServer]:
    """Run a Jupyter server with the extension, apart from everything else of this user.

    Args:
        folder: Its own; holds configuration, data, runtime files and notebooks.
        arguments: For the server.
        program: `jupyter_server`, or `jupyterlab`.
    """
    port, token = free_port(), secrets.token_hex(16)
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    env = {
        **desk.env,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    command = [
        *(
            sys.executable,
            "-m",
            program,
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
        ),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={work}"),
        *("--ServerApp.jpserver_extensions=toolvet_jupyter=True", *arguments),
    ]
    with (folder / "jupyter.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=env, cwd=work, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    server = JupyterServer(desk, folder, f"http://127.0.0.1:{port}", token, env, process)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_ready(server: JupyterServer) -> None:
    until = time.monotonic() + _READY_S
    while not answers(f"{server.url}/api"):
        if server.process.poll() is not None or time.monotonic() > until:
            raise StageError(f"the Jupyter server did not start:\n{server.log[-3000:]}")
        select.select([], [], [], 0.05)
