import shutil
import tarfile
import zipfile


def unpacked(path: str) -> None:
    with tarfile.open("data.tar") as archive:
        # ruleid: archive-extract-all
        archive.extractall("out")
    # ruleid: archive-extract-all
    shutil.unpack_archive("data.zip", "out")


def filtered() -> None:
    with tarfile.open("data.tar") as archive:
        # ok: archive-extract-all
        archive.extractall("out", filter="data")


def looked_at() -> None:
    with zipfile.ZipFile("data.zip") as archive:
        for member in archive.infolist():
            if ".." in member.filename:
                raise ValueError(member.filename)
        # ok: archive-extract-all
        archive.extractall("out")
