import sys


def deep(depth: int) -> None:
    # ruleid: recursion-from-parameter
    sys.setrecursionlimit(100_000)


def asked() -> int:
    # ok: recursion-from-parameter
    return sys.getrecursionlimit()
