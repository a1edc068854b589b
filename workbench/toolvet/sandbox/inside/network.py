"""The hosts a run declared: a loopback of its own, where somebody outside answers for each.

The sockets are born in the run's own network namespace, while it still may bind any port, and are
handed out over its channel before it is confined. Behind the walls it can connect, and no more.

Source: netdevice(7) for the requests, unix(7) for the descriptors.
"""

import array
import fcntl
import socket
import struct
from collections.abc import Sequence

from toolvet.sandbox.inside.config import LISTENERS, Config

_SET_FLAGS, _SET_ADDRESS, _SET_MASK = 0x8914, 0x8916, 0x891C
_UP_AND_RUNNING = 0x1 | 0x40
_BACKLOG = 64


def _loopback_up(control: socket.socket) -> None:
    fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH22x", b"lo", _UP_AND_RUNNING))


def _own(control: socket.socket, address: str, number: int) -> None:
    """Give an address that is no loopback address to this namespace."""
    label = f"lo:{number}".encode()
    for request, value in ((_SET_ADDRESS, address), (_SET_MASK, "255.255.255.255")):
        packed = socket.inet_aton(value)
        fcntl.ioctl(control, request, struct.pack("16sHH4s16x", label, socket.AF_INET, 0, packed))


def _listen(address: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind((address, port))
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def listeners(config: Config) -> list[socket.socket]:
    """Listen for each declared host, in their order.

    Raises:
        OSError: An address cannot be had.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as control:
        _loopback_up(control)
        addresses = sorted({address for _, _, address in config.endpoints})
        foreign = [text for text in addresses if not text.startswith("127.")]
        for number, address in enumerate(foreign):
            _own(control, address, number)
    return [_listen(address, int(port)) for _, port, address in config.endpoints]


def hand_out(channel: socket.socket, sockets: Sequence[socket.socket]) -> None:
    """Send the listeners, all in one message, and keep none."""
    rights = array.array("i", [listener.fileno() for listener in sockets])
    channel.sendmsg([LISTENERS], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    for listener in sockets:
        listener.close()
