"""Reading and writing what is not the call's own."""

import contextlib
import fcntl
import mmap
import os
import stat
import sysconfig

from attack import FACTS
from kernel import SCRATCH, call, read_file, write_file

ROOT = ("bin", "deps", "dev", "lib", "lib32", "lib64", "mnt", "sbin", "sdk", "tmp", "tool", "usr")
TOOL = os.path.dirname(os.path.abspath(__file__))


def read_secret() -> str:
    return read_file(FACTS["secret"])


def read_by_symlink() -> str:
    os.symlink(FACTS["secret"], f"{SCRATCH}/link")
    return read_file(f"{SCRATCH}/link")


def read_by_hardlink() -> str:
    os.link(FACTS["secret"], f"{SCRATCH}/hard")
    return read_file(f"{SCRATCH}/hard")


def read_by_rename() -> str:
    os.rename(FACTS["secret"], f"{SCRATCH}/mine")
    return read_file(f"{SCRATCH}/mine")


def read_upwards() -> str:
    return read_file(f"{TOOL}/{'../' * 40}{FACTS['secret'].lstrip('/')}")


def read_below_a_descriptor() -> str:
    """Leave by any folder that somebody forgot to close."""
    for descriptor in range(64):
        with contextlib.suppress(OSError):
            where = os.readlink(f"{'../' * 40}etc/hostname", dir_fd=descriptor)
            return f"a folder is open at {descriptor}: {where}"
        with contextlib.suppress(OSError):
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                return f"a folder is open at {descriptor}"
    raise PermissionError("no folder is open")


def read_by_root_of_another() -> str:
    return read_file(f"/proc/{FACTS['process']}/root{FACTS['secret']}")


def read_by_own_root() -> str:
    return read_file(f"/proc/self/root{FACTS['secret']}")


def read_by_root_of_one() -> str:
    return read_file(f"/proc/1/root{FACTS['secret']}")


def read_by_working_folder() -> str:
    return read_file(f"/proc/{FACTS['process']}/cwd/secret")


def read_own_environment_block() -> str:
    return read_file("/proc/self/environ")


def read_another_environment() -> str:
    return read_file(f"/proc/{FACTS['process']}/environ")


def read_another_memory() -> str:
    return read_file(f"/proc/{FACTS['process']}/mem")


def read_accounts() -> str:
    return read_file("/etc/passwd")


def read_passwords() -> str:
    return read_file("/etc/shadow")


def read_machine_id() -> str:
    return read_file("/etc/machine-id")


def _beyond(folder: str, known: tuple[str, ...] = ()) -> list[str]:
    """List what is in a folder and is not on the way to the interpreter or to the walls' code."""
    ways = [FACTS["prefix"], FACTS["program"], FACTS["installed"]]
    on_the_way = {way.removeprefix(folder.rstrip("/") + "/").split("/")[0] for way in ways}
    more = sorted(set(os.listdir(folder)) - on_the_way - set(known))
    if not more:
        raise PermissionError("nothing but the interpreter")
    return more


def list_root() -> list[str]:
    return _beyond("/", ROOT)


def list_homes() -> list[str]:
    return _beyond("/home")


def list_home_of_root() -> list[str]:
    return _beyond("/root")


def list_home_of_service() -> list[str]:
    return os.listdir(FACTS["folder"])


def list_local_programs() -> list[str]:
    return _beyond("/usr/local/bin")


def list_settings() -> list[str]:
    return _beyond("/etc")


def list_processes() -> list[str]:
    return os.listdir("/proc")


def list_kernel() -> list[str]:
    return os.listdir("/sys")


def list_devices() -> list[str]:
    """List devices beyond the four that every program may have."""
    more = set(os.listdir("/dev")) - {"null", "zero", "urandom", "shm"}
    if not more:
        raise PermissionError("only harmless devices")
    return sorted(more)


def read_kernel_log() -> str:
    return read_file("/dev/kmsg")


def read_machine_memory() -> str:
    return read_file("/dev/mem")


def read_terminal() -> str:
    return read_file("/dev/tty")


def make_disk_device() -> str:
    os.mknod(f"{SCRATCH}/disk", 0o600 | stat.S_IFBLK, os.makedev(254, 0))
    return read_file(f"{SCRATCH}/disk")


