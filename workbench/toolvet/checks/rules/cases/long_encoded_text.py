import base64
import codecs


def hidden() -> object:
    # ruleid: long-encoded-text
    return base64.b64decode("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB")


def turned() -> str:
    # ruleid: long-encoded-text
    return codecs.decode("uggcf", "rot13")


def short() -> bytes:
    # ok: long-encoded-text
    return base64.b64decode("aGVsbG8=")
