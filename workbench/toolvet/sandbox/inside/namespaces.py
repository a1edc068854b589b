"""Leaving the host's namespaces, as root or as an ordinary user.

A launcher process unshares and stays behind as the parent; its child is process 1 of the new pid
namespace and builds the root file system there.

The trap with root: a bind source must be opened in the mount namespace that uses it, hence after
unshare, and a folder below a home of mode 0700 can be opened only by its owner. So the user that
serves is entered late: a helper outside maps it, the child opens its sources while the kernel
still knows it as root, and only then becomes that user. Host root itself is never mapped.
"""

import contextlib
import os
from collections.abc import Generator

from toolvet.sandbox.inside import linux
from toolvet.sandbox.inside.config import FIRST_ID

_ALL = (
    linux.CLONE_NEWUSER
    | linux.CLONE_NEWNS
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWCGROUP
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
)


def _write(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def _map_ids(process: int, uid: int, gid: int) -> None:
    _write(f"/proc/{process}/setgroups", "deny")
    _write(f"/proc/{process}/uid_map", f"{FIRST_ID} {uid} 1")
    _write(f"/proc/{process}/gid_map", f"{FIRST_ID} {gid} 1")


@contextlib.contextmanager
def _mapped_from_outside(uid: int, gid: int) -> Generator[None]:
    """Have a helper, forked before the body unshares, map the ids after it."""
    launcher = os.getpid()
    wait, go = os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(go)
        status = 1
        try:
            if os.read(wait, 1):
                _map_ids(launcher, uid, gid)
                status = 0
        finally:
            os._exit(status)
    os.close(wait)
    try:
        yield
        os.write(go, b"m")
    finally:
        os.close(go)
        _, status = os.waitpid(helper, 0)
    if status:
        raise PermissionError("the user namespace could not be mapped")


def leave_host(uid: int | None) -> None:
    """Unshare everything; the next fork is process 1 of the new pid namespace.

    Args:
        uid: Who serves on the host; None for the caller. The caller keeps its own until
            `become_mapped_user`.
    """
    user, group = (uid, uid) if uid is not None else (os.getuid(), os.getgid())
    if os.getuid() == 0:
        os.setgroups([])
    with _mapped_from_outside(user, group):
        linux.unshare(_ALL)


def become_mapped_user() -> None:
    """Become the one user of the namespace; capabilities inside it are kept."""
    os.setresgid(FIRST_ID, FIRST_ID, FIRST_ID)
    os.setresuid(FIRST_ID, FIRST_ID, FIRST_ID)
    linux.die_with_parent()


def own_pid_namespace() -> int:
    """Open the pid namespace of this process, to step back into after each unshare."""
    return os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
