"""What a run must not be able to do, tried from inside. Returns what happened, raises nothing."""

import ctypes
import os
import signal
import socket
from collections.abc import Callable

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWUSER = 0x10000000


def _refused(attempt: Callable[[], object]) -> str:
    """Return how an attempt was refused; empty when it was not."""
    try:
        attempt()
    except (OSError, MemoryError) as error:
        return f"{type(error).__name__} {error}"[:200]
    return ""


def _checked(result: int) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _read(path: str) -> None:
    with open(path, "rb") as handle:
        handle.read(1)


def _write(path: str) -> None:
    with open(path, "wb") as handle:
        handle.write(b"x")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _signal(process: int) -> None:
    os.kill(process, 0)


def _fill(path: str, mebibytes: int) -> None:
    with open(path, "wb") as handle:
        for _ in range(mebibytes + 1):
            handle.write(bytes(1 << 20))


def attempt(secret: str, outside: str, process: int, memory_mib: int, scratch_mib: int) -> object:
    """Try to break each promise of the walls.

    Args:
        secret: A file outside that must not be readable.
        outside: A path outside that must not be writable.
        process: A process outside that must not be signalled.
        memory_mib: More than this must not be had.
        scratch_mib: A file larger than this must not be written.
    """
    scratch = os.environ["TOOLVET_SCRATCH"]
    return {
        "reads no file of the host": _refused(lambda: _read(secret)),
        "writes no file of the host": _refused(lambda: _write(outside)),
        "reads no environment of other processes": _refused(
            lambda: _read(f"/proc/{process}/environ")
        ),
        "signals nobody outside": _refused(lambda: _signal(process)),
        "starts no process": _refused(_fork),
        "makes no user namespace": _refused(
            lambda: _checked(_LIBC.unshare(ctypes.c_int(_CLONE_NEWUSER)))
        ),
        "opens no network socket": _refused(lambda: socket.socket(socket.AF_INET)),
        "opens no socket to the hypervisor": _refused(lambda: socket.socket(40)),
        "mounts nothing": _refused(
            lambda: _checked(_LIBC.mount(b"none", b"/", None, ctypes.c_ulong(0), None))
        ),
        "becomes nobody else": _refused(lambda: os.setuid(0 if os.getuid() else 12345)),
        "takes no more memory": _refused(lambda: bytes((memory_mib + 64) << 20)),
        "fills no disk": _refused(lambda: _fill(f"{scratch}/fill", scratch_mib)),
        "catches no deadline": ""
        if signal.SIGKILL in signal.valid_signals()
        and not _refused(lambda: signal.signal(signal.SIGKILL, signal.SIG_IGN))
        else "SIGKILL cannot be caught",
    }


def _hold(each_mib: int, ready: int, go: int) -> None:
    """Take memory, say so, and keep it until the others have theirs."""
    kept = bytearray(each_mib << 20)
    kept[::4096] = b"x" * len(kept[::4096])
    os.write(ready, b"r")
    os.read(go, 1)


def _another(each_mib: int, go: tuple[int, int]) -> int:
    """Start a process that takes memory; returns when it has it, or when it is gone."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        os.close(go[1])
        try:
            _hold(each_mib, write_end, go[0])
        finally:
            os._exit(0)
    os.close(write_end)
    os.read(read_end, 1)
    os.close(read_end)
    return child


def multiply(each_mib: int) -> int:
    """Take memory in three processes at once; returns how many of them were ended by force."""
    go = os.pipe()
    children = [_another(each_mib, go) for _ in range(3)]
    os.close(go[1])
    return sum(os.WIFSIGNALED(os.waitpid(child, 0)[1]) for child in children)
