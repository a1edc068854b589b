from flask import make_response


def plain(value: str) -> object:
    answer = make_response("")
    # ruleid: insecure-cookie
    answer.set_cookie("id", value)
    # ruleid: insecure-cookie
    answer.set_cookie("id", value, secure=False, httponly=True)
    return answer


def safe(value: str) -> object:
    answer = make_response("")
    # ok: insecure-cookie
    answer.set_cookie("id", value, secure=True, httponly=True, samesite="Lax")
    return answer
