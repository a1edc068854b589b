import os
import zipfile
from pathlib import Path


def unpacked() -> None:
    with zipfile.ZipFile("data.zip") as archive:
        for name in archive.namelist():
            # ruleid: archive-member-path
            with open(os.path.join("out", name), "wb") as file:
                file.write(archive.read(name))


def last_part() -> None:
    with zipfile.ZipFile("data.zip") as archive:
        for name in archive.namelist():
            # ok: archive-member-path
            Path("out", os.path.basename(name)).write_bytes(archive.read(name))
