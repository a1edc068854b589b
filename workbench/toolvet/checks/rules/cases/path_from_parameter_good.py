import os
import pathlib


def read(name: str) -> str:
    with open("reports/" + os.path.basename(name), encoding="utf-8") as file:
        return file.read()


def text() -> str:
    return pathlib.Path("/data/settings.txt").read_text(encoding="utf-8")
