import time


def waited(seconds: float) -> None:
    # ruleid: sleep-from-parameter
    time.sleep(seconds)


def briefly(seconds: float) -> None:
    # ok: sleep-from-parameter
    time.sleep(min(seconds, 5.0))
