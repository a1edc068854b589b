import os


def settings() -> dict[str, str]:
    return dict(os.environ)
