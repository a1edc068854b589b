import os
import shlex
import subprocess


def list_folder(folder: str) -> int:
    return os.system("ls " + shlex.quote(folder))


def archive(name: str) -> None:
    subprocess.run(["tar", "cf", "out.tar", "--", name], check=True)


def uptime() -> None:
    os.system("uptime")
