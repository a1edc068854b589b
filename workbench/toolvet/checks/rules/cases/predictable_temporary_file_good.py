import tempfile


def scratch() -> str:
    with tempfile.TemporaryDirectory() as folder:
        return folder
