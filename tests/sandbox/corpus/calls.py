"""System calls beyond the allow-list, other call ABIs, and arguments that turn a harmless call bad."""

import ctypes
import errno
import fcntl
import mmap
import os
import platform
import resource
import socket
import struct

from attack import FACTS
from kernel import LIBC, SCRATCH, NotHereError, by_number, call, checked

_MACHINE_X86 = platform.machine() == "x86_64"


def trace_me() -> None:
    call("ptrace", 0, 0, 0, 0)


def trace_another() -> None:
    call("ptrace", 0x4206, int(FACTS["process"]), 0, 0)


def read_memory_of_another() -> None:
    buffer = ctypes.create_string_buffer(8)
    local = struct.pack("QQ", ctypes.addressof(buffer), 8)
    call("process_vm_readv", int(FACTS["process"]), local, 1, struct.pack("QQ", 0x400000, 8), 1, 0)


def write_memory_of_another() -> None:
    buffer = ctypes.create_string_buffer(8)
    local = struct.pack("QQ", ctypes.addressof(buffer), 8)
    call("process_vm_writev", int(FACTS["process"]), local, 1, struct.pack("QQ", 0x400000, 8), 1, 0)


def steal_a_descriptor() -> None:
    call("pidfd_getfd", call("pidfd_open", os.getpid(), 0), 3, 0)


def compare_with_another() -> None:
    call("kcmp", os.getpid(), int(FACTS["process"]), 0, 0, 0)


def advise_another() -> None:
    call("process_madvise", 3, struct.pack("QQ", 0, 0), 1, 4, 0)


def read_own_keyring() -> None:
    call("keyctl", 0, -3, 1)


def add_a_key() -> None:
    call("add_key", b"user", b"toolvet-probe", b"x", 1, -3)


def request_a_key() -> None:
    call("request_key", b"user", b"toolvet-probe", None, 0)


def shared_memory() -> None:
    call("shmget", 0x7476, 4096, 0o1600)


def message_queue() -> None:
    call("msgget", 0x7476, 0o1600)


def semaphores() -> None:
    call("semget", 0x7476, 1, 0o1600)


def posix_queue() -> None:
    call("mq_open", b"toolvet-probe", os.O_CREAT | os.O_RDWR, 0o600, None)


def load_bpf() -> None:
    call("bpf", 0, struct.pack("IIII", 1, 4, 8, 1) + bytes(112), 128)


def open_perf() -> None:
    call("perf_event_open", struct.pack("II", 1, 128) + bytes(120), 0, -1, -1, 0)


def fault_handler() -> None:
    call("userfaultfd", 1)


def io_ring() -> None:
    call("io_uring_setup", 4, ctypes.create_string_buffer(120))


def old_async_io() -> None:
    call("io_setup", 4, ctypes.byref(ctypes.c_long(0)))


def nameless_memory() -> None:
    call("memfd_create", b"x", 0)


def run_from_memory() -> None:
    """memfd_create and fexecve: a program that lies on no disk."""
    descriptor = call("memfd_create", b"x", 0)
    os.write(descriptor, b"#!/bin/true\n")
    call("execveat", descriptor, b"", None, None, 0x1000)


def hidden_memory() -> None:
    call("memfd_secret", 0)


def switch_off_randomness() -> None:
    call("personality", 0x0040000)


def pose_as_32_bit() -> None:
    call("personality", 0x0008)


def another_filter() -> None:
    call("seccomp", 1, 0, struct.pack("HxxxxxxP", 0, 0))


def notify_filter() -> None:
    line = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
    call("seccomp", 1, 8, struct.pack("HxxxxxxP", 1, ctypes.addressof(line)))


def kernel_log() -> None:
    call("syslog", 3, ctypes.create_string_buffer(64), 64)


def load_kernel() -> None:
    call("kexec_load", 0, 0, None, 0)


def load_kernel_file() -> None:
    call("kexec_file_load", -1, -1, 0, None, 0)


def restart_machine() -> None:
    """With magic numbers that no kernel takes."""
    call("reboot", 0, 0, 0, 0)


def add_swap() -> None:
    call("swapon", b"/nowhere", 0)


def load_module() -> None:
    call("init_module", b"", 0, b"")


def load_module_file() -> None:
    call("finit_module", 3, b"", 0)


def set_clock() -> None:
    call("clock_settime", 0, struct.pack("qq", -1, -1))


def set_time() -> None:
    call("settimeofday", struct.pack("qq", -1, -1), None)


def adjust_clock() -> None:
    call("adjtimex", ctypes.create_string_buffer(struct.pack("I", 1) + bytes(256)))


def rename_machine() -> None:
    call("sethostname", b"x", 1)


def accounting() -> None:
    call("acct", None)


def quotas() -> None:
    call("quotactl", 0, None, 0, None)


def ports() -> None:
    call("ioperm", 0x80, 1, 1)


def all_ports() -> None:
    call("iopl", 3)


def segments() -> None:
    call("modify_ldt", 0, ctypes.create_string_buffer(16), 16)


def memory_policy() -> None:
    call("set_mempolicy", 0, None, 0)


def bind_memory() -> None:
    call("mbind", 0, 0, 0, None, 0, 0)


def move_pages() -> None:
    call("move_pages", 0, 0, None, None, None, 0)


def splice_pages() -> None:
    read_end, write_end = os.pipe()
    call("vmsplice", write_end, struct.pack("QQ", 0, 0), 0, 0)
    os.close(read_end)


