import ctypes
import struct


def native() -> object:
    # ruleid: native-code
    return ctypes.CDLL("libc.so.6")


def packed(value: int) -> bytes:
    # ok: native-code
    return struct.pack("<I", value)
