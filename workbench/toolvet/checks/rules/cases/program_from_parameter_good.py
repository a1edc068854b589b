import subprocess


def show(path: str) -> None:
    subprocess.run(["git", "log", "--", path], check=True)
