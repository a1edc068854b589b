import zipfile


def all_of_it() -> None:
    with zipfile.ZipFile("data.zip") as archive:
        # ruleid: archive-unpacked-unbounded
        archive.extractall("out")


def one() -> bytes:
    with zipfile.ZipFile("data.zip") as archive:
        # ruleid: archive-unpacked-unbounded
        return archive.read("a.txt")


def measured() -> bytes:
    with zipfile.ZipFile("data.zip") as archive:
        if sum(member.file_size for member in archive.infolist()) > 1_000_000:
            raise ValueError("too large")
        # ok: archive-unpacked-unbounded
        return archive.read("a.txt")
