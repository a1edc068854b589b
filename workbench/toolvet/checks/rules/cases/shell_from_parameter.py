import os
import shlex
import subprocess

KNOWN = {"up", "down"}


def listed(folder: str) -> int:
    # ruleid: shell-from-parameter
    return os.system(f"ls -l {folder}")


def piped(pattern: str, files: list[str]) -> bytes:
    parts = ["grep", "-n"]
    parts.append(pattern)
    command = " ".join(parts + files)
    # ruleid: shell-from-parameter
    return subprocess.run(command, shell=True, capture_output=True, check=True).stdout


def through_bash(script: str) -> bytes:
    # ruleid: shell-from-parameter
    return subprocess.check_output(["bash", "-c", "set -e; " + script])


class Host:
    def __init__(self, name: str) -> None:
        self.name = name

    def ping(self) -> str:
        # ruleid: shell-from-parameter
        return os.popen("ping -c1 %s" % self.name).read()


def quoted(folder: str) -> int:
    safe = shlex.quote(folder)
    # ok: shell-from-parameter
    return os.system("ls -l " + safe)


def numbered(lines: str) -> int:
    wanted = int(lines)
    # ok: shell-from-parameter
    return os.system(f"tail -n {wanted} /data/log")


def known(state: str) -> int:
    if state not in KNOWN:
        raise ValueError(state)
    # ok: shell-from-parameter
    return os.system(f"service web {state}")


def counted(lines: int) -> bytes:
    # ok: shell-from-parameter
    return subprocess.check_output(f"tail -n {lines} /data/log", shell=True)


def no_shell(folder: str) -> None:
    # ok: shell-from-parameter
    subprocess.run(["ls", "-l", "--", folder], check=True)
