import random
import secrets


def issue() -> str:
    token = secrets.token_hex(20)
    return token + str(random.random())
