import base64
import json


def hidden(text: str) -> None:
    # ruleid: decoded-and-run
    exec(base64.b64decode("cHJpbnQoMSk="))


def reversed_name() -> object:
    # ruleid: decoded-and-run
    return __import__("so"[::-1])


def data(text: str) -> object:
    # ok: decoded-and-run
    return json.loads(base64.b64decode(text))
