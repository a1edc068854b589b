"""Landlock: what stays reachable where mounts and namespaces do not decide it.

Source: Linux `Documentation/userspace-api/landlock.rst`, ABI 1 to 7.
"""

import os
import struct
from collections.abc import Sequence

from toolvet.sandbox.inside import linux

FIRST_ABI_WITH_SCOPES = 6
_FIRST_ABI_WITH_TRUNCATE, _FIRST_ABI_WITH_TCP = 3, 4

_VERSION_FLAG, _PATH_BENEATH, _NET_PORT = 1, 1, 2
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _DEVICE_IOCTL = 1 << 14, 1 << 15
_ALL_FILE_RIGHTS = (1 << 16) - 1
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_IOCTL
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_MAKE_DEVICES = (1 << 6) | (1 << 11)
_WRITE = _ALL_FILE_RIGHTS & ~_DEVICE_IOCTL & ~_MAKE_DEVICES
_TCP_BIND_AND_CONNECT, _TCP_CONNECT = 3, 2
_SIGNALS_AND_ABSTRACT_SOCKETS = 3


def abi() -> int:
    """Return the kernel's Landlock ABI; 0 when it has none or it is off."""
    try:
        return linux.syscall("landlock_create_ruleset", None, 0, _VERSION_FLAG)
    except (OSError, KeyError):
        return 0


def _restrict(ruleset: int) -> None:
    linux.syscall("landlock_restrict_self", ruleset, 0)
    os.close(ruleset)


def reinforce(writable: Sequence[str], ports: Sequence[int]) -> None:
    """Say once more, as far as this kernel can, what mounts and namespaces say already.

    One layer only: next to another, one that handles no files forbids moving them between folders.
    Nothing is written but below these paths (a pipe in a folder that is mounted read-only could
    be, otherwise), no port is connected to but these, and no signal or abstract socket leaves.
    """
    known = abi()
    if known < _FIRST_ABI_WITH_TRUNCATE:  # older ones forbid moving a file to another folder
        return
    handled = _ALL_FILE_RIGHTS & ~_READ & ~_DEVICE_IOCTL
    network = _TCP_BIND_AND_CONNECT if known >= _FIRST_ABI_WITH_TCP else 0
    scoped = _SIGNALS_AND_ABSTRACT_SOCKETS if known >= FIRST_ABI_WITH_SCOPES else 0
    fields = 1 + (known >= _FIRST_ABI_WITH_TCP) + (known >= FIRST_ABI_WITH_SCOPES)
    attributes = struct.pack("QQQ", handled, network, scoped)[: 8 * fields]
    ruleset = linux.syscall("landlock_create_ruleset", attributes, len(attributes), 0)
    for path in writable:
        _allow(ruleset, path, _WRITE & ~_READ)
    for port in set(ports) if network else ():
        rule = struct.pack("QQ", _TCP_CONNECT, port)
        linux.syscall("landlock_add_rule", ruleset, _NET_PORT, rule, 0)
    _restrict(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):
        rights &= _ON_FILES
    # struct landlock_path_beneath_attr is packed: u64, s32
    linux.syscall(
        "landlock_add_rule", ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0
    )
    os.close(handle)


def enclose(readable: Sequence[str], writable: Sequence[str]) -> None:
    """Leave only these paths, no TCP, no signals and no abstract sockets to the outside.

    Raises:
        OSError: The kernel's ABI is below 6.
    """
    attributes = struct.pack(
        "QQQ", _ALL_FILE_RIGHTS, _TCP_BIND_AND_CONNECT, _SIGNALS_AND_ABSTRACT_SOCKETS
    )
    ruleset = linux.syscall("landlock_create_ruleset", attributes, len(attributes), 0)
    for path in readable:
        _allow(ruleset, path, _READ)
    for path in writable:
        _allow(ruleset, path, _WRITE)
    _restrict(ruleset)
