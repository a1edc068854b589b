import os
import subprocess


def list_folder(folder: str) -> int:
    return os.system("ls " + folder)


def archive(name: str = "x") -> None:
    subprocess.run(f"tar cf {name}.tar {name}", shell=True, check=True)


async def count(path: str, *, flags: str) -> str:
    command = "wc {} {}".format(flags, path)
    return subprocess.getoutput(command)
