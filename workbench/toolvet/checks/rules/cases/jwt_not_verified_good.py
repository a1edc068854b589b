import jwt


def who(token: str, key: str) -> object:
    return jwt.decode(token, key, algorithms=["EdDSA"])
