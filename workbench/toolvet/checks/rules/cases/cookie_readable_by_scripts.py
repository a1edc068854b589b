def plain(answer: object, value: str) -> None:
    # ruleid: cookie-readable-by-scripts
    answer.set_cookie("id", value, secure=True, httponly=False)


def safe(answer: object, value: str) -> None:
    # ok: cookie-readable-by-scripts
    answer.set_cookie("id", value, secure=True, httponly=True)
