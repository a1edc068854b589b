import os
import subprocess


def run(program: str) -> None:
    subprocess.run([program, "--version"], check=True)


def replace(program: str) -> None:
    os.execvp(program, ["x"])
