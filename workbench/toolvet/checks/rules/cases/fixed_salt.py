import hashlib
import os


def kept(password: bytes) -> bytes:
    # ruleid: fixed-salt
    hashlib.pbkdf2_hmac("sha256", password, b"salt", 600_000)
    # ruleid: fixed-salt
    hashlib.scrypt(password, salt=b"salt", n=2**15, r=8, p=1)
    # ok: fixed-salt
    return hashlib.pbkdf2_hmac("sha256", password, os.urandom(16), 600_000)
