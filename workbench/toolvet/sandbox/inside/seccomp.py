"""The system call filter: an allow-list in classic BPF, made by hand for two architectures.

A constant verdict per number lets the kernel cache it, so the list costs allowed calls nothing.
"""

import ctypes
import errno
import socket
import struct
from dataclasses import dataclass
from typing import Literal

from toolvet.sandbox.inside import linux
from toolvet.sandbox.inside.numbers import FIRST_UNREVIEWED, Architecture

Instruction = tuple[int, int, int, int]
Program = list[Instruction]
Sockets = Literal["pairs", "local", "internet"]

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_SECCOMP_SET_MODE_FILTER = 1
_CONNECTED = ("connect", "bind", "listen", "accept", "accept4", "sendmsg", "sendmmsg")
_NEW_PROGRAM = ("fork", "vfork", "execve", "execveat")


@dataclass(frozen=True)
class Profile:
    """What a run may do beyond the harmless."""

    processes: bool = False
    sockets: Sockets = "pairs"
    """`pairs`: connected pairs only; a call has no use for more."""
    metadata: bool = True
    """False where modes and owners of files of the host could be reached (tier C)."""


def _load(offset: int) -> Program:
    return [(0x20, 0, 0, offset)]


def _return(value: int) -> Program:
    return [(0x06, 0, 0, value)]


def _refuse(code: int) -> Program:
    return _return(_ERRNO | code)


def _if_equal(value: int, body: Program) -> Program:
    return [(0x15, 0, len(body), value), *body]


def _unless_equal(value: int, body: Program) -> Program:
    return [(0x15, len(body), 0, value), *body]


def _if_at_least(value: int, body: Program) -> Program:
    return [(0x35, 0, len(body), value), *body]


def _if_above(value: int, skip: int) -> Program:
    return [(0x25, skip, 0, value)]


def _if_any_bit(mask: int, body: Program) -> Program:
    return [(0x45, 0, len(body), mask), *body]


def _unless_any_bit(mask: int, body: Program) -> Program:
    return [(0x45, len(body), 0, mask), *body]


def _low_word(argument: int) -> Program:
    return _load(_ARGUMENTS + 8 * argument)


def _zero_only(argument: int) -> Program:
    """Allow when both words of an argument are zero."""
    high = [(0x20, 0, 0, _ARGUMENTS + 8 * argument + 4)]
    refuse = _refuse(errno.EPERM)
    return (
        _low_word(argument)
        + _unless_equal(0, refuse)
        + high
        + _unless_equal(0, refuse)
        + _return(_ALLOW)
    )


def _self_only() -> Program:
    """Allow when the first argument, a process id, is 0: the caller itself."""
    return _low_word(0) + _unless_equal(0, _refuse(errno.EPERM)) + _return(_ALLOW)


def _clone(profile: Profile) -> Program:
    body = _low_word(0) + _if_any_bit(linux.ALL_NAMESPACES, _refuse(errno.EPERM))
    if not profile.processes:
        body += _unless_any_bit(linux.CLONE_THREAD, _refuse(errno.EPERM))
    return body + _return(_ALLOW)


def _families(families: tuple[int, ...]) -> Program:
    body = _low_word(0)
    for family in families:
        body += _if_equal(family, _return(_ALLOW))
    return body + _refuse(errno.EAFNOSUPPORT)


def _socket_families(profile: Profile) -> tuple[int, ...]:
    if profile.sockets == "pairs":
        return ()
    if profile.sockets == "local":
        return (socket.AF_UNIX,)
    return (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)


def _ioctl() -> Program:
    """Terminals must not be fed with input."""
    body = _low_word(1)
    for request in (_TIOCSTI, _TIOCLINUX):
        body += _if_equal(request, _refuse(errno.EPERM))
    return body + _return(_ALLOW)


def _by_argument(profile: Profile) -> dict[str, Program]:
    """Rules that look at arguments, by name; each ends in a verdict."""
    pairs_only = profile.sockets == "pairs"
    rules = {
        "clone": _clone(profile),
        "clone3": _refuse(errno.ENOSYS),  # its flags lie in memory; libc falls back to clone
        "ioctl": _ioctl(),
        "socket": _families(_socket_families(profile)),
        "socketpair": _families((socket.AF_UNIX,)),
        "prlimit64": _self_only(),
        "sched_setaffinity": _self_only(),
        # A pair can still send to a path by address; without one it is only a pipe.
        "sendto": _zero_only(4) if pairs_only else _return(_ALLOW),
    }
    if not pairs_only:
        rules |= {name: _return(_ALLOW) for name in _CONNECTED}
    if profile.processes:
        rules |= {name: _return(_ALLOW) for name in _NEW_PROGRAM}
    return rules


def _ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Fold numbers into ranges without gaps."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def program(architecture: Architecture, profile: Profile) -> Program:
    """Make the filter of a profile.

    Other architectures end the process; calls newer than the table, and those of the x32 ABI, do
    not exist (ENOSYS); everything known and not allowed is refused (EPERM).
    """
    lines = _load(_ARCH) + _unless_equal(architecture.audit, _return(_KILL)) + _load(_NUMBER)
    lines += _if_at_least(FIRST_UNREVIEWED, _refuse(errno.ENOSYS))
    for name, body in _by_argument(profile).items():
        if name in architecture.by_argument:
            lines += _if_equal(architecture.by_argument[name], body)
    allowed = list(architecture.harmless.values())
    if profile.metadata:
        allowed += architecture.metadata.values()
    for low, high in _ranges(allowed):
        lines += _if_at_least(low, _if_above(high, 1) + _return(_ALLOW))
    return lines + _refuse(errno.EPERM)


def install(lines: Program) -> None:
    """Put a filter over this thread for ever. Needs no_new_privs."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    header = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(lines), ctypes.addressof(code))
    )
    linux.syscall("seccomp", _SECCOMP_SET_MODE_FILTER, 0, header)
