import os


def copy(a: int) -> int:
    return os.dup(a)
