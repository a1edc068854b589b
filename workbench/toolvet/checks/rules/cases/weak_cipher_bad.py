from Crypto.Cipher import ARC4
from cryptography.hazmat.primitives.ciphers import modes


def seal(key: bytes, data: bytes) -> bytes:
    modes.ECB()
    return ARC4.new(key).encrypt(data)
