"""What is known of an environment: what it was made of, and what came of it.

A record lies beside its tree and is believed by nobody where it matters: the tree has a digest.
"""

import contextlib
import json
import os
import platform
import sys
import sysconfig
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

from toolvet.config import uuid7
from toolvet.sandbox.environments.errors import EnvironmentChangedError
from toolvet_reviews import digests
from toolvet_reviews.lock import Lock
from toolvet_reviews.values import Digest

BUILDER = 1
"""Raised when the same wheels would become another tree."""
_ENDING = ".json"


@dataclass(frozen=True)
class Package:
    """One installed package."""

    name: str
    version: str
    wheel: str
    """Name of the file it was unpacked from."""
    sha256: str
    licence: str
    """As it says itself."""
    was_here: bool = field(default=False, compare=False)
    """Whether its wheel was found without a network."""


@dataclass(frozen=True)
class Built:
    """An environment on this host."""

    address: str
    """Of what it was made: lock, Python, platform."""
    digest: Digest
    """Of the tree."""
    folder: Path = field(compare=False)
    abi: str
    """Of the Python that it was compiled for."""
    packages: tuple[Package, ...]
    modules: tuple[str, ...]
    """What a program can import from it."""
    files: int
    bytes: int
    dropped: tuple[str, ...]
    """Files of the wheels that were left out."""
    was_built: bool = field(default=False, compare=False)
    """Whether it was made just now."""


@cache
def abi() -> str:
    """Name what compiled code must fit: the Python without its patch number, and the machine."""
    return str(sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag or "")


@cache
def python_words() -> tuple[str, ...]:
    """Name everything that an environment depends on beside its lock."""
    version = ".".join(map(str, sys.version_info[:3]))
    libc = " ".join(part for part in platform.libc_ver() if part)
    return (sys.implementation.name, version, abi(), sysconfig.get_platform(), libc)


def address_of(lock: Lock) -> str:
    """Name the environment that a lock becomes on this host: 64 hex digits."""
    made_of = {"builder": BUILDER, "lock": lock.digest, "python": [*python_words()]}
    return digests.of_json(made_of).removeprefix("sha256:")


def path_of(folder: Path) -> Path:
    """Say where the record of an environment lies."""
    return folder.with_name(folder.name + _ENDING)


def write(built: Built) -> None:
    """Write a record, in one step.

    Raises:
        OSError: The disk does not take it.
    """
    said = {name: value for name, value in asdict(built).items() if name != "folder"}
    record = path_of(built.folder)
    fresh = record.with_name(f"{record.name}.{uuid7()}")
    try:
        fresh.write_text(json.dumps(said), encoding="utf-8")
        fresh.rename(record)
    finally:
        fresh.unlink(missing_ok=True)


def read(folder: Path) -> Built | None:
    """Read a record; None when there is none that can be read."""
    try:
        said = json.loads(path_of(folder).read_text(encoding="utf-8"))
        return Built(
            address=str(said["address"]),
            digest=Digest(str(said["digest"])),
            folder=folder,
            abi=str(said["abi"]),
            packages=tuple(Package(**package) for package in said["packages"]),
            modules=tuple(map(str, said["modules"])),
            files=int(said["files"]),
            bytes=int(said["bytes"]),
            dropped=tuple(map(str, said["dropped"])),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def touch(folder: Path) -> None:
    """Note that somebody asked for an environment now."""
    with contextlib.suppress(OSError):
        os.utime(path_of(folder))


def last_use(folder: Path) -> float:
    """Tell when somebody last asked for an environment; 0 when it is gone."""
    for path in (path_of(folder), folder):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def check_python(folder: Path) -> None:
    """Refuse an environment that was compiled for another Python.

    Raises:
        EnvironmentChangedError: It was, so its modules would not load or load otherwise.
    """
    built = read(folder)
    if built is not None and built.abi != abi():
        raise EnvironmentChangedError(
            f"the packages were approved for {built.abi}, and this host has {abi()}"
        )
