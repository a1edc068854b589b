"""Everything a tool with effects is run against while nobody has approved it: hosts and folders.

The certificates and folders lie in a temporary place that is gone afterwards. A declared folder
holds what the bundle brings along for it, below `tests/data/mounts/NAME/`.
"""

import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from toolvet.checks import cassettes
from toolvet.checks.cassettes import Cassettes
from toolvet.checks.fake_network import FakeWorld
from toolvet.errors import StorageError
from toolvet.sandbox import Endpoint, Image, Mount
from toolvet.sandbox.broker import Authority, endpoints_of
from toolvet_reviews import digests
from toolvet_reviews.bundle import Bundle, Effects
from toolvet_reviews.findings import Finding
from toolvet_reviews.values import Digest

MOUNTS = "tests/data/mounts/"
_MOST_FILES = 2000
_MOST_BYTES = 64 << 20
"""Of the files in a writable folder that are compared between runs."""


@dataclass(frozen=True)
class Fakes:
    """What stands in for the world of one revision."""

    bundle: Bundle
    cassettes: Cassettes
    findings: tuple[Finding, ...]
    """Cassettes that cannot be played."""
    endpoints: tuple[Endpoint, ...]
    ca: Path | None
    mounts: tuple[Mount, ...]

    @property
    def takes_turns(self) -> bool:
        """Whether runs would meet in a folder that they write to."""
        return any(mount.writable for mount in self.mounts)

    def image(self, image: Image) -> Image:
        """Give a tool's image these hosts and folders."""
        return replace(image, endpoints=self.endpoints, ca=self.ca, mounts=self.mounts)

    def world(self) -> FakeWorld:
        """Make hosts that nothing was asked of yet."""
        return FakeWorld(self.bundle.spec.effects.network, self.cassettes, authority())

    def refill(self) -> None:
        """Give every writable folder back what it held at first."""
        for mount in self.mounts:
            if mount.writable:
                _empty(mount.folder)
                _fill(self.bundle, mount)

    def left(self) -> Digest:
        """Digest of what writable folders hold; blocks while they are read."""
        return digests.of_json(dict(self.files()))

    def files(self) -> dict[str, str]:
        """Name what writable folders hold, by folder and path; blocks while they are read."""
        return {
            f"{mount.name}/{path}": said
            for mount in self.mounts
            if mount.writable
            for path, said in _content(mount.folder).items()
        }


def is_read(path: str) -> bool:
    """Tell whether a file of a bundle is there for the fakes."""
    return path.startswith(MOUNTS) or (path.startswith(cassettes.FOLDER) and path.endswith(".json"))


@cache
def authority() -> Authority:
    """The one authority of this process that vouches for fakes."""
    return Authority()


def certificate() -> Path:
    """Give the authority's certificate as a file that any user can read.

    All fakes of this process share it: runs with equal hosts are runs of one image, and start warm.

    Raises:
        OSError: The disk does not take it.
    """
    ca = _shared() / "ca.pem"
    if not ca.exists():  # for the first time, or since somebody tidied the temporary files
        ca.parent.mkdir(exist_ok=True)
        ca.parent.chmod(0o755)
        ca.write_bytes(authority().pem())
        ca.chmod(0o644)
    return ca


@cache
def _shared() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="toolvet-fakes-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@contextlib.contextmanager
def fakes(bundle: Bundle) -> Generator[Fakes]:
    """Make what a bundle's effects need, for as long as the body runs.

    Raises:
        StorageError: The disk does not take it.
    """
    effects = bundle.spec.effects
    played, findings = cassettes.read(bundle.files)
    endpoints = endpoints_of(effects.network)
    if not endpoints and not effects.files:
        yield Fakes(bundle, played, findings, (), None, ())
        return
    folder = Path(tempfile.mkdtemp(prefix="toolvet-fakes-"))
    try:
        ca, mounts = _made(bundle, folder, effects)
        yield Fakes(bundle, played, findings, endpoints, ca, mounts)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _made(bundle: Bundle, folder: Path, effects: Effects) -> tuple[Path, tuple[Mount, ...]]:
    """Make the certificate and the folders, readable by whatever user the sandbox becomes."""
    try:
        folder.chmod(0o755)
        mounts: list[Mount] = []
        for said in effects.files:
            place = folder / "mounts" / said.name
            place.mkdir(parents=True)
            place.parent.chmod(0o755)
            mount = Mount(said.name, place, writable=said.mode == "write")
            _fill(bundle, mount)
            mounts.append(mount)
    except OSError as error:
        raise StorageError(f"the fakes cannot be written: {error.strerror}") from error
    return certificate(), tuple(mounts)


def _fill(bundle: Bundle, mount: Mount) -> None:
    prefix = f"{MOUNTS}{mount.name}/"
    folders, file_mode = (0o777, 0o666) if mount.writable else (0o755, 0o644)
    mount.folder.chmod(folders)
    for path, data in bundle.files.items():
        if not path.startswith(prefix):
            continue
        target = mount.folder / path.removeprefix(prefix)
        for parent in reversed(target.relative_to(mount.folder).parents[:-1]):
            (mount.folder / parent).mkdir(exist_ok=True)
            (mount.folder / parent).chmod(folders)
        target.write_bytes(data)
        target.chmod(file_mode)


def _empty(folder: Path) -> None:
    """Empty a folder that untrusted code wrote to; never replaced, since a run has it mounted."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink(missing_ok=True)


def _content(folder: Path) -> dict[str, str]:
    """Digests of the files of a folder that untrusted code wrote to; links are named, never followed."""
    found: dict[str, str] = {}
    room = _MOST_BYTES
    for place, folders, names in os.walk(folder):
        for name in sorted((*folders, *names)):
            path = os.path.join(place, name)
            if len(found) >= _MOST_FILES:
                break
            said, size = _one(path, room)
            found[os.path.relpath(path, folder)] = said
            room -= size
    return found


def _one(path: str, room: int) -> tuple[Digest | str, int]:
    if os.path.islink(path):
        return f"link to {os.readlink(path)!r}", 0
    if not os.path.isfile(path):
        return "folder" if os.path.isdir(path) else "special", 0
    size = os.path.getsize(path)
    if size > room:
        return f"{size} bytes", 0
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as handle:
        return digests.sha256(handle.read(size)), size
