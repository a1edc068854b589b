import hashlib


def name(data: bytes) -> str:
    return hashlib.md5(data).hexdigest() + hashlib.sha1(data).hexdigest()
