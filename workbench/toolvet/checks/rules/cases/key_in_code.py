import hmac

import jwt
from Crypto.Cipher import AES

KEY = b"0123456789abcdef"


def sealed(ctx: object, claims: dict[str, str]) -> object:
    # ruleid: key-in-code
    AES.new(KEY, AES.MODE_GCM)
    # ruleid: key-in-code
    jwt.encode(claims, "not so secret", algorithm="HS256")
    # ruleid: key-in-code
    hmac.new(b"pepper", b"x", "sha256")
    # ok: key-in-code
    return jwt.encode(claims, ctx.secret("jwt"), algorithm="HS256")
