import tarfile
import zipfile


def unpack(path: str) -> None:
    with zipfile.ZipFile("in.zip") as archive:
        archive.extractall("out")
    with tarfile.open("in.tar") as other:
        other.extractall("out")
