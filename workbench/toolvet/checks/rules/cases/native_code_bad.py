import ctypes


def process() -> int:
    return ctypes.CDLL(None).getpid()
