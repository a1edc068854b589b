"""A tool that means harm. Bounded, so that a wall that fails does not take the machine down."""

import ctypes
import errno
import json
import mmap
import os
import platform
import resource
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable

LIBC = ctypes.CDLL(None, use_errno=True)
SCRATCH = os.environ.get("TOOLVET_SCRATCH", "/tmp")
count = 0

NUMBERS = {
    "x86_64": {
        "ptrace": 101,
        "process_vm_readv": 310,
        "pidfd_getfd": 438,
        "keyctl": 250,
        "add_key": 248,
        "shmget": 29,
        "msgget": 68,
        "semget": 64,
        "mq_open": 240,
        "bpf": 321,
        "perf_event_open": 298,
        "userfaultfd": 323,
        "io_uring_setup": 425,
        "memfd_create": 319,
        "personality": 135,
        "kexec_load": 246,
        "seccomp": 317,
        "mount": 165,
        "umount2": 166,
        "pivot_root": 155,
        "chroot": 161,
        "setns": 308,
        "unshare": 272,
        "open_by_handle_at": 304,
        "name_to_handle_at": 303,
        "fsopen": 430,
        "open_tree": 428,
        "clone3": 435,
        "swapon": 167,
        "reboot": 169,
        "init_module": 175,
        "syslog": 103,
        "settimeofday": 164,
        "sethostname": 170,
        "quotactl": 179,
        "memfd_secret": 447,
        "fanotify_init": 300,
        "iopl": 172,
        "acct": 163,
        "landlock_create_ruleset": 444,
        "setuid": 105,
        "capset": 126,
        "mbind": 237,
        "kcmp": 312,
        "process_madvise": 440,
        "lookup_dcookie": 212,
        "vmsplice": 278,
    },
    "aarch64": {
        "ptrace": 117,
        "process_vm_readv": 270,
        "pidfd_getfd": 438,
        "keyctl": 219,
        "add_key": 217,
        "shmget": 194,
        "msgget": 186,
        "semget": 190,
        "mq_open": 180,
        "bpf": 280,
        "perf_event_open": 241,
        "userfaultfd": 282,
        "io_uring_setup": 425,
        "memfd_create": 279,
        "personality": 92,
        "kexec_load": 104,
        "seccomp": 277,
        "mount": 40,
        "umount2": 39,
        "pivot_root": 41,
        "chroot": 51,
        "setns": 268,
        "unshare": 97,
        "open_by_handle_at": 265,
        "name_to_handle_at": 264,
        "fsopen": 430,
        "open_tree": 428,
        "clone3": 435,
        "swapon": 224,
        "reboot": 142,
        "init_module": 105,
        "syslog": 116,
        "settimeofday": 170,
        "sethostname": 161,
        "quotactl": 60,
        "memfd_secret": 447,
        "fanotify_init": 262,
        "acct": 89,
        "landlock_create_ruleset": 444,
        "setuid": 146,
        "capset": 91,
        "mbind": 235,
        "kcmp": 272,
        "process_madvise": 440,
        "lookup_dcookie": 18,
        "vmsplice": 75,
    },
}[platform.machine()]
"""The kernel is asked by number: libc must not be what refuses."""


class RefusedError(Exception):
    """A wall held."""


def must_fail(attempt: Callable[[], object]) -> None:
    """Succeed only when an attempt is refused."""
    try:
        attempt()
    except (OSError, MemoryError, RuntimeError, ValueError) as error:
        raise RefusedError(f"{type(error).__name__} {error}") from None


def checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def read(path: str) -> bytes:
    with open(path, "rb") as handle:
        return handle.read(64)


def write(path: str) -> None:
    with open(path, "wb") as handle:
        handle.write(b"x")


def read_by_symlink(target: str) -> bytes:
    os.symlink(target, f"{SCRATCH}/link")
    return read(f"{SCRATCH}/link")


def read_by_hardlink(target: str) -> bytes:
    os.link(target, f"{SCRATCH}/hard")
    return read(f"{SCRATCH}/hard")


def make_device() -> bytes:
    os.mknod(f"{SCRATCH}/disk", 0o600 | 0o060000, os.makedev(254, 0))
    return read(f"{SCRATCH}/disk")


def connect(family: int, address: object, kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(family, kind) as channel:
        channel.settimeout(1)
        channel.connect(address)  # type: ignore[arg-type]


def chmod_as_owner() -> None:
    write(f"{SCRATCH}/plain")
    os.chmod(f"{SCRATCH}/plain", 0o4755)


def make_as_owner() -> None:
    os.open(f"{SCRATCH}/owner", os.O_CREAT | os.O_WRONLY, 0o4755)


def filter_on_pair() -> None:
    first, _second = socket.socketpair()
    allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0xFFFFFFFF))
    first.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", 1, ctypes.addressof(allow)))


def send_by_pair(path: str) -> None:
    first, _second = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    first.sendto(b"x", path)


