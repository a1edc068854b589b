import os
import shlex
import subprocess


def start(program: str) -> None:
    # ruleid: program-from-parameter
    subprocess.run([program, "--version"], check=True)


def start_line(line: str) -> None:
    # ruleid: program-from-parameter
    subprocess.Popen(shlex.split(line))


def become(program: str) -> None:
    # ruleid: program-from-parameter
    os.execv(program, ["x"])


def fixed(path: str) -> None:
    command = ["wc", "-l", path]
    # ok: program-from-parameter
    subprocess.run(command, check=True)


def chosen(kind: str) -> None:
    program = {"text": "wc", "sum": "sha256sum"}[kind]
    if kind not in ("text", "sum"):
        raise ValueError(kind)
    # ok: program-from-parameter
    subprocess.run([program, "data.txt"], check=True)
