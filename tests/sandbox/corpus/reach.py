"""Beyond what a tool was given: its folders and its declared host."""

import contextlib
import fcntl
import json
import mmap
import os
import socket
import threading
import time

from attack import FACTS
from kernel import SCRATCH, call, read_file, write_file


def _folder(name: str) -> str:
    return json.loads(os.environ["TOOLVET_MOUNTS"])[name]


def read_given() -> str:
    return read_file(f"{_folder('given')}/data")


def write_into_given() -> None:
    write_file(f"{_folder('given')}/new")


def overwrite_given() -> None:
    write_file(f"{_folder('given')}/data")


def remove_given() -> None:
    os.unlink(f"{_folder('given')}/data")


def map_given_for_writing() -> None:
    with open(f"{_folder('given')}/data", "rb") as handle:
        mmap.mmap(handle.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)


def run_given() -> None:
    """Map a file of the folder as code."""
    with open(f"{_folder('given')}/data", "rb") as handle:
        mmap.mmap(handle.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)


def leave_given_by_link() -> str:
    return read_file(f"{_folder('given')}/way-out")


def leave_given_by_folder_link() -> str:
    return read_file(f"{_folder('given')}/folder-out/secret")


def leave_given_upwards() -> str:
    return read_file(f"{_folder('given')}/../secret")


def leave_given_by_descriptor() -> str:
    handle = os.open(_folder("given"), os.O_PATH)
    os.fchdir(handle)
    return read_file(f"{'../' * 30}{FACTS['secret'].lstrip('/')}")


def talk_through_given() -> None:
    """A pipe that lies in the folder: a read-only mount does not stop who writes into one."""
    handle = os.open(f"{_folder('given')}/pipe", os.O_WRONLY | os.O_NONBLOCK)
    os.write(handle, b"x")


def connect_through_given() -> None:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(f"{_folder('given')}/socket")


def send_through_given_by_pair() -> None:
    first, _second = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    first.connect(f"{_folder('given')}/datagrams")
    first.send(b"x")


def send_through_given_by_number() -> None:
    """By sequenced packets, as a pair may be had of them."""
    first, _second = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    first.sendmsg([b"x"], [], 0, f"{_folder('given')}/datagrams")


def write_into_shared() -> str:
    write_file(f"{_folder('shared')}/mine", b"mine")
    return read_file(f"{_folder('shared')}/mine")


def leave_shared_by_link() -> None:
    os.symlink(FACTS["secret"], f"{_folder('shared')}/link")
    write_file(f"{_folder('shared')}/link")


def leave_shared_by_hard_link() -> None:
    os.link(FACTS["secret"], f"{_folder('shared')}/hard")


def move_out_of_shared() -> None:
    os.rename(f"{_folder('shared')}/..", f"{SCRATCH}/up")


def own_for_others() -> None:
    """A file that whoever runs it would run as its owner."""
    write_file(f"{_folder('shared')}/suid", b"#!/bin/sh\n")
    os.chmod(f"{_folder('shared')}/suid", 0o4755)


def own_for_others_when_made() -> None:
    os.close(os.open(f"{_folder('shared')}/suid", os.O_CREAT | os.O_WRONLY, 0o4755))
    if os.stat(f"{_folder('shared')}/suid").st_mode & 0o6000:
        return
    raise PermissionError("the bit was not kept")


def device_in_shared() -> None:
    os.mknod(f"{_folder('shared')}/disk", 0o660 | 0o060000, os.makedev(254, 0))


