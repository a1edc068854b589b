import gzip
import zlib


def unpacked(data: bytes) -> bytes:
    # ruleid: unpacked-unbounded
    return zlib.decompress(data)


def opened(data: bytes) -> bytes:
    # ruleid: unpacked-unbounded
    return gzip.decompress(data)


def bounded(data: bytes) -> bytes:
    # ok: unpacked-unbounded
    return zlib.decompressobj().decompress(data, 1_000_000)
