"""Every way to talk to somebody."""

import array
import ctypes
import os
import socket
import struct

from attack import FACTS
from kernel import call

ANY_FAMILY = range(1, 48)
"""Of Linux 6.18, and a few to come."""


def every_family() -> list[int]:
    """Make a socket of each family and type there is."""
    made: list[int] = []
    for family in ANY_FAMILY:
        for kind in (1, 2, 3, 5):
            try:
                descriptor = call("socket", family, kind, 0)
            except OSError:
                continue
            os.close(descriptor)
            made.append(family)
            break
    if not made:
        raise PermissionError("no family can be had")
    return made


def _connect(family: int, address: object, kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(family, kind) as channel:
        channel.settimeout(1)
        channel.connect(address)  # type: ignore[arg-type]


def tcp() -> None:
    _connect(socket.AF_INET, ("127.0.0.1", int(FACTS["port"])))


def tcp_by_mapped_address() -> None:
    _connect(socket.AF_INET6, ("::ffff:127.0.0.1", int(FACTS["port"])))


def tcp_any_address() -> None:
    _connect(socket.AF_INET, ("0.0.0.0", int(FACTS["port"])))


def tcp_multipath() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as channel:
        channel.connect(("127.0.0.1", int(FACTS["port"])))


def tcp_fast_open() -> None:
    """Connects without connect()."""
    with socket.socket(socket.AF_INET) as channel:
        channel.sendto(b"x", 0x20000000, ("127.0.0.1", int(FACTS["port"])))


def serve_tcp() -> None:
    socket.create_server(("127.0.0.1", 0))


def udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.sendto(b"x", ("127.0.0.1", 53))


def raw_packets() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)


def ping() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1)


def link_layer() -> None:
    socket.socket(17, socket.SOCK_RAW)


def kernel_routes() -> None:
    with socket.socket(16, socket.SOCK_RAW, 0) as channel:
        channel.bind((0, 0))


def hypervisor() -> None:
    socket.socket(40, socket.SOCK_STREAM)


def kernel_crypto() -> None:
    socket.socket(38, socket.SOCK_SEQPACKET)


def shared_memory_tcp() -> None:
    socket.socket(43, socket.SOCK_STREAM)


def express_data_path() -> None:
    socket.socket(44, socket.SOCK_RAW)


def unix_stream() -> None:
    _connect(socket.AF_UNIX, FACTS["stream"])


def unix_datagram() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(b"x", FACTS["listener"])


def abstract() -> None:
    _connect(socket.AF_UNIX, "\0" + FACTS["abstract"])


def send_by_pair() -> None:
    first, _second = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    first.sendto(b"x", FACTS["listener"])


def send_message_by_pair() -> None:
    first, _second = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    first.sendmsg([b"x"], [], 0, FACTS["listener"])


def connect_by_pair() -> None:
    first, _second = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    first.connect(FACTS["listener"])


def bind_by_pair() -> None:
    first, _second = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    first.bind("\0toolvet-probe")


def pair_of_another_family() -> None:
    call("socketpair", socket.AF_INET, socket.SOCK_STREAM, 0, (ctypes.c_int * 2)())


def send_a_descriptor_home() -> None:
    """Hand the supervisor a descriptor that it never asked for."""
    home = socket.socket(fileno=os.dup(3))
    rights = array.array("i", [0])
    home.sendmsg([b"n"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])


def load_a_filter() -> None:
    """Classic BPF by way of a socket option."""
    first, _second = socket.socketpair()
    line = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0xFFFF))
    first.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", 1, ctypes.addressof(line)))


def handle_of_the_supervisor() -> int:
    home = socket.socket(fileno=os.dup(3))
    return struct.unpack("i", home.getsockopt(socket.SOL_SOCKET, 77, 4))[0]


def who_is_the_supervisor() -> list[int]:
    home = socket.socket(fileno=os.dup(3))
    return [*struct.unpack("3i", home.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))]


def resolve_here() -> object:
    return socket.getaddrinfo("localhost", 80)


def resolve_outside() -> object:
    return socket.getaddrinfo("example.com", 80)


def ask_name_server() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.settimeout(1)
        channel.sendto(bytes(12), ("127.0.0.53", 53))
        channel.recv(64)


def metadata_service() -> None:
    _connect(socket.AF_INET, ("169.254.169.254", 80))
