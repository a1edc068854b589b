import hashlib

import bcrypt


def kept(password: bytes, salt: bytes) -> bytes:
    # ruleid: password-few-rounds
    hashlib.pbkdf2_hmac("sha256", password, salt, 1000)
    # ruleid: password-few-rounds
    bcrypt.gensalt(4)
    # ok: password-few-rounds
    bcrypt.gensalt(12)
    # ok: password-few-rounds
    return hashlib.pbkdf2_hmac("sha256", password, salt, 600_000)
