"""What a journey is played on: a home, a service as a real process, a person at a real terminal."""

import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PASSPHRASE = "correct horse battery staple"
TOOLVET = (sys.executable, "-I", "-m", "toolvet.cli")
ANSWER_S = 120.0


class StageError(AssertionError):
    """Something on the stage did not do what it should."""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str = ""

    @property
    def data(self) -> Any:
        """Its `--json` output."""
        return json.loads(self.out)


@dataclass
class Stage:
    """One home with its own configuration, apart from everything else of this user."""

    folder: Path
    port: int = 0
    service: subprocess.Popen[bytes] | None = None
    token: str = ""
    extra: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def home(self) -> Path:
        """The service's home."""
        return self.folder / "home"

    @property
    def env(self) -> dict[str, str]:
        """Environment of every command."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TOOLVET_")}
        return {
            **inherited,
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "COLUMNS": "100",
            "TOOLVET_HOME": str(self.home),
            "TOOLVET_CONFIG": str(self.folder / "config"),
            **self.extra,
        }

    @property
    def url(self) -> str:
        """Where the service listens."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str, token: str = "", timeout_s: float = ANSWER_S) -> Done:
        """Run a command without a terminal, as an agent or a script would."""
        env = {**self.env, **({"TOOLVET_TOKEN": token} if token else {})}
        done = subprocess.run(
            [*TOOLVET, *arguments],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            start_new_session=True,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def person(
        self, *arguments: str, passphrase: str = PASSPHRASE, config: Path | None = None
    ) -> Done:
        """Run a command at a terminal, as a person who answers what is asked."""
        env = {**self.env, **({"TOOLVET_CONFIG": str(config)} if config else {})}
        return at_terminal([*TOOLVET, *arguments], env, passphrase)

    def start_home(self) -> None:
        """Make a home without a key, as a script would, and start its service."""
        made = self.run("init", "--yes", "--name", "person", timeout_s=900)
        if made.code != 0:
            raise StageError(f"init failed: {made.err or made.out}")
        self.start()

    def start(self) -> None:
        """Start the service as a process of its own and wait until it answers."""
        if not self.port:
            self.port = free_port()
        log = (self.folder / "service.log").open("ab")
        with log:
            self.service = subprocess.Popen(
                [*TOOLVET, "serve", "--port", str(self.port)],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_ready()

    def wait_ready(self, timeout_s: float = 60.0) -> None:
        """Wait until the service answers."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if self.service is not None and self.service.poll() is not None:
                break
            if answers(f"{self.url}/healthz"):
                return
            select.select([], [], [], 0.05)
        said = (self.folder / "service.log").read_text(errors="replace")[-2000:]
        raise StageError(f"the service did not start:\n{said}")

    def kill(self) -> None:
        """Kill the service with -9, as a power cut would."""
        if self.service is not None:
            os.kill(self.service.pid, signal.SIGKILL)
            self.service.wait()
            self.service = None

    def stop(self) -> None:
        """End the service cleanly."""
        if self.service is not None:
            self.service.terminate()
            try:
                self.service.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self.service = None


def free_port() -> int:
    """Find a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Tell whether a URL of ours answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def at_terminal(argv: Sequence[str], env: dict[str, str], passphrase: str) -> Done:
    """Run a program under a pseudo-terminal and answer its questions.

    Yes to every `[y/N]`, the passphrase to everything that asks for one.
    """
    child, terminal = pty.fork()
    if child == 0:
        os.execve(argv[0], list(argv), env)
    shown, answered = b"", 0
    until = time.monotonic() + ANSWER_S
    while time.monotonic() < until:
        ready, _, _ = select.select([terminal], [], [], 0.5)
        if not ready:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
        reply = _reply(shown[answered:], passphrase)
        if reply is not None:
            answered = len(shown)
            os.write(terminal, reply.encode() + b"\n")
    else:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return Done(os.waitstatus_to_exitcode(status), shown.decode(errors="replace"))


def _reply(question: bytes, passphrase: str) -> str | None:
    last = question.decode(errors="replace").rstrip(" ").rsplit("\n", 1)[-1].lower()
    if not last.endswith((":", "?", "]")):
        return None
    if "passphrase" in last or "once more" in last:
        return passphrase
    if "y/n" in last:
        return "y"
    return ""
