"""The system call filter: an allow-list in classic BPF, made by hand for two architectures.

A constant verdict per number lets the kernel cache it, so the list costs allowed calls nothing.
"""

import ctypes
import errno
import os
import socket
import stat
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from toolvet.sandbox.inside import linux
from toolvet.sandbox.inside.numbers import FIRST_UNREVIEWED, Architecture

Instruction = tuple[int, int, int, int]
Program = list[Instruction]

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_SECCOMP_SET_MODE_FILTER = 1
_NEW_PROGRAM = ("fork", "vfork", "execve", "execveat")
_TCP = (0, socket.IPPROTO_TCP)
_AS_OWNER = stat.S_ISUID | stat.S_ISGID
_MAKES_FILE = os.O_CREAT | (os.O_TMPFILE & ~os.O_DIRECTORY)
_IOCTLS = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS and TCGETS2 (what isatty asks), TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX."""
_PRCTLS = (2, 3, 15, 16, 21, 23, 29, 30, 37, 38, 39, 41, 42, 0x53564D41)
"""Thread name, timer slack, no_new_privs, huge pages, names of memory; else only what reads. Not who
adopts orphans, and not the signal that ends a process with its parent."""
_FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)
"""Copies, flags and locks of descriptors, and the size of a pipe; not its growth, whose pages are
counted by user, and no notices of what others do to a file."""
_ADDRESSES = (0x8914, 0x8916, 0x891C)
"""SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK."""
_OPTIONS = {
    socket.SOL_SOCKET: (2, 7, 8, 9, 10, 13, 15, 20, 21, 66, 67),
    socket.IPPROTO_TCP: (1, 3, 4, 5, 6, 12, 18),
}
"""By level: reuse, buffers, keep-alive, linger, time limits; no delay, cork, keep-alive, quick
answers, user timeout. No filters, no other protocol on top."""
_ONLY_READ = {socket.SOL_SOCKET: (3, 4, 30, 38, 39), socket.IPPROTO_TCP: (2, 11)}
"""Kind, error, whether it listens, protocol, family; segment size, state. Not who the peer is."""


@dataclass(frozen=True)
class Profile:
    """What a run may do beyond the harmless."""

    processes: bool = False
    local: bool = False
    """Unix sockets of every kind; without, connected pairs only."""
    declared: bool = False
    """Connect by TCP; in a network namespace where nothing but the declared hosts listens."""
    metadata: bool = True
    """False where modes and owners of files of the host could be reached (tier C)."""
    template: bool = False
    """Of the process that forks calls: what builds their walls, and forking."""


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


def _without(mask: int) -> Program:
    """Clear bits of the loaded word."""
    return [(0x54, 0, 0, ~mask & 0xFFFFFFFF)]


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
    if not (profile.processes or profile.template):
        body += _unless_any_bit(linux.CLONE_THREAD, _refuse(errno.EPERM))
    return body + _return(_ALLOW)


def _one_of(argument: int, values: Sequence[int], code: int) -> Program:
    """Allow when the low word of an argument is one of some values."""
    body = _low_word(argument)
    for value in values:
        body += _if_equal(value, _return(_ALLOW))
    return body + _refuse(code)


def _of_kind(kinds: Sequence[int], then: Program) -> Program:
    """Go on when the kind of a socket, without its flags, is one of some."""
    body = _low_word(1) + _without(socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    for place, kind in enumerate(kinds):
        body.append((0x15, len(kinds) - place, 0, kind))  # to `then`, over the refusal
    return body + _refuse(errno.EPROTONOSUPPORT) + then


def _sockets(profile: Profile) -> Program:
    body = _low_word(0)
    if profile.local:
        body += _if_equal(socket.AF_UNIX, _return(_ALLOW))
    if profile.declared:
        tcp = _of_kind([socket.SOCK_STREAM], _one_of(2, _TCP, errno.EPROTONOSUPPORT))
        body += _if_equal(socket.AF_INET, tcp)
    return body + _refuse(errno.EAFNOSUPPORT)


def _pairs(profile: Profile) -> Program:
    """Give pairs. One of datagrams could still send to a path, by an address that lies in memory."""
    kinds = [socket.SOCK_STREAM, socket.SOCK_SEQPACKET]
    given = _return(_ALLOW) if profile.local else _of_kind(kinds, _return(_ALLOW))
    return _low_word(0) + _if_equal(socket.AF_UNIX, given) + _refuse(errno.EAFNOSUPPORT)


def _options(*, only_read: bool) -> Program:
    """Allow the options of sockets that libraries use; the kernel has hundreds more."""
    body = _low_word(1)
    for level, names in _OPTIONS.items():
        given = names + _ONLY_READ[level] if only_read else names
        body += _if_equal(level, _one_of(2, given, errno.ENOPROTOOPT))
    return body + _refuse(errno.ENOPROTOOPT)


def _modes(profile: Profile) -> dict[str, Program]:
    """Let no file be made that acts as its owner for whoever runs it, in a folder of the host."""
    plain = _if_any_bit(_AS_OWNER, _refuse(errno.EPERM)) + _return(_ALLOW)
    rules = {
        name: _low_word(flags)
        + _unless_any_bit(_MAKES_FILE, _return(_ALLOW))
        + _low_word(mode)
        + plain
        for name, flags, mode in (("open", 1, 2), ("openat", 2, 3))
    }
    rules["creat"] = _low_word(1) + plain
    if profile.metadata:
        places = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "mknod": 1, "mknodat": 2}
        rules |= {name: _low_word(mode) + plain for name, mode in places.items()}
    return rules


def _by_argument(profile: Profile) -> dict[str, Program]:
    """Rules that look at arguments, by name; each ends in a verdict."""
    rules = {
        "clone": _clone(profile),
        "clone3": _refuse(errno.ENOSYS),  # its flags lie in memory; libc falls back to clone
        "ioctl": _one_of(1, _IOCTLS, errno.ENOTTY),
        "prctl": _one_of(0, _PRCTLS, errno.EPERM),
        "socket": _sockets(profile),
        "socketpair": _pairs(profile),
        "setsockopt": _options(only_read=False),
        "getsockopt": _options(only_read=True),
        "prlimit64": _self_only(),
        "sched_setaffinity": _self_only(),
        "sendto": _return(_ALLOW) if profile.local else _zero_only(4),
        "openat2": _refuse(errno.ENOSYS),  # its mode lies in memory; callers fall back to openat
        "fcntl": _one_of(1, _FCNTLS, errno.EINVAL),
        **_modes(profile),
    }
    allowed: list[str] = []
    if profile.local or profile.declared:
        allowed += ["connect", "sendmsg", "sendmmsg"]
    if profile.local:
        allowed += ["bind", "listen", "accept", "accept4"]
    if profile.processes:
        allowed += _NEW_PROGRAM
    rules |= {name: _return(_ALLOW) for name in allowed}
    return rules | _building(profile) if profile.template else rules


def _building(profile: Profile) -> dict[str, Program]:
    """Allow what makes the walls of a call, and of it what a call's walls are made of."""
    call = linux.CLONE_NEWNS | linux.CLONE_NEWIPC
    kept = (linux.CLONE_NEWPID, linux.CLONE_NEWUSER, call, call | linux.CLONE_NEWNET)
    rules = {
        "unshare": _one_of(0, kept, errno.EPERM),
        "setns": _one_of(1, (linux.CLONE_NEWPID,), errno.EPERM),
        "mount": _one_of(3, (linux.MS_NOSUID | linux.MS_NODEV,), errno.EPERM),
        "prctl": _one_of(0, (*_PRCTLS, linux.PR_SET_PDEATHSIG, linux.PR_CAPBSET_DROP), errno.EPERM),
    }
    others = ["capset", "seccomp", "sendmsg"]
    others += [f"landlock_{what}" for what in ("create_ruleset", "add_rule", "restrict_self")]
    if profile.declared:
        rules["ioctl"] = _one_of(1, (*_IOCTLS, *_ADDRESSES), errno.ENOTTY)
        others += ["bind", "listen"]
    return rules | {name: _return(_ALLOW) for name in others}


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
    numbers = architecture.by_argument | architecture.ours
    for name, body in _by_argument(profile).items():
        if name in numbers:
            lines += _if_equal(numbers[name], body)
    allowed = list(architecture.harmless.values())
    for number in () if profile.metadata else architecture.attributes.values():
        lines += _if_equal(number, _refuse(errno.ENOTSUP))  # as of a file system without any
    if profile.metadata:
        allowed += [*architecture.metadata.values(), *architecture.attributes.values()]
    for low, high in _ranges(allowed):
        lines += _if_at_least(low, _if_above(high, 1) + _return(_ALLOW))
    return lines + _refuse(errno.EPERM)


class Filter:
    """A program as the kernel takes it: made once, put over every call."""

    def __init__(self, lines: Program) -> None:
        """Write the program down."""
        packed = b"".join(struct.pack("HBBI", *line) for line in lines)
        self._code = ctypes.create_string_buffer(packed)
        address = ctypes.addressof(self._code)
        self._header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(lines), address))

    def install(self) -> None:
        """Put it over this thread for ever. Needs no_new_privs."""
        linux.syscall("seccomp", _SECCOMP_SET_MODE_FILTER, 0, self._header)
