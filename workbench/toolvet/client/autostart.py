"""Start the local service when it sleeps, so that a person never has to think of it.

Many commands may find it asleep at once: one starts it, the others wait. A socket that a crash
left is removed only while nobody holds the service's lock. A service of another version is asked
to end first.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from toolvet.client import locks
from toolvet.client.client import Client
from toolvet.client.errors import NoHomeError, StartError
from toolvet.client.shapes import Health
from toolvet.client.transport import HttpTransport
from toolvet.config import VERSION, Paths, Settings
from toolvet.errors import KNOWN, UnreachableError

COMMAND = (sys.executable, "-I", "-m", "toolvet.cli", "serve", "--socket-only")
"""`-I`: neither the current folder, nor PYTHONPATH, nor the user's site can put code in."""

READY_S = 45.0
STOP_S = 30.0
_POLL_S = 0.02
_PROBE_S = 5.0

_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
_KEPT_PREFIXES = ("XDG_", "UV_", "PIP_", "SSL_CERT_")
_KEPT_ENDINGS = ("_PROXY", "_proxy")


def ensure_running(
    settings: Settings, *, command: Sequence[str] = COMMAND, ready_s: float = READY_S
) -> Health:
    """Have a service of this version answer on the home's socket.

    Args:
        command: What to run; tests run something smaller.
        ready_s: How long it may take to answer.

    Raises:
        NoHomeError: There is no home to serve.
        StartError: It did not start, or another version does not end.
    """
    paths = settings.paths
    if not paths.log_key.exists():
        raise NoHomeError(f"there is no home at {paths.home}")
    try:
        with locks.held(paths.start_lock, ready_s + STOP_S):
            return _ensure(settings, command, ready_s)
    except TimeoutError as error:
        raise StartError("another command has been starting the service for too long") from error


def _ensure(settings: Settings, command: Sequence[str], ready_s: float) -> Health:
    paths = settings.paths
    health = probe(paths)
    if health is not None and health.version == VERSION:
        return health
    if health is not None:
        _end(paths, health)

    def let_go() -> int | None:
        return None if locks.is_held(paths.lock) else 0

    if let_go() is None:  # somebody else's `toolvet serve` is on its way, or one is still dying
        try:
            return _wait_until_ready(paths, let_go, ready_s)
        except StartError:
            if let_go() is None:
                raise
    paths.socket.unlink(missing_ok=True)
    process = _spawn(settings, command)
    # It outlives this command; a face that stays must not keep its corpse when it ends.
    threading.Thread(target=process.wait, daemon=True).start()
    return _wait_until_ready(paths, process.poll, ready_s)


def probe(paths: Paths) -> Health | None:
    """Ask the local service whether it is up; None when nothing answers."""
    with Client(HttpTransport.unix(paths.socket, timeout_s=_PROBE_S)) as client:
        try:
            return client.health()
        except KNOWN:
            return None


def stop(settings: Settings) -> bool:
    """End the local service; answer whether there was one.

    Raises:
        StartError: It does not end.
    """
    health = probe(settings.paths)
    if health is None:
        return False
    _end(settings.paths, health)
    return True


def make_way(settings: Settings) -> None:
    """End a service that a command started for itself, so that one with an address can take over.

    A service that listens on TCP already is left alone: somebody relies on it.

    Raises:
        StartError: It does not end.
    """
    try:
        ports = json.loads(settings.paths.pid.read_text(encoding="utf-8"))["ports"]
    except (OSError, ValueError, KeyError):
        return
    if ports == []:
        stop(settings)


def _end(paths: Paths, health: Health) -> None:
    token = paths.token.read_text(encoding="ascii").strip() if paths.token.exists() else ""
    transport = HttpTransport.unix(paths.socket, timeout_s=_PROBE_S)
    # It may end before it answers.
    with Client(transport, token) as client, contextlib.suppress(UnreachableError):
        client.stop()
    if not _comes_true(lambda: not locks.is_held(paths.lock), STOP_S):
        raise StartError(
            f"the service (process {health.pid}, version {health.version}) does not end",
            hint=f"End process {health.pid}, then try again.",
        )


def _spawn(settings: Settings, command: Sequence[str]) -> "subprocess.Popen[bytes]":
    paths = settings.paths
    with _open_log(paths.service_log) as log:
        return subprocess.Popen(  # noqa: S603  our own program
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=paths.home,
            env=clean_environment(os.environ, settings),
            start_new_session=True,  # Ctrl-C in this terminal must not end it
            close_fds=True,
        )


def _open_log(path: Path):  # noqa: ANN202, RUF100
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "ab")


def clean_environment(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """Choose what the service inherits: no token, no secret of the shell that happened to be first."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES) or name.endswith(_KEPT_ENDINGS)
    }
    kept["TOOLVET_HOME"] = str(settings.home)
    kept["TOOLVET_CONFIG"] = str(settings.config_dir)
    if settings.database:
        kept["TOOLVET_DATABASE"] = settings.database
    if settings.wheels is not None:
        kept["TOOLVET_WHEELS"] = str(settings.wheels)
    if settings.webhook:
        kept["TOOLVET_WEBHOOK"] = settings.webhook
    if settings.secret_key_file is not None:
        kept["TOOLVET_SECRET_KEY_FILE"] = str(settings.secret_key_file)
    return kept


def _wait_until_ready(paths: Paths, ended: Callable[[], int | None], ready_s: float) -> Health:
    found: list[Health] = []

    def is_ready() -> bool:
        health = probe(paths) if paths.socket.exists() else None
        if health is not None:
            found.append(health)
        return health is not None or ended() is not None

    _comes_true(is_ready, ready_s)
    if found:
        return found[0]
    code = ended()
    why = "did not answer in time" if code is None else f"ended with exit code {code}"
    raise StartError(
        f"the service {why}{_last_words(paths.service_log)}",
        hint=f"The whole story is in {paths.service_log}",
    )


def _comes_true(condition: Callable[[], bool], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _last_words(log: Path) -> str:
    try:
        text = log.read_bytes()[-2000:].decode("utf-8", "replace").strip()
    except OSError:
        return ""
    return f": {text.splitlines()[-1][:300]}" if text else ""
