import hmac


def check(key: bytes, data: bytes, given: str) -> bool:
    return hmac.compare_digest(given, hmac.new(key, data, "sha256").hexdigest())
