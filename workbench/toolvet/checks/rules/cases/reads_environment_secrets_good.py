import os


def zone() -> str:
    return os.environ.get("TZ", "UTC")