def connect_by_pair(path: str) -> None:
    first, _second = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    first.connect(path)


def fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def many_threads() -> None:
    stop = threading.Event()
    try:
        for _ in range(500):
            threading.Thread(target=stop.wait, daemon=True).start()
    finally:
        stop.set()


def fill_disk(mebibytes: int) -> None:
    for number in range(mebibytes):
        with open(f"{SCRATCH}/{number}", "wb") as handle:
            handle.write(bytes(1 << 20))


def fill_inodes() -> None:
    for number in range(10_000):
        write(f"{SCRATCH}/{number}")


def many_descriptors() -> None:
    kept = [os.open("/dev/null", os.O_RDONLY) for _ in range(2000)]
    for descriptor in kept:
        os.close(descriptor)


def raise_limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def limit_of_other(process: int) -> None:
    resource.prlimit(process, resource.RLIMIT_CPU)


def system_call(name: str) -> None:
    checked(LIBC.syscall(ctypes.c_long(NUMBERS[name]), *[ctypes.c_long(0)] * 6))


def x32_call() -> None:
    checked(LIBC.syscall(ctypes.c_long(0x40000000 + 39)))


def namespace_by_clone() -> None:
    flags = 0x10000000 | signal.SIGCHLD
    number = {"x86_64": 56, "aarch64": 220}[platform.machine()]
    if (
        checked(LIBC.syscall(ctypes.c_long(number), ctypes.c_long(flags), *[ctypes.c_long(0)] * 4))
        == 0
    ):
        os._exit(0)


def regain_capabilities() -> None:
    with_all = struct.pack("IIIIII", *[0xFFFFFFFF] * 6)
    header = struct.pack("Ii", 0x20080522, 0)
    checked(LIBC.syscall(ctypes.c_long(NUMBERS["capset"]), header, with_all))


def host_processes(process: int) -> None:
    os.kill(process, 0)


def everyone() -> None:
    os.kill(-1, 0)


def leave_by_proc() -> bytes:
    return read("/proc/1/root/etc/passwd")


def attempts(facts: dict[str, object]) -> dict[str, Callable[[], object]]:
    """Name every attempt. `facts` come from the test: paths and processes outside."""
    secret, outside = str(facts["secret"]), str(facts["outside"])
    process, listener = int(str(facts["process"])), str(facts["listener"])
    tool = os.path.dirname(os.path.abspath(__file__))
    calls = {f"system call {name}": (lambda name=name: system_call(name)) for name in NUMBERS}
    return {
        "read a secret": lambda: read(secret),
        "read a secret by a symbolic link": lambda: read_by_symlink(secret),
        "read a secret by a hard link": lambda: read_by_hardlink(secret),
        "read accounts": lambda: read("/etc/passwd"),
        "list homes": lambda: os.listdir("/home"),
        "list the home of root": lambda: os.listdir("/root/.ssh"),
        "list processes": lambda: os.listdir("/proc"),
        "read own environment block": lambda: read("/proc/self/environ"),
        "read another environment": lambda: read(f"/proc/{process}/environ"),
        "read kernel settings": lambda: read("/sys/kernel/uevent_seqnum"),
        "read the kernel log": lambda: read("/dev/kmsg"),
        "read memory": lambda: read("/dev/mem"),
        "list devices": lambda: read("/dev/vda"),
        "leave by /proc": leave_by_proc,
        "write outside": lambda: write(outside),
        "write into the tool": lambda: write(f"{tool}/new.py"),
        "replace the tool": lambda: os.rename(f"{SCRATCH}", f"{tool}/hostile.py"),
        "remove the tool": lambda: os.unlink(f"{tool}/hostile.py"),
        "write into the interpreter": lambda: write(
            os.path.join(os.path.dirname(os.__file__), "x")
        ),
        "change a mode outside": lambda: os.chmod(secret, 0o777),
        "change a mode of the tool": lambda: os.chmod(f"{tool}/hostile.py", 0o777),
        "change a time outside": lambda: os.utime(secret, (0, 0)),
        "truncate outside": lambda: os.truncate(secret, 0),
        "make a device": make_device,
        "let a file act as its owner": chmod_as_owner,
        "make a file that acts as its owner": make_as_owner,
        "put a filter on a socket": filter_on_pair,
        "connect to a socket of the host": lambda: connect(socket.AF_UNIX, listener),
        "connect to an abstract socket": lambda: connect(socket.AF_UNIX, str(facts["abstract"])),
        "send to the host by a pair": lambda: send_by_pair(listener),
        "connect to the host by a pair": lambda: connect_by_pair(listener),
        "connect by TCP": lambda: connect(socket.AF_INET, ("127.0.0.1", int(str(facts["port"])))),
        "connect by IPv6": lambda: connect(socket.AF_INET6, ("::1", 1)),
        "send by UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
        "packet socket": lambda: socket.socket(17, socket.SOCK_RAW),
        "netlink socket": lambda: socket.socket(16, socket.SOCK_RAW),
        "hypervisor socket": lambda: socket.socket(40, socket.SOCK_STREAM),
        "crypto socket": lambda: socket.socket(38, socket.SOCK_SEQPACKET),
        "resolve a name": lambda: socket.getaddrinfo("localhost", 80),
        "pair of another family": lambda: checked(
            LIBC.socketpair(socket.AF_INET, socket.SOCK_STREAM, 0, (ctypes.c_int * 2)())
        ),
        "fork": fork,
        "execute": lambda: os.execv(sys.executable or "/bin/true", ["x"]),
        "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "make a namespace by clone": namespace_by_clone,
        "signal the supervisor": lambda: host_processes(process),
        "read limits of the supervisor": lambda: limit_of_other(process),
        "start 500 threads": many_threads,
        "take 2 GiB": lambda: bytearray(2 << 30),
        "open 2000 descriptors": many_descriptors,
        "write one huge file": lambda: os.truncate(
            os.open(f"{SCRATCH}/big", os.O_CREAT | os.O_RDWR), 1 << 40
        ),
        "raise a limit": raise_limit,
        "become root": lambda: os.setresuid(0, 0, 12345),
        "regain capabilities": regain_capabilities,
        "call by the x32 ABI": x32_call,
        **calls,
    }


