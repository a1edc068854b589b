import os
import pathlib


def read(name: str) -> str:
    with open("reports/" + name, encoding="utf-8") as file:
        return file.read()


def remove(name: str) -> None:
    os.remove(os.path.join("/data", name))


def text(name: str) -> str:
    return pathlib.Path("/data", name).read_text(encoding="utf-8")
