"""Reading one line of strace: a system call, its arguments, and what came of it. Pure; no I/O.

Whatever a watched process chose (paths, names) stands in quotes with every quote and line feed
escaped, so that it cannot pass for a line or an argument of its own.
"""

import posixpath
import re
from typing import NamedTuple

from toolvet.sandbox.watch.model import Act, ActKind

_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\w+)(?: (E[A-Z0-9]+))?", re.DOTALL)
_OUTER_PID = re.compile(r"\s+= \d+ /\* (\d+) in strace's PID NS \*/")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9a-f]{2}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f"}
_PORT = re.compile(r"sin6?_port=htons\((\d+)\)")
_WRITES = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC")
_LONGEST = 400

_OPENS = frozenset({"open", "openat", "openat2", "creat"})
_CHANGES = frozenset({
    "truncate", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat",
    "rmdir", "link", "linkat", "symlink", "symlinkat", "mknod", "mknodat", "chmod", "fchmodat",
    "chown", "lchown", "fchownat", "setxattr", "lsetxattr",
})  # fmt: skip
_FORKS = frozenset({"fork", "vfork", "clone", "clone3"})
_EXECS = frozenset({"execve", "execveat"})
_SENDS = frozenset({"connect", "sendto", "sendmsg", "bind"})
_SYSTEM = frozenset({
    "ptrace", "mount", "umount2", "unshare", "setns", "pivot_root", "chroot", "bpf", "keyctl",
    "add_key", "request_key", "userfaultfd", "perf_event_open", "process_vm_readv",
    "process_vm_writev", "init_module", "finit_module", "kexec_load", "io_uring_setup", "reboot",
    "swapon", "open_by_handle_at", "name_to_handle_at", "fsopen", "open_tree", "move_mount",
    "pidfd_getfd",
})  # fmt: skip
MARK = "seccomp"
"""The call after which a process is confined for good: all that follows is the tool's."""
TRACED = (*sorted(_OPENS | _CHANGES | _FORKS | _EXECS | _SENDS | _SYSTEM), "socket", "chdir", MARK)


class Call(NamedTuple):
    """One system call that ended."""

    name: str
    arguments: str
    result: str
    error: str
    """Such as `ENOENT`; empty when it worked."""
    child: int
    """Process id, as the tracer knows it, of what a fork made; 0 for none."""


def parse(text: str) -> Call | None:
    """Read a call without its process id; None for anything else."""
    found = _CALL.match(text)
    if found is None:
        return None
    outer = _OUTER_PID.search(text) if found[1] in _FORKS else None
    child = int(outer[1]) if outer else 0
    if not outer and found[1] in _FORKS and found[3].isdigit():
        child = int(found[3])
    return Call(found[1], found[2], found[3], found[4] or "", child)


def is_thread(call: Call) -> bool:
    """Tell whether a fork made a thread of the same process."""
    return "CLONE_THREAD" in call.arguments


def acts(call: Call, folder: str) -> list[Act]:
    """Say what a call did that matters.

    Args:
        call: As parsed.
        folder: Working folder of its process.
    """
    name, error = call.name, call.error
    if name in _OPENS:
        return _opened(call, folder)
    if name in _CHANGES:
        return [Act("write", path, error) for path in _paths(call, folder)]
    if name in _EXECS:
        return [Act("process", path, error) for path in _paths(call, folder)[:1]]
    if name in _FORKS:
        counts = not is_thread(call) and not (name == "clone3" and error == "ENOSYS")
        return [Act("process", "fork", error)] if counts else []
    if name in _SENDS:
        place = _address(call.arguments)
        kind: ActKind = "connect" if name != "bind" else "socket"
        return [Act(kind, place if name != "bind" else f"bind {place}", error)] if place else []
    if name == "socket":
        return [Act("socket", " ".join(call.arguments.split(", ")[:2]), error)] if error else []
    return [Act("system", name, error)] if name in _SYSTEM else []


def folder_after(call: Call, folder: str) -> str:
    """Give the working folder after a call."""
    if call.name != "chdir" or call.error:
        return folder
    return next(iter(_paths(call, folder)), folder)


def _opened(call: Call, folder: str) -> list[Act]:
    flags = _QUOTED.sub("", call.arguments)
    writes = call.name == "creat" or any(flag in flags for flag in _WRITES)
    kind: ActKind = "write" if writes else "read"
    return [Act(kind, path, call.error) for path in _paths(call, folder)[:1]]


def _paths(call: Call, folder: str) -> list[str]:
    """Give the absolute paths among the arguments.

    One that is relative to another folder's descriptor is left out: opening that was seen.
    """
    found: list[str] = []
    before = ""
    for match in _QUOTED.finditer(call.arguments):
        path = _unescaped(match[1])
        start = call.arguments[: match.start()].rstrip(", ").rpartition(" ")[2]
        before = start
        elsewhere = before.isdigit() and call.name.endswith(("at", "at2"))
        if path and (path.startswith("/") or not elsewhere):
            found.append(posixpath.normpath(posixpath.join(folder, path))[:_LONGEST])
    return found


def _address(arguments: str) -> str:
    """Read the address of a socket call; empty when there is none."""
    family, _, rest = arguments.partition("sa_family=")[2].partition(",")
    quoted = _QUOTED.search(rest)
    port = _PORT.search(rest)
    if family in ("AF_INET", "AF_INET6") and quoted and port:
        host = _unescaped(quoted[1])
        return f"[{host}]:{port[1]}" if ":" in host else f"{host}:{port[1]}"
    if family == "AF_UNIX":
        return f"unix:{_unescaped(quoted[1]) if quoted else ''}"[:_LONGEST]
    return family.strip("} ")[:40]


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_byte, text.encode("latin-1", "replace")).decode("utf-8", "replace")


def _byte(match: re.Match[bytes]) -> bytes:
    said = match[1]
    if said[:1].isdigit():
        return bytes([int(said, 8) & 0xFF])
    if said[:1] == b"x" and len(said) == 3:
        return bytes([int(said[1:], 16)])
    return _LETTERS.get(said, said)
