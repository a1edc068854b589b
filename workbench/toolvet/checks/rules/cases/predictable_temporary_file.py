import tempfile


def named() -> str:
    # ruleid: predictable-temporary-file
    return tempfile.mktemp(".csv")


def fixed(text: str) -> None:
    # ruleid: predictable-temporary-file
    with open("/tmp/report.csv", "w") as file:
        file.write(text)


def made() -> object:
    # ok: predictable-temporary-file
    return tempfile.NamedTemporaryFile(suffix=".csv")
