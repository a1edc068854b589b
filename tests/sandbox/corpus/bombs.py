"""Taking more than a call's share. Every bomb ends by itself, soon and small, when nothing stops it."""

import contextlib
import ctypes
import fcntl
import itertools
import mmap
import os
import re
import resource
import signal
import struct
import sys
import threading
import time
import zlib

from kernel import LIBC, SCRATCH, call, checked, write_file

_LONG_S = 8.0
"""Longer than any cap that is tried here, short enough to be forgotten."""
_MIB = 1 << 20


def _until_late() -> float:
    return time.monotonic() + _LONG_S


def spin() -> None:
    late = _until_late()
    while time.monotonic() < late:
        pass


def spin_deaf() -> None:
    """Ignore every signal that can be ignored."""
    for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    spin()


def spin_in_c() -> int:
    """Hold the interpreter for longer than any limit: nothing in Python can interrupt this."""
    return len(re.findall(r"(a+)+$", "a" * 32 + "b"))


def spin_in_threads() -> None:
    for _ in range(4):
        threading.Thread(target=spin, daemon=True).start()
    spin()


def sleep() -> None:
    time.sleep(_LONG_S)


def sleep_with_blocked_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    time.sleep(_LONG_S)


def stop_oneself() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(_LONG_S)


def burn() -> None:
    """Use up processor time, not wall time."""
    spin()


def take_memory() -> int:
    return len(bytearray(2 << 30))


def take_memory_in_pieces() -> int:
    kept = [bytearray(16 * _MIB) for _ in range(64)]
    return len(kept)


def take_memory_unseen() -> int:
    """Address space that Python's own allocator knows nothing of."""
    kept = [mmap.mmap(-1, 64 * _MIB) for _ in range(16)]
    for one in kept:
        one[::4096] = b"x" * (len(one) // 4096)
    return len(kept)


def take_shared_memory() -> int:
    kept = [mmap.mmap(-1, 64 * _MIB, mmap.MAP_SHARED) for _ in range(16)]
    return len(kept)


def swell_in_a_decompressor() -> int:
    bomb = zlib.compress(bytes(32 * _MIB), 1)
    return len([zlib.decompress(bomb) for _ in range(16)])


def swell_in_an_integer() -> int:
    return (1 << (8 * 512 * _MIB)).bit_length()


def lock_memory() -> None:
    """Pages that can never be swapped out."""
    checked(LIBC.mlockall(ctypes.c_int(3)))


def recurse() -> int:
    sys.setrecursionlimit(1 << 30)
    return _deeper(0)


def _deeper(level: int) -> int:
    return _deeper(level + 1) if level < 10_000_000 else level


def fill_disk() -> int:
    for number in range(64):
        write_file(f"{SCRATCH}/{number}", bytes(_MIB))
    return 64


def one_large_file() -> None:
    with open(f"{SCRATCH}/large", "wb") as handle:
        for _ in range(64):
            handle.write(bytes(_MIB))


def one_sparse_file() -> None:
    os.truncate(os.open(f"{SCRATCH}/sparse", os.O_CREAT | os.O_RDWR), 1 << 40)


def allocate_ahead() -> None:
    os.posix_fallocate(os.open(f"{SCRATCH}/ahead", os.O_CREAT | os.O_RDWR), 0, 64 * _MIB)


def fill_inodes() -> int:
    for number in range(20_000):
        write_file(f"{SCRATCH}/{number}", b"")
    return 20_000


def fill_links() -> int:
    for number in range(20_000):
        os.symlink("x", f"{SCRATCH}/{number}")
    return 20_000


def deep_folders() -> int:
    """Deeper than a removal by recursion goes."""
    os.chdir(SCRATCH)
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    return 1500


def closed_folders() -> int:
    """Folders that can be filled and not listed: removing them needs their mode changed first."""
    os.umask(0)
    for number in range(8):
        os.mkdir(f"{SCRATCH}/{number}", 0o300)
        write_file(f"{SCRATCH}/{number}/file")
        os.mkdir(f"{SCRATCH}/{number}/none", 0o000)
    return 8


def many_descriptors() -> int:
    kept = [os.open("/dev/null", os.O_RDONLY) for _ in range(2000)]
    return len(kept)


def large_pipes() -> int:
    """Pages of pipes are charged to the user on the host, whom others of the user share."""
    kept = [os.pipe() for _ in range(24)]
    for _, write_end in kept:
        fcntl.fcntl(write_end, 1031, _MIB)
    return len(kept)


def many_watchers() -> int:
    """Watchers are charged to the user on the host too."""
    return len([call("inotify_init1", 0) for _ in range(50)])


def many_timers() -> int:
    """Each holds kernel memory."""
    wanted = struct.pack("Qii", 0, signal.SIGUSR1, 0) + bytes(48)
    for _ in range(20_000):
        call("timer_create", 1, wanted, ctypes.create_string_buffer(8))
    return 20_000


def many_locks() -> int:
    """Each range that is locked holds kernel memory: bounded by time, and by a cgroup."""
    descriptor = os.open(f"{SCRATCH}/locks", os.O_CREAT | os.O_RDWR)
    for at in range(0, 4000, 2):
        fcntl.lockf(descriptor, fcntl.LOCK_EX, 1, at)
    return 2000


def many_threads() -> int:
    threading.stack_size(65536)
    stop = threading.Event()
    try:
        for _ in range(400):
            threading.Thread(target=stop.wait, args=(_LONG_S,), daemon=True).start()
    except RuntimeError as error:
        raise MemoryError(str(error)) from None
    finally:
        stop.set()
    return 400


def fork_bomb() -> int:
    """At most 64 of them."""
    for _ in range(64):
        if os.fork() == 0:
            time.sleep(1)
            os._exit(0)
    return 64


def flood_output() -> None:
    for _ in range(4096):
        sys.stdout.write("x" * 4096)
        sys.stdout.flush()
    time.sleep(_LONG_S)


def flood_errors() -> None:
    for _ in range(4096):
        os.write(2, b"x" * 4096)
    time.sleep(_LONG_S)


def flood_both() -> None:
    for descriptor in itertools.islice(itertools.cycle((1, 2)), 8192):
        os.write(descriptor, b"\xff" * 4096)
    time.sleep(_LONG_S)


def drip_output() -> None:
    late = _until_late()
    while time.monotonic() < late:
        os.write(1, b".")
        time.sleep(0.01)


def limits() -> list[int]:
    kinds = (resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE)
    return [resource.getrlimit(kind)[1] for kind in kinds]


def exit_at_once() -> None:
    os._exit(0)


def abort() -> None:
    os.abort()


def segfault() -> None:
    ctypes.string_at(0)


def illegal_instruction() -> None:
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\x0f\x0b" * 8)
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()


def kill_oneself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    call("kill", os.getpid(), signal.SIGSEGV)
    segfault()
