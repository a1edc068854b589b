"""The Linux calls that Python 3.11 does not offer, through libc. Errors are OSError."""

import ctypes
import functools
import os
import signal
import struct
from collections.abc import Sequence

from toolvet.sandbox.inside.numbers import here

CLONE_NEWTIME = 0x00000080
CLONE_THREAD = 0x00010000
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
ALL_NAMESPACES = (
    CLONE_NEWTIME
    | CLONE_NEWNS
    | CLONE_NEWCGROUP
    | CLONE_NEWUTS
    | CLONE_NEWIPC
    | CLONE_NEWUSER
    | CLONE_NEWPID
    | CLONE_NEWNET
)

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 0x1, 0x2, 0x4, 0x4000, 0x40000
MNT_DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_NOEXEC = 0x1, 0x2, 0x4, 0x8
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = -100, 0x1000, 0x8000
O_PATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS = 0o10000000, 0x04, 0x02
OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC = 1, 0o2000000
MOVE_MOUNT_F_EMPTY_PATH = 4

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
LAST_CAPABILITY = 63
CAPABILITY_VERSION_3 = 0x20080522

_table = here()
_numbers = {**_table.harmless, **_table.by_argument, **_table.ours} if _table else {}


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """Return the result of a libc call, or raise what `errno` says."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def syscall(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Call the kernel by name; integers are passed as 64 bits."""
    passed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return checked(_libc().syscall(ctypes.c_long(_numbers[name]), *passed), name)


def unshare(flags: int) -> None:
    """Leave the given namespaces for new ones."""
    checked(_libc().unshare(ctypes.c_int(flags)), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """Enter the namespace a descriptor of /proc/PID/ns stands for."""
    checked(_libc().setns(ctypes.c_int(descriptor), ctypes.c_int(kind)), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Mount a file system."""
    result = _libc().mount(
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode(),
    )
    checked(result, f"mount {target}")


def detach(target: str) -> None:
    """Unmount lazily, with everything below."""
    checked(_libc().umount2(target.encode(), MNT_DETACH), f"detach {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root; the old one lies at `old`."""
    syscall("pivot_root", new.encode(), old.encode())


def open_tree(path: str) -> int:
    """Clone the mounts at and below a path, attached nowhere yet."""
    flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE
    return syscall("open_tree", AT_FDCWD, os.fsencode(path), flags)


def open_tree_without_links(path: str) -> int:
    """Clone the mounts at and below a path no part of which may be a symbolic link."""
    flags = O_PATH | OPEN_TREE_CLOEXEC
    how = struct.pack("QQQ", flags, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
    handle = syscall("openat2", AT_FDCWD, os.fsencode(path), how, len(how))
    try:
        flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH
        return syscall("open_tree", handle, b"", flags)
    finally:
        os.close(handle)


def move_mount(tree: int, target: str) -> None:
    """Attach what `open_tree` returned."""
    syscall("move_mount", tree, b"", AT_FDCWD, os.fsencode(target), MOVE_MOUNT_F_EMPTY_PATH)


def set_attributes(tree: int, attributes: int) -> None:
    """Add attributes such as read-only to a cloned tree and everything below."""
    request = struct.pack("QQQQ", attributes, 0, 0, 0)
    syscall("mount_setattr", tree, b"", AT_EMPTY_PATH | AT_RECURSIVE, request, len(request))


def set_path_attributes(path: str, attributes: int) -> None:
    """Add attributes to the one mount at a path."""
    request = struct.pack("QQQQ", attributes, 0, 0, 0)
    syscall("mount_setattr", AT_FDCWD, os.fsencode(path), 0, request, len(request))


def set_hostname(name: bytes) -> None:
    """Name the machine of this UTS namespace."""
    checked(_libc().sethostname(name, ctypes.c_size_t(len(name))), "sethostname")


def prctl(option: int, value: int) -> None:
    """Set one attribute of this process."""
    zero = ctypes.c_ulong(0)
    checked(_libc().prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero), "prctl")


def die_with_parent(parent: int | None = None) -> None:
    """Ask for SIGKILL when the parent's thread ends. Any change of credentials forgets it.

    Args:
        parent: Who forked this process, in its own pid namespace. The kernel sends nothing for a
            parent that was gone before it was asked, so this process then ends here.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def empty_bounding_set() -> None:
    """Let no program that is started gain a capability; every process forked from here on too."""
    for capability in range(LAST_CAPABILITY + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # beyond this kernel's last one, or no right to: then NNP keeps it shut
            break


def drop_capabilities() -> None:
    """Empty every set of this thread; the bounding set is emptied before."""
    syscall("capset", struct.pack("Ii", CAPABILITY_VERSION_3, 0), bytes(24))


def close_all_but(keep: Sequence[int]) -> None:
    """Close every descriptor above standard error that is not in `keep`."""
    lowest = 3
    for descriptor in sorted(keep):
        if descriptor > lowest:
            syscall("close_range", lowest, descriptor - 1, 0)
        lowest = max(lowest, descriptor + 1)
    syscall("close_range", lowest, 0xFFFFFFFF, 0)
