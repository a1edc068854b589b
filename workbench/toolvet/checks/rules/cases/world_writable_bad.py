import os


def share(path: str) -> None:
    os.chmod("out.txt", 0o777)