def make_memory_device() -> str:
    os.mknod(f"{SCRATCH}/mem", 0o600 | stat.S_IFCHR, os.makedev(1, 1))
    return read_file(f"{SCRATCH}/mem")


def write_outside() -> None:
    write_file(FACTS["outside"])


def overwrite_secret() -> None:
    write_file(FACTS["secret"])


def append_by_symlink() -> None:
    os.symlink(FACTS["secret"], f"{SCRATCH}/append")
    with open(f"{SCRATCH}/append", "ab") as handle:
        handle.write(b"x")


def truncate_outside() -> None:
    os.truncate(FACTS["secret"], 0)


def remove_outside() -> None:
    os.unlink(FACTS["secret"])


def rename_outside() -> None:
    os.rename(FACTS["secret"], FACTS["outside"])


def link_outside() -> None:
    os.link(FACTS["secret"], FACTS["outside"])


def symlink_outside() -> None:
    os.symlink("/", FACTS["outside"])


def make_folder_outside() -> None:
    os.mkdir(FACTS["outside"])


def make_pipe_outside() -> None:
    os.mkfifo(FACTS["outside"])


def change_mode_outside() -> None:
    os.chmod(FACTS["secret"], 0o777)


def change_owner_outside() -> None:
    os.chown(FACTS["secret"], 1, 1)


def change_time_outside() -> None:
    os.utime(FACTS["secret"], (0, 0))


def mark_outside() -> None:
    os.setxattr(FACTS["secret"], "user.mark", b"x")


def nameless_file_outside() -> None:
    os.close(os.open(os.path.dirname(FACTS["outside"]), os.O_TMPFILE | os.O_RDWR))


def write_into_tool() -> None:
    write_file(f"{TOOL}/new.py")


def overwrite_tool() -> None:
    write_file(f"{TOOL}/files.py")


def plant_bytecode() -> None:
    os.makedirs(f"{TOOL}/__pycache__", exist_ok=True)
    write_file(f"{TOOL}/__pycache__/files.cpython-311.pyc")


def replace_tool() -> None:
    write_file(f"{SCRATCH}/new.py")
    os.rename(f"{SCRATCH}/new.py", f"{TOOL}/files.py")


def remove_tool() -> None:
    os.unlink(f"{TOOL}/files.py")


def write_tool_by_memory() -> None:
    with open(f"{TOOL}/files.py", "rb") as handle:
        mmap.mmap(handle.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)


def change_mode_of_tool() -> None:
    os.chmod(f"{TOOL}/files.py", 0o777)


def write_into_interpreter() -> None:
    write_file(os.path.join(sysconfig.get_path("stdlib"), "planted.py"))


def write_into_sdk() -> None:
    import toolvet.sdk  # noqa: PLC0415 - mounted only inside

    write_file(os.path.join(os.path.dirname(str(toolvet.sdk.__file__)), "planted.py"))


def write_into_root() -> None:
    write_file("/planted")


def make_folder_in_root() -> None:
    os.mkdir("/planted")


def remove_from_root() -> None:
    os.rename("/tool", "/gone")


def run_own_file() -> None:
    write_file(f"{SCRATCH}/run", b"#!/bin/true\n")
    os.chmod(f"{SCRATCH}/run", 0o700)
    os.execv(f"{SCRATCH}/run", ["run"])


def make_setuid_file() -> str:
    """A file of ours with the set-user-id bit: it must not make anybody anyone."""
    write_file(f"{SCRATCH}/suid")
    os.chmod(f"{SCRATCH}/suid", 0o4755)
    call("execve", f"{SCRATCH}/suid".encode(), None, None)
    return "run"


def watch_a_folder() -> str:
    """Learn the names of files that others use, without reading the folder."""
    descriptor = call("inotify_init1", os.O_NONBLOCK)
    call("inotify_add_watch", descriptor, b"/", 0xFFF)
    return "watching /"


def read_attributes() -> dict[str, str]:
    names = os.listxattr(FACTS["marked"])
    return {name: os.getxattr(FACTS["marked"], name).decode() for name in names}


def lease_a_file() -> None:
    """Hold up whoever opens a shared file for writing."""
    descriptor = os.open(os.__file__, os.O_RDONLY)
    fcntl.fcntl(descriptor, 1024, fcntl.F_RDLCK)


def path_exists() -> bool:
    if not os.path.exists(FACTS["secret"]):
        raise FileNotFoundError(2, "not to be seen")
    return True
