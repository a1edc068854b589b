import hashlib


def named(data: bytes) -> str:
    # ruleid: weak-hash
    return hashlib.md5(data).hexdigest()


def by_name(data: bytes) -> str:
    # ruleid: weak-hash
    return hashlib.new("sha1", data).hexdigest()


def strong(data: bytes) -> str:
    # ok: weak-hash
    return hashlib.sha256(data).hexdigest()


def key(data: bytes) -> str:
    # ok: weak-hash
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
