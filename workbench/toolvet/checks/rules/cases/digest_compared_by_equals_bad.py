import hmac


def check(key: bytes, data: bytes, given: str) -> bool:
    return given == hmac.new(key, data, "sha256").hexdigest()