def tee_pipes() -> None:
    first, second = os.pipe(), os.pipe()
    call("tee", first[0], second[1], 1, 2)


def watch_everything() -> None:
    call("fanotify_init", 0, 0)


def real_time() -> None:
    call("sched_setscheduler", 0, 1, struct.pack("i", 1))


def priority_of_others() -> None:
    call("setpriority", 2, 0, 5)


def disk_priority() -> None:
    call("ioprio_set", 1, 0, 0x2000)


def affinity_of_another() -> None:
    os.sched_setaffinity(int(FACTS["process"]), {0})


def forge_a_signal() -> None:
    call("rt_sigqueueinfo", os.getpid(), 10, ctypes.create_string_buffer(128))


def newer_than_the_list() -> list[int]:
    """Every number from the first that nobody reviewed on."""
    there: list[int] = []
    for number in range(451, 600):
        try:
            by_number(number, 0, 0, 0, 0, 0, 0)
        except OSError as error:
            if error.errno == 38:
                continue
        there.append(number)
    if not there:
        raise OSError(38, "none of them exists")
    return there


def far_beyond() -> None:
    by_number(99_999, 0)


def negative_number() -> None:
    by_number(-1, 0)


def x32_call() -> None:
    if not _MACHINE_X86:
        raise NotHereError("x32")
    by_number(0x40000000 + 39)


def x32_execute() -> None:
    if not _MACHINE_X86:
        raise NotHereError("x32")
    by_number(0x40000000 + 520, b"/bin/true", None, None)


def _machine_code(code: str) -> int:
    if not _MACHINE_X86:
        raise NotHereError("x86 instructions")
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex(code))
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)()


def old_gate() -> int:
    return _machine_code("b814000000cd80c3")  # mov eax, 20; int 0x80; ret


def old_gate_execute() -> int:
    return _machine_code("b80b00000031db31c931d2cd80c3")  # mov eax, 11 (execve); int 0x80


def _option(number: int, *values: int) -> int:
    return checked(LIBC.prctl(ctypes.c_int(number), *[ctypes.c_ulong(v) for v in (*values, 0, 0)]))


def outlive_the_service() -> int:
    return _option(1, 0)


def be_traceable() -> int:
    return _option(0x59616D61, 0xFFFFFFFF)


def security_bits() -> int:
    return _option(28, 0x2F)


def ambient_capability() -> int:
    return _option(47, 2, 21)


def adopt_orphans() -> int:
    return _option(36, 1)


def move_own_memory_map() -> int:
    return _option(35, 1, 4096)


def merge_memory() -> int:
    """Pages merged with equal ones of others tell, by timing, what others hold."""
    return _option(67, 1)


def speculate() -> int:
    return _option(53, 0, 2)


def feed_a_terminal() -> None:
    fcntl.ioctl(1, 0x5412, b"x")


def feed_a_console() -> None:
    fcntl.ioctl(1, 0x541C, b"\x03")


def interfaces_of_the_channel() -> list[str]:
    """The channel was born outside: a question about its network must not be answered."""
    buffer = ctypes.create_string_buffer(2048)
    asked = struct.pack("iP", 2048, ctypes.addressof(buffer))
    length, _ = struct.unpack("iP", fcntl.ioctl(3, 0x8912, asked))
    return [buffer.raw[at : at + 16].rstrip(b"\0").decode() for at in range(0, length, 40)]


def namespace_of_the_channel() -> int:
    return fcntl.ioctl(3, 0x894C)


def file_flags() -> None:
    with open(f"{SCRATCH}/flags", "wb") as handle:
        fcntl.ioctl(handle.fileno(), 0x40086602, struct.pack("Q", 0x10))


def freeze_file_system() -> None:
    fcntl.ioctl(os.open("/", os.O_RDONLY), 0xC0045877, 0)


def owner_of_input() -> None:
    """Have somebody else signalled when there is something to read."""
    left, right = socket.socketpair()
    fcntl.fcntl(left, fcntl.F_SETOWN, int(FACTS["process"]))
    fcntl.fcntl(left, 10, 9)
    fcntl.fcntl(left, fcntl.F_SETFL, os.O_ASYNC)
    right.send(b"x")


def limits_of_another() -> None:
    resource.prlimit(int(FACTS["process"]), resource.RLIMIT_CPU)


def _raise_limit(kind: int, hard: int) -> None:
    try:
        resource.setrlimit(kind, (hard, hard))
    except ValueError as error:  # what Python makes of EPERM
        raise PermissionError(errno.EPERM, str(error)) from None


def raise_memory_limit() -> None:
    _raise_limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)


def raise_file_limit() -> None:
    _raise_limit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE)[1] + 1000)


def core_limit() -> int:
    """A core pattern that is a pipe is not stopped by 0, but by 1."""
    return resource.getrlimit(resource.RLIMIT_CORE)[0]


def become_root() -> None:
    os.setresuid(0, 0, 0)


def become_another() -> None:
    os.setresuid(12345, 12345, 12345)


def join_groups() -> None:
    os.setgroups([0])


def regain_capabilities() -> None:
    call("capset", struct.pack("Ii", 0x20080522, 0), struct.pack("IIIIII", *[0xFFFFFFFF] * 6))


def capabilities() -> list[int]:
    """What this process may do beyond an ordinary one: nothing."""
    data = ctypes.create_string_buffer(24)
    number = {"x86_64": 125, "aarch64": 90}[platform.machine()]
    by_number(number, struct.pack("Ii", 0x20080522, 0), data)
    return [*struct.unpack("IIIIII", data.raw)]
