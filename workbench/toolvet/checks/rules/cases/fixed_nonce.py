import os

from Crypto.Cipher import AES
from cryptography.hazmat.primitives.ciphers import modes


def sealed(key: bytes) -> object:
    # ruleid: fixed-nonce
    AES.new(key, AES.MODE_CBC, b"0123456789abcdef")
    # ruleid: fixed-nonce
    AES.new(key, AES.MODE_GCM, nonce=b"0" * 12)
    # ruleid: fixed-nonce
    modes.CBC(b"\0" * 16)
    # ok: fixed-nonce
    modes.CBC(os.urandom(16))
    # ok: fixed-nonce
    return AES.new(key, AES.MODE_GCM, nonce=os.urandom(12))
