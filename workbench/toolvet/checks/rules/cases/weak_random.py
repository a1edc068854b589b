import random
import secrets
import string


def token_for(user: str) -> str:
    # ruleid: weak-random
    return "".join(random.choice(string.ascii_letters) for _ in range(32))


def reset(account: object) -> None:
    # ruleid: weak-random
    reset_code = random.randint(100_000, 999_999)
    account.send(reset_code)


def remember(answer: object) -> None:
    value = "v" + str(random.random())
    # ruleid: weak-random
    answer.set_cookie("remember", value, secure=True)


def strong_token() -> str:
    # ok: weak-random
    return secrets.token_urlsafe(32)


def system_token() -> str:
    # ok: weak-random
    return str(random.SystemRandom().random())


def drawn(names: list[str]) -> str:
    # ok: weak-random
    return random.choice(names)
