import random


def issue() -> str:
    token = "".join(random.choice("abcdef") for _ in range(20))
    return token
