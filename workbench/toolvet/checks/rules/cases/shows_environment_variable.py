import os


def shown(name: str) -> str:
    # ruleid: shows-environment-variable
    return os.environ[name]


def asked(name: str) -> str | None:
    # ruleid: shows-environment-variable
    return os.getenv("APP_" + name)


def fixed() -> str:
    # ok: shows-environment-variable
    return os.environ["REGION"]
