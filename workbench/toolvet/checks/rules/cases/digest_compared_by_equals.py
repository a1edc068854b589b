import hashlib
import hmac


def genuine(key: bytes, body: bytes, sent: str) -> bool:
    # ruleid: digest-compared-by-equals
    return hmac.new(key, body, hashlib.sha256).hexdigest() == sent


def same(signature: str, other: str) -> bool:
    # ruleid: digest-compared-by-equals
    return signature == other


def careful(key: bytes, body: bytes, sent: str) -> bool:
    # ok: digest-compared-by-equals
    return hmac.compare_digest(hmac.new(key, body, hashlib.sha256).hexdigest(), sent)


def missing(signature: str | None) -> bool:
    # ok: digest-compared-by-equals
    return signature == ""