ONLY_WITH_NAMESPACES: dict[str, Callable[[], object]] = {
    "signal everyone": everyone,
    "fill the disk": lambda: fill_disk(100),
    "fill the inodes": fill_inodes,
}
"""Only a file system of one's own caps disk and inodes. kill(-1) answers 0 when it may signal nobody."""


def attack(name: str, facts: dict[str, object]) -> str:
    """Try one thing; returns how it was refused, or raises when it was not."""
    attempt = {**attempts(facts), **ONLY_WITH_NAMESPACES}[name]
    try:
        must_fail(attempt)
    except RefusedError as refused:
        return str(refused)
    raise AssertionError(f"{name}: not refused")


def names(facts: dict[str, object]) -> list[str]:
    """List the attempts."""
    return list(attempts(facts))


def misbehave(how: str) -> object:
    """End, or refuse to end, in bad ways."""
    return MISDEEDS[how]()


def spin() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass


def flood() -> None:
    while True:
        sys.stdout.write("x" * 4096)


def crash() -> None:
    ctypes.string_at(0)


def foreign_abi() -> None:
    code = bytes.fromhex("b814000000cd80c3")  # mov eax, 20; int 0x80; ret
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    ctypes.CFUNCTYPE(ctypes.c_int)(address)()


def frame(body: bytes, length: int | None = None) -> None:
    os.write(3, struct.pack(">I", len(body) if length is None else length) + body)
    time.sleep(30)


class LiarError(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


def raise_liar() -> None:
    raise LiarError


def nested() -> object:
    value: object = 1
    for _ in range(200):
        value = [value]
    return value


def itself() -> object:
    box: list[object] = []
    box.append(box)
    return box


def hang_up() -> None:
    os.close(3)
    time.sleep(30)


def left_behind() -> dict[str, object]:
    global count
    count += 1
    found = {"count": count, "scratch": os.listdir(SCRATCH), "environment": dict(os.environ)}
    write(f"{SCRATCH}/mark")
    os.environ["MARK"] = "1"
    open_descriptors: list[int] = []
    for descriptor in range(256):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        open_descriptors.append(descriptor)
    return {**found, "descriptors": open_descriptors}


MISDEEDS: dict[str, Callable[[], object]] = {
    "spin": spin,
    "sleep": lambda: time.sleep(30),
    "flood": flood,
    "exit": lambda: os._exit(0),
    "exit by exception": lambda: sys.exit(3),
    "crash": crash,
    "foreign abi": foreign_abi,
    "hang up": hang_up,
    "announce a huge frame": lambda: frame(b"", 1 << 31),
    "send no json": lambda: frame(b"{nope"),
    "send no object": lambda: frame(b"[]"),
    "send an unknown frame": lambda: frame(b'{"is":"root"}'),
    "send NaN": lambda: frame(b'{"is":"returned","value":NaN}'),
    "send a deep frame": lambda: frame(b'{"is":"returned","value":' + b"[" * 100_000),
    "send duplicate keys": lambda: frame(b'{"is":"returned","value":1,"value":2}'),
    "return NaN": lambda: float("nan"),
    "return an object": object,
    "return half a surrogate": lambda: "\ud800",
    "return a huge integer": lambda: 2**80,
    "return a huge text": lambda: "x" * (4 << 20),
    "return a deep value": nested,
    "return itself": itself,
    "raise a liar": raise_liar,
    "left behind": left_behind,
    "refuse": lambda: must_fail(
        lambda: (_ for _ in ()).throw(OSError(errno.EPERM, json.dumps({})))
    ),
}
