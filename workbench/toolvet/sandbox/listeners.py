"""Listening sockets that a run hands out before it is confined: taken once, checked, never again.

They were made inside the walls, where code of approved packages may have run already. Each is held
against what was declared, so that nothing but a listener of a declared host is ever accepted on.
"""

import array
import os
import socket
from collections.abc import Sequence

from toolvet.sandbox.errors import ListenersError
from toolvet.sandbox.inside.config import LISTENERS
from toolvet.sandbox.model import Endpoint

MOST = 32
_SAID_MAX = 2000
_INT = array.array("i").itemsize


def receive(channel: socket.socket, endpoints: Sequence[Endpoint]) -> dict[Endpoint, socket.socket]:
    """Take the listeners off a run's channel; the caller owns them.

    Args:
        channel: Not blocking; its first message is waiting.
        endpoints: As the image declares them; the descriptors come in this order.

    Raises:
        BlockingIOError: Nothing is there yet.
        ListenersError: Something else came than a listener for each endpoint.
    """
    try:
        message, ancillary, _, _ = channel.recvmsg(
            len(LISTENERS), socket.CMSG_SPACE(MOST * _INT), socket.MSG_CMSG_CLOEXEC
        )
    except BlockingIOError:
        raise
    except OSError as error:
        raise ListenersError(f"no listeners: {error.strerror}") from error
    sockets = _adopt(_descriptors(ancillary))
    try:
        _check(channel, message, endpoints, sockets)
    except BaseException:
        close(sockets)
        raise
    return dict(zip(endpoints, sockets, strict=True))


def close(sockets: Sequence[socket.socket]) -> None:
    """Let go of listeners that nobody answers on."""
    for listener in sockets:
        listener.close()


def _descriptors(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % _INT])
    return list(found)


def _instead(channel: socket.socket) -> str:
    """What came in their place: a run that could not be confined says so."""
    try:
        said = channel.recv(_SAID_MAX)
    except OSError:
        return ""
    return f": {said!a}" if said else ", it ended"


def _adopt(descriptors: Sequence[int]) -> list[socket.socket]:
    """Make sockets of descriptors; whatever is none of the kind is closed, and will be missed."""
    sockets: list[socket.socket] = []
    for descriptor in descriptors:
        try:
            sockets.append(socket.socket(fileno=descriptor))
        except OSError:
            os.close(descriptor)
    return sockets


def _check(
    channel: socket.socket,
    message: bytes,
    endpoints: Sequence[Endpoint],
    sockets: Sequence[socket.socket],
) -> None:
    if message != LISTENERS:
        raise ListenersError(f"the run sent no listeners{_instead(channel)}")
    if len(sockets) != len(endpoints):
        raise ListenersError(f"{len(sockets)} listeners for {len(endpoints)} hosts")
    for endpoint, listener in zip(endpoints, sockets, strict=True):
        _check_listener(endpoint, listener)


def _check_listener(endpoint: Endpoint, listener: socket.socket) -> None:
    is_tcp = listener.family in (socket.AF_INET, socket.AF_INET6) and (
        listener.type == socket.SOCK_STREAM
    )
    if not is_tcp or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise ListenersError(f"no listener for {endpoint.host}")
    if listener.getsockname()[:2] != (endpoint.address, endpoint.port):
        raise ListenersError(f"the listener for {endpoint.host} is bound elsewhere")
    listener.settimeout(0)
