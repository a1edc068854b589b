import builtins
import sys


def patch(value: object) -> None:
    builtins.print = value
    sys.path.insert(0, "/data")
