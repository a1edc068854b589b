import struct


def pack(value: int) -> bytes:
    return struct.pack("<I", value)
