import importlib
import json


def loaded(name: str) -> object:
    # ruleid: dynamic-import
    return importlib.import_module(name)


def named() -> object:
    # ruleid: dynamic-import
    return __import__("os")


def usual(text: str) -> object:
    # ok: dynamic-import
    return json.loads(text)
