import os
import shutil
from pathlib import Path, PurePath

BASE = Path("/data/reports")
ROOT = "/data/reports"
REPORTS = {"daily": "daily.csv"}


def read(name: str) -> str:
    # ruleid: path-from-parameter
    with open(os.path.join(ROOT, name)) as file:
        return file.read()


def written(name: str, text: str) -> None:
    target = BASE / name
    # ruleid: path-from-parameter
    target.write_text(text)


def removed(folder: str) -> None:
    # ruleid: path-from-parameter
    shutil.rmtree(f"{ROOT}/{folder}")


def prefixed(name: str) -> bytes:
    full = ROOT + "/" + name
    if not full.startswith(ROOT):
        raise ValueError(name)
    # ruleid: path-from-parameter
    return open(full, "rb").read()


def last_part(name: str) -> str:
    # ok: path-from-parameter
    return (BASE / PurePath(name).name).read_text()


def inside(name: str) -> str:
    target = (BASE / name).resolve()
    if not target.is_relative_to(BASE):
        raise ValueError(name)
    # ok: path-from-parameter
    return target.read_text()


def real(name: str) -> str:
    target = os.path.realpath(os.path.join(ROOT, name))
    if os.path.commonpath([ROOT, target]) != ROOT:
        raise ValueError(name)
    # ok: path-from-parameter
    with open(target) as file:
        return file.read()


def starts(name: str) -> str:
    target = os.path.abspath(os.path.join(ROOT, name))
    if not target.startswith(ROOT + os.sep):
        raise ValueError(name)
    # ok: path-from-parameter
    return Path(target).read_text()


def relative(name: str) -> str:
    target = (BASE / name).resolve()
    target.relative_to(BASE)
    # ok: path-from-parameter
    return target.read_text()


def measured(name: str) -> int:
    # ruleid: path-from-parameter
    return len(open(ROOT + "/" + name).read())


def known(kind: str) -> str:
    # ok: path-from-parameter
    return (BASE / REPORTS[kind]).read_text()
