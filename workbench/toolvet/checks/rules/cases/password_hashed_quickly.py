import hashlib
import os


def kept(password: str) -> str:
    # ruleid: password-hashed-quickly
    return hashlib.sha256(password.encode()).hexdigest()


def salted(user: object, salt: str) -> str:
    # ruleid: password-hashed-quickly
    return hashlib.sha512((salt + user.password).encode()).hexdigest()


def slow(password: str) -> bytes:
    # ok: password-hashed-quickly
    return hashlib.scrypt(password.encode(), salt=os.urandom(16), n=2**15, r=8, p=1)


def other(text: str) -> str:
    # ok: password-hashed-quickly
    return hashlib.sha256(text.encode()).hexdigest()
