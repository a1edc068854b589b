"""Starting processes, signalling others, and what a process inherits."""

import contextlib
import ctypes
import inspect
import multiprocessing
import os
import platform
import signal
import socket
import subprocess
import sys
import threading

from attack import FACTS
from kernel import call


def _end(child: int) -> None:
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def fork() -> None:
    _end(os.fork())


def fork_by_number() -> None:
    _end(call("fork"))


def fork_by_clone() -> None:
    _end(call("clone", signal.SIGCHLD, 0, 0, 0, 0))


def share_memory_and_fork() -> None:
    """vfork by clone: the new process shares memory, and may not return."""
    stack = ctypes.create_string_buffer(65536)
    top = (ctypes.addressof(stack) + 65536) & ~15
    body = ctypes.CFUNCTYPE(ctypes.c_int)(int)
    flags = 0x100 | 0x4000 | signal.SIGCHLD
    library = ctypes.CDLL(None, use_errno=True)
    child = library.clone(body, ctypes.c_void_p(top), ctypes.c_int(flags), None)
    if child < 0:
        raise PermissionError(ctypes.get_errno(), "clone")
    os.waitpid(child, 0)


def execute() -> None:
    os.execv(FACTS["program"], ["x", "-c", ""])


def execute_by_descriptor() -> None:
    descriptor = os.open(FACTS["program"], os.O_PATH)
    call("execveat", descriptor, b"", None, None, 0x1000)


def execute_by_loader() -> None:
    """Have the dynamic loader run what may not be executed."""
    loader = {"x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1"}
    os.execv(loader[platform.machine()], ["ld.so", FACTS["program"], "-c", ""])


def spawn() -> None:
    child = os.posix_spawn(FACTS["program"], ["x", "-c", ""], {})
    os.waitpid(child, 0)


def run_a_shell() -> None:
    subprocess.run("true", shell=True, check=True)


def run_a_program() -> None:
    subprocess.run([FACTS["program"], "-c", ""], check=True)


def work_in_processes() -> None:
    worker = multiprocessing.get_context("fork").Process(target=os.getpid)
    worker.start()
    worker.join()


def signal_the_service() -> None:
    os.kill(int(FACTS["process"]), 0)


def end_the_service() -> None:
    os.kill(int(FACTS["process"]), signal.SIGWINCH)


def signal_the_service_by_thread() -> None:
    library = ctypes.CDLL(None, use_errno=True)
    process = int(FACTS["process"])
    number = {"x86_64": 234, "aarch64": 131}[platform.machine()]
    if library.syscall(ctypes.c_long(number), process, process, 0) < 0:
        raise PermissionError(ctypes.get_errno(), "tgkill")


def signal_the_service_by_handle() -> None:
    call("pidfd_send_signal", call("pidfd_open", int(FACTS["process"]), 0), 0, None, 0)


def signal_the_parent() -> None:
    """The zygote, where its number can be learned."""
    parent = os.getppid()
    if parent == 0:
        raise PermissionError("no parent is to be seen")
    os.kill(parent, 0)


def end_its_group() -> None:
    """kill(0) reaches all of a group, in outer pid namespaces too."""
    os.kill(0, signal.SIGKILL)
    os._exit(1)  # process 1 of a namespace does not hear its own SIGKILL


def group_of_ones_own() -> bool:
    return os.getpgid(0) == os.getsid(0) == os.getpid()


def signal_everyone() -> None:
    os.kill(-1, 0)


def signal_neighbours() -> list[int]:
    """Every process whose number is near."""
    found: list[int] = []
    own = os.getpid()
    for process in range(max(2, own - 2000), own + 2000):
        if process != own:
            with contextlib.suppress(OSError):
                os.kill(process, 0)
                found.append(process)
    if not found:
        raise PermissionError("nobody is near")
    return found


def number_of_parent() -> int:
    return os.getppid()


def session_of_another() -> int:
    return os.getsid(int(FACTS["process"]))


def environment() -> list[str]:
    return sorted(os.environ)


def names_of_the_host() -> list[str]:
    """Paths of the host that this process still remembers."""
    known = [sys.argv, sys.orig_argv, sys.path, sys.executable]
    frame = inspect.currentframe()
    while frame is not None:
        known.append([value for value in frame.f_locals.values() if _is_ours(value)])
        frame = frame.f_back
    text = repr(known)
    return [one for one in (FACTS["corpus"], FACTS["folder"]) if one in text]


def _is_ours(value: object) -> bool:
    return type(value).__module__.startswith("toolvet.")


def machine_name() -> str:
    return socket.gethostname()


def descriptors() -> list[int]:
    """Every open one."""
    found: list[int] = []
    for descriptor in range(1024):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found.append(descriptor)
    return found


def standard_input() -> int:
    return len(os.read(0, 100))


def terminal() -> str:
    return os.ttyname(1)


def controlling_terminal() -> None:
    os.close(os.open("/dev/tty", os.O_RDWR))


def own_number() -> int:
    return os.getpid()


def keep_signals_away() -> list[int]:
    """Signals that could be ignored although they must not be."""
    kept: list[int] = []
    for number in (signal.SIGKILL, signal.SIGSTOP):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
            kept.append(number)
    if not kept:
        raise PermissionError("neither")
    return kept


def linger_in_a_thread() -> str:
    """Answer, and go on in a thread that does not end."""
    threading.Thread(target=threading.Event().wait, args=(60,), daemon=False).start()
    return "answered"