def race_by_links() -> str:
    """Swap a folder and a link as fast as can be, and read through it."""
    base = f"{_folder('shared')}/race"
    os.mkdir(f"{base}-real")
    write_file(f"{base}-real/secret", b"nothing")
    os.symlink(os.path.dirname(FACTS["secret"]), f"{base}-link")
    os.symlink(f"{base}-real", base)
    late = time.monotonic() + 0.6

    def swap() -> None:
        while time.monotonic() < late:
            with contextlib.suppress(OSError):
                os.symlink(os.path.dirname(FACTS["secret"]), f"{base}-new")
                os.replace(f"{base}-new", base)
                os.symlink(f"{base}-real", f"{base}-new")
                os.replace(f"{base}-new", base)

    worker = threading.Thread(target=swap)
    worker.start()
    seen: set[str] = set()
    while time.monotonic() < late:
        with contextlib.suppress(OSError):
            seen.add(read_file(f"{base}/secret"))
    worker.join()
    return ",".join(sorted(seen))


# --- a declared host -----------------------------------------------------------------------------


def talk_to_declared() -> str:
    with socket.create_connection((FACTS["host"], int(FACTS["door"])), timeout=2) as channel:
        channel.sendall(b"hello")
        return channel.recv(100).decode()


def other_port() -> None:
    socket.create_connection((FACTS["host"], int(FACTS["door"]) + 1), timeout=1).close()


def other_address() -> None:
    socket.create_connection(("127.0.0.1", int(FACTS["port"])), timeout=1).close()


def host_of_the_host() -> None:
    socket.create_connection((FACTS["outer"], int(FACTS["port"])), timeout=1).close()


def undeclared_name() -> object:
    return socket.getaddrinfo("other.example.com", 80)


def resolve_by_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.sendto(bytes(20), ("127.0.0.53", 53))


def listen_oneself() -> None:
    with socket.socket() as channel:
        channel.bind(("127.0.0.1", 0))
        channel.listen()


def bind_alone() -> None:
    with socket.socket() as channel:
        channel.bind(("127.0.0.1", 0))


def multipath() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)


def streams_of_another_kind() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)


def sixth_version() -> None:
    socket.socket(socket.AF_INET6, socket.SOCK_STREAM)


def every_other_socket() -> list[list[int]]:
    """Each family and type but the one that is allowed."""
    made: list[list[int]] = []
    for family in range(1, 48):
        for kind in (1, 2, 3, 4, 5, 6, 10):
            for protocol in (0, 1, 6, 17, 58, 255):
                if (family, kind) == (2, 1) and protocol in (0, 6):
                    continue
                with contextlib.suppress(OSError):
                    os.close(call("socket", family, kind, protocol))
                    made.append([family, kind, protocol])
    if not made:
        raise PermissionError("none")
    return made


def settings_of_the_network() -> None:
    with socket.socket() as channel:
        fcntl.ioctl(channel, 0x8914, b"lo".ljust(16, b"\0") + bytes(24))


def routes_of_the_network() -> None:
    with socket.socket() as channel:
        fcntl.ioctl(channel, 0x890B, bytes(120))


def another_protocol_on_top() -> None:
    with socket.create_connection((FACTS["host"], int(FACTS["door"])), timeout=2) as channel:
        channel.setsockopt(socket.IPPROTO_TCP, 31, b"tls")


def filter_of_packets() -> None:
    with socket.socket() as channel:
        channel.setsockopt(socket.IPPROTO_IP, 64, bytes(96))


def signed_packets() -> None:
    with socket.socket() as channel:
        channel.setsockopt(socket.IPPROTO_TCP, 14, bytes(216))


def repair() -> None:
    with socket.socket() as channel:
        channel.setsockopt(socket.IPPROTO_TCP, 19, 1)


def send_descriptor_home() -> str:
    """The message by which listeners were handed out, a second time: nobody may take it."""
    home = socket.socket(fileno=os.dup(3))
    socket.send_fds(home, [b"n"], [0, 1, 2])
    return "sent"


def flood_declared() -> int:
    """More connections than anybody should have; few, so that it stays a probe."""
    kept: list[socket.socket] = []
    with contextlib.suppress(OSError):
        kept += (
            socket.create_connection((FACTS["host"], int(FACTS["door"])), timeout=1)
            for _ in range(200)
        )
    return len(kept)
