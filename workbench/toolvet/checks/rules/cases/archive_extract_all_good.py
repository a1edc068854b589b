import tarfile


def unpack() -> None:
    with tarfile.open("in.tar") as archive:
        archive.extractall("out", filter="data")
