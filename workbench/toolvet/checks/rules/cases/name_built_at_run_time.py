import os


def hidden(command: str) -> None:
    # ruleid: name-built-at-run-time
    getattr(os, "sys" + "tem")(command)
    # ruleid: name-built-at-run-time
    getattr(os, "".join(["po", "pen"]))(command)


def plain(row: object) -> object:
    # ok: name-built-at-run-time
    return getattr(row, "name", None)
