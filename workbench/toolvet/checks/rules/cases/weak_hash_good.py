import hashlib


def name(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest() + hashlib.md5(data, usedforsecurity=False).hexdigest()
