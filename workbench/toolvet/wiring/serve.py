"""Serving a home: one process, one lock, a Unix socket, and TCP when asked for."""

import asyncio
import contextlib
import fcntl
import json
import os
import resource
import signal
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from toolvet.audit.keys import protect_process
from toolvet.config import VERSION, Paths, Settings
from toolvet.engine.services import Services
from toolvet.errors import HomeError
from toolvet.http.app import create_app
from toolvet.http.metrics import Counting
from toolvet.mcp.endpoint import PATH, create_mcp
from toolvet.wiring.folders import folders
from toolvet.wiring.home import make_folders
from toolvet.wiring.services import open_services
from toolvet.wiring.upkeep import target_of, upkeep

BACKLOG = 512
LONGEST_PATH = 100
LOOK_S = 5.0
"""How often the service looks whether its socket is still there."""
GRACE_S = 10
"""How long open requests may take after the service was asked to end."""
KEEP_ALIVE_S = 75
"""How long a connection may be idle; shorter, and a client that pauses meets a closed one."""


class HomeInUseError(HomeError):
    """Another service serves this home."""

    code = "home.in_use"
    hint = "Use that one: every command finds it; `toolvet stop` ends it."


class AddressError(HomeError):
    """The service cannot listen where it was told to."""

    code = "service.address"
    hint = "Choose another port, or a shorter path for the home."


def serve(settings: Settings, *, host: str = "127.0.0.1", port: int | None = None) -> None:
    """Serve a home until a signal, or a stop request, ends it.

    Args:
        host: Address for TCP.
        port: For TCP; None listens on the Unix socket only, 0 takes a free one.

    Raises:
        HomeError: No home, in use, or nowhere to listen.
    """
    paths = settings.paths
    if not paths.log_key.exists():
        raise HomeError(f"{paths.home} is no home", hint="`toolvet init` makes one.")
    make_folders(paths)
    target_of(settings.webhook, paths)  # refused before anything runs
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    protect_process()  # it opens secrets
    with _only_one(paths.lock):
        sockets = [_unix(paths.socket)]
        if port is not None:
            sockets.append(_tcp(host, port))
        try:
            asyncio.run(_serve(settings, sockets, host))
        finally:
            paths.socket.unlink(missing_ok=True)
            paths.pid.unlink(missing_ok=True)


async def _serve(settings: Settings, sockets: Sequence[socket.socket], host: str) -> None:
    async with (
        open_services(settings) as services,
        folders(services),
        upkeep(services, settings.webhook),
    ):
        endpoint = create_mcp(services, hosts=() if host == "127.0.0.1" else (host,))
        app = create_app(services)
        async with endpoint.lifespan():
            server = _Server(
                services,
                uvicorn.Config(
                    _Doors(app, endpoint.app),
                    lifespan="off",
                    log_level="warning",
                    access_log=False,
                    timeout_graceful_shutdown=GRACE_S,
                    timeout_keep_alive=KEEP_ALIVE_S,
                    server_header=False,
                ),
            )
            watcher = asyncio.create_task(_end_when_asked(services, server))
            _announce(settings.paths, sockets)
            try:
                await server.serve(sockets=list(sockets))
            finally:
                watcher.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watcher


class _Doors:
    """ASGI: MCP at exactly its path, the HTTP API everywhere else.

    Mounted in the API's application, every call of a tool would pass its eight layers for nothing:
    MCP has its own gate, cap and errors. Only the count of answers is one for both.
    """

    def __init__(self, api: FastAPI, mcp: ASGIApp) -> None:
        self._api = api
        self._mcp = Counting(mcp, api.state.answers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_mcp = scope["type"] == "http" and scope["path"] == PATH
        await (self._mcp if is_mcp else self._api)(scope, receive, send)


class _Server(uvicorn.Server):
    """Ends what is open as soon as a signal comes, and takes the signal for an ordinary request.

    uvicorn raises the signal again when it is done: that would end the process before the services
    were closed, and the calls of the last moment would be in no log.
    """

    def __init__(self, services: Services, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._services = services

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002, RUF100
        """Begin to stop; a second Ctrl-C waits for nobody."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self._services.loop.call_soon_threadsafe(self._services.stopping.set)


async def _end_when_asked(services: Services, server: uvicorn.Server) -> None:
    """End on request, and when the socket is gone: the home was removed, nobody can find us."""
    ours = services.paths.socket.stat().st_ino
    while not services.stopping.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(services.stopping.wait(), LOOK_S)
        try:
            gone = services.paths.socket.stat().st_ino != ours
        except OSError:
            gone = True
        if gone:
            break
    server.should_exit = True
    services.stopping.set()
    services.feed.end()  # the server waits for answers, and an event stream is one


def _announce(paths: Paths, sockets: Sequence[socket.socket]) -> None:
    ports = [bound.getsockname()[1] for bound in sockets if bound.family != socket.AF_UNIX]
    said = {"pid": os.getpid(), "version": VERSION, "ports": ports}
    paths.pid.write_text(json.dumps(said), encoding="utf-8")


@contextmanager
def _only_one(lock: Path) -> Generator[None]:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeInUseError("another service serves this home") from error
        yield
    finally:
        os.close(descriptor)


def _unix(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)  # the lock is ours: whoever left it is dead
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _bind(listener, path)
        path.chmod(0o600)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressError(f"cannot listen on {path}: {error}") from error
    return listener


def _bind(listener: socket.socket, path: Path) -> None:
    """Bind by way of the folder's descriptor: a socket's own path ends at 107 bytes."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        short = f"/proc/self/fd/{folder}/{path.name}"
        listener.bind(short if len(os.fsencode(path)) > LONGEST_PATH else str(path))
    finally:
        os.close(folder)


def _tcp(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio turns Nagle off only where the protocol is named: 40 ms an answer otherwise
        listener = socket.socket(found[0], socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(found[4])
        listener.listen(BACKLOG)
    except OSError as error:
        raise AddressError(f"cannot listen on {host}:{port}: {error}") from error
    return listener
