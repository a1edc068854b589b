import os
import stat
from pathlib import Path


def opened(path: str) -> None:
    # ruleid: world-writable
    os.chmod("report.csv", 0o777)
    # ruleid: world-writable
    Path("report.csv").chmod(0o666)
    # ruleid: world-writable
    os.chmod("report.csv", stat.S_IRWXU | stat.S_IWOTH)
    # ruleid: world-writable
    os.umask(0)


def closed() -> None:
    # ok: world-writable
    os.chmod("report.csv", 0o640)
    # ok: world-writable
    os.umask(0o077)
