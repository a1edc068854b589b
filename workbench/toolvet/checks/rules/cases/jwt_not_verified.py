import jwt


def careless(token: str, key: str) -> object:
    # ruleid: jwt-not-verified
    jwt.decode(token, options={"verify_signature": False})
    # ruleid: jwt-not-verified
    jwt.decode(token, key, algorithms=["HS256", "none"])
    # ok: jwt-not-verified
    return jwt.decode(token, key, algorithms=["HS256"])
