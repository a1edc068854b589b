import base64


def read(data: str) -> bytes:
    return base64.b64decode(data)
