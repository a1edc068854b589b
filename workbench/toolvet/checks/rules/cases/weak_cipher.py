from Crypto.Cipher import AES, DES
from cryptography.hazmat.primitives.ciphers import modes


def sealed(key: bytes, nonce: bytes) -> object:
    # ruleid: weak-cipher
    DES.new(key, DES.MODE_CBC)
    # ruleid: weak-cipher
    AES.new(key, AES.MODE_ECB)
    # ruleid: weak-cipher
    modes.ECB()
    # ok: weak-cipher
    return AES.new(key, AES.MODE_GCM, nonce=nonce)
