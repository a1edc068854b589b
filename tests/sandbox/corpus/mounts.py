"""Mounts, roots and namespaces: changing what the walls are made of."""

import ctypes
import os
import signal
import struct

from kernel import SCRATCH, by_number, call

_NEW = {
    "time": 0x80,
    "mount": 0x20000,
    "cgroup": 0x2000000,
    "uts": 0x4000000,
    "ipc": 0x8000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
_AT_FDCWD, _RECURSIVE = -100, 0x8000


def mount_new() -> None:
    call("mount", b"none", SCRATCH.encode(), b"tmpfs", 0, b"")


def mount_proc() -> None:
    call("mount", b"proc", SCRATCH.encode(), b"proc", 0, b"")


def bind_elsewhere() -> None:
    call("mount", b"/", SCRATCH.encode(), None, 0x1000 | 0x4000, None)


def remount_writable() -> None:
    call("mount", b"none", b"/", None, 0x20 | 0x1000, None)


def share_mounts() -> None:
    call("mount", b"none", b"/", None, 0x100000 | 0x4000, None)


def unmount_tool() -> None:
    call("umount2", b"/tool", 2)


def unmount_root() -> None:
    call("umount2", b"/", 2)


def change_root() -> None:
    call("chroot", SCRATCH.encode())


def pivot() -> None:
    os.chdir(SCRATCH)
    call("pivot_root", b".", b".")


def open_file_system() -> None:
    call("fsopen", b"tmpfs", 0)


def pick_file_system() -> None:
    call("fspick", _AT_FDCWD, b"/", 0)


def clone_a_mount() -> None:
    call("open_tree", _AT_FDCWD, b"/", 1 | _RECURSIVE)


def clone_a_mount_new_way() -> None:
    by_number(467, _AT_FDCWD, b"/", 1, struct.pack("QQQQ", 0, 1, 0, 0), 32)


def move_a_mount() -> None:
    call("move_mount", _AT_FDCWD, b"/", _AT_FDCWD, SCRATCH.encode(), 0)


def clear_read_only() -> None:
    call("mount_setattr", _AT_FDCWD, b"/", 0, struct.pack("QQQQ", 0, 1, 0, 0), 32)


def read_mounts() -> None:
    call("statmount", bytes(24), ctypes.create_string_buffer(512), 512, 0)


def handle_of_a_file() -> None:
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    call("name_to_handle_at", _AT_FDCWD, b"/", handle, ctypes.byref(ctypes.c_int()), 0)


def file_by_handle() -> None:
    """The trick that once left containers: a file by its number, past every path."""
    handle = struct.pack("Ii", 8, 1) + struct.pack("Q", 2)
    call("open_by_handle_at", 3, handle, 0)


def enter_by_pidfd() -> None:
    call("setns", call("pidfd_open", 1, 0), _NEW["mount"])


def enter_by_file() -> None:
    call("setns", os.open("/proc/1/ns/mnt", os.O_RDONLY), 0)


def _unshare(kind: str) -> None:
    call("unshare", _NEW[kind])


def unshare_user() -> None:
    _unshare("user")


def unshare_mount() -> None:
    _unshare("mount")


def unshare_net() -> None:
    _unshare("net")


def unshare_pid() -> None:
    _unshare("pid")


def unshare_ipc() -> None:
    _unshare("ipc")


def unshare_uts() -> None:
    _unshare("uts")


def unshare_cgroup() -> None:
    _unshare("cgroup")


def unshare_time() -> None:
    _unshare("time")


def unshare_files() -> None:
    """Harmless, yet not on the list: the list is what is allowed."""
    call("unshare", 0x400)


def _clone(flags: int) -> None:
    if call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)


def clone_user() -> None:
    _clone(_NEW["user"])


def clone_everything() -> None:
    _clone(sum(_NEW.values()) & ~0xFF)


def clone_user_with_high_bits() -> None:
    """Only the low half of the flags counts; a filter that compares all of them misses it."""
    _clone(_NEW["user"] | (1 << 33))


def clone_user_by_clone3() -> None:
    arguments = struct.pack("11Q", _NEW["user"], 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0)
    if call("clone3", ctypes.create_string_buffer(arguments), 88) == 0:
        os._exit(0)
