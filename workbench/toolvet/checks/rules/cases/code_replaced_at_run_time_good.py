import sys


def version() -> tuple[int, int]:
    return sys.version_info[:2]
