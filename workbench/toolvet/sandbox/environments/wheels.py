"""The wheels of a lock: found in folders of this host, or fetched from where uv finds them.

uv chooses: it knows markers, platforms, and the operator's index. What it names is fetched as it
is, held against the hashes of the lock, and kept; nothing is opened here. A wheel that is here
already is offered to uv first, so that what was built once is built again without a network.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
import urllib.parse
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import uv

from toolvet.config import uuid7
from toolvet.sandbox import interpreter
from toolvet.sandbox.environments.errors import PackageIndexError, PackageMissingError
from toolvet.sandbox.environments.fetching import download, visible_words
from toolvet_reviews.lock import Lock, Pin, normalise

UV_TIMEOUT_S = 120
AT_ONCE = 4
_NO_SOLUTION = 1
"""How uv ends when the index has no such wheel; otherwise it could not look."""


@dataclass(frozen=True)
class Wheel:
    """One wheel of a lock, on this host, of the bytes that the lock names."""

    name: str
    version: str
    path: Path
    sha256: str
    was_here: bool
    """Whether it was found without a network."""


@dataclass(frozen=True)
class _Offer:
    """What uv chose for one package."""

    name: str
    version: str
    address: str
    hashes: frozenset[str]


@dataclass(frozen=True)
class WheelHouse:
    """Where wheels of this service are kept, by their hash.

    Args:
        root: Of the kept ones; made on demand.
        folder: The operator's own, searched too; None for none.
    """

    root: Path
    folder: Path | None = None

    def fetch(self, lock: Lock) -> list[Wheel]:
        """Find every wheel of a lock, by way of the network only where one is missing.

        Returns:
            In order of names. What the markers leave out is not among them.

        Raises:
            PackageMissingError: There is no such wheel for this platform.
            PackagesTooLargeError: A wheel is larger than any may be.
            PackageIndexError: One is not here and cannot be fetched.
            OSError: The disk does not take it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.root, prefix="look-") as scratch:
            offered = Path(scratch, "here")
            offered.mkdir()
            here = self._offer(lock, offered)
            offers = self._choose(lock, Path(scratch), offered)
            with ThreadPoolExecutor(AT_ONCE, "toolvet-wheels") as hands:
                return list(hands.map(partial(self._keep, lock, here), offers))

    def remove_unused(self, used: frozenset[str], before: float) -> int:
        """Remove what is older than a moment: wheels of no environment, and what crashes left."""
        removed = 0
        for kept in self.root.iterdir() if self.root.is_dir() else ():
            with contextlib.suppress(OSError):
                if kept.name not in used and kept.stat().st_mtime < before:
                    _remove(kept)
                    removed += 1
        return removed

    def _offer(self, lock: Lock, offered: Path) -> dict[str, Path]:
        """Lay what is here and has a hash of the lock before uv; give it by its hash."""
        wanted = {sha for pin in lock.pins for sha in pin.hashes}
        kept = [folder.name for folder in _folders(self.root) if folder.name in wanted]
        here = {sha: path for sha in kept if (path := self._kept(sha)) is not None}
        if self.folder is not None:
            here |= _with_hash(self.folder, {pin.name for pin in lock.pins}, wanted - here.keys())
        for path in here.values():
            with contextlib.suppress(FileExistsError):
                (offered / path.name).symlink_to(path.absolute())
        return here

    def _choose(self, lock: Lock, scratch: Path, offered: Path) -> list[_Offer]:
        written = scratch / "requirements.txt"
        written.write_text(lock.text, encoding="ascii")
        known = ["--find-links", str(offered)]
        chosen = _ask_uv(written, scratch, [*known, "--no-index", "--offline"])
        if isinstance(chosen, subprocess.CompletedProcess):
            chosen = _ask_uv(written, scratch, known)
        if isinstance(chosen, subprocess.CompletedProcess):
            raise _refusal(chosen)
        return chosen

    def _keep(self, lock: Lock, here: dict[str, Path], offer: _Offer) -> Wheel:
        pin = _pin_of(lock, offer)
        was_here = next((sha for sha in sorted(offer.hashes) if sha in here), None)
        sha = was_here or next((sha for sha in pin.hashes if sha in offer.hashes), None)
        if sha is None and offer.hashes:
            raise PackageMissingError(
                f"{pin.name} {pin.version} has a wheel for this platform, "
                "and the lock does not name its hash"
            )
        kept = _only_file(self.root / sha) if sha in here else None
        if kept is not None:
            return Wheel(pin.name, pin.version, kept, kept.parent.name, was_here=True)
        fresh = self.root / f"new-{uuid7()}"
        try:
            if was_here is not None:
                got = _copy(here[was_here], fresh)
            else:
                got = download(offer.address, fresh, pin)
            if got not in pin.hashes:
                raise PackageMissingError(
                    f"the wheel of {pin.name} {pin.version} has another hash than the lock names"
                )
            path = self._put(fresh, got, _file_name(offer.address))
        finally:
            fresh.unlink(missing_ok=True)
        return Wheel(pin.name, pin.version, path, got, was_here is not None)

    def _kept(self, sha: str) -> Path | None:
        """Find a kept wheel; its bytes are read again, so that what changed on disk is left."""
        path = _only_file(self.root / sha)
        if path is None or _sha256(path) == sha:
            return path
        shutil.rmtree(path.parent, ignore_errors=True)
        return None

    def _put(self, fresh: Path, sha: str, name: str) -> Path:
        folder = self.root / sha
        making = self.root / f"new-{uuid7()}.d"
        making.mkdir(mode=0o755)
        making.chmod(0o755)
        fresh.rename(making / name)
        (making / name).chmod(0o444)
        try:
            making.rename(folder)
        except OSError:  # somebody else was first
            shutil.rmtree(making, ignore_errors=True)
        path = _only_file(folder)
        if path is None:
            raise OSError(f"{folder} cannot be written")
        return path


def _ask_uv(
    lock: Path, scratch: Path, options: Sequence[str]
) -> list[_Offer] | subprocess.CompletedProcess[str]:
    """Let uv choose; give its end instead when it chose nothing."""
    answer = scratch / "pylock.toolvet.toml"
    arguments = [
        uv.find_uv_bin(), "pip", "compile", "--quiet", "--no-deps", "--generate-hashes",
        "--only-binary", ":all:", "--no-header", "--format", "pylock.toml",
        "--python", interpreter.executable(), "--output-file", str(answer), *options, str(lock),
    ]  # fmt: skip
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("VIRTUAL_ENV")
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own program, no shell
            arguments, capture_output=True, text=True, timeout=UV_TIMEOUT_S, check=False,
            cwd=scratch, env={**environment, "UV_NO_PROGRESS": "1", "NO_COLOR": "1"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PackageIndexError(f"uv did not run: {type(error).__name__}") from error
    return done if done.returncode else _read_answer(answer)


def _refusal(done: "subprocess.CompletedProcess[str]") -> Exception:
    said = visible_words(done.stderr)
    offline = "network was disabled" in said or "not found in the cache" in said
    if done.returncode == _NO_SOLUTION and not offline:
        return PackageMissingError(said)
    return PackageIndexError(said)


def _read_answer(path: Path) -> list[_Offer]:
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
        return [_offer_of(entry, path.parent) for entry in _tables(value.get("packages"))]
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise PackageIndexError(f"uv's answer cannot be read: {type(error).__name__}") from error


def _tables(value: object) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", value) if isinstance(value, list) else []


def _offer_of(package: dict[str, object], base: Path) -> _Offer:
    wheels = _tables(package.get("wheels"))
    if not wheels:
        raise KeyError("wheels")
    wheel = wheels[0]
    hashes = cast("dict[str, str]", wheel.get("hashes") or {})
    address = str(wheel.get("url") or (base / str(wheel["path"])).resolve().as_uri())
    sha = hashes.get("sha256")
    return _Offer(
        normalise(str(package["name"])), str(package.get("version") or ""), address,
        frozenset([sha] if sha else []),
    )  # fmt: skip


def _pin_of(lock: Lock, offer: _Offer) -> Pin:
    named = [pin for pin in lock.pins if pin.name == offer.name]
    exact = [pin for pin in named if pin.version == offer.version]
    if exact or len(named) == 1:  # one version has several spellings: 1.0 is 1.0.0
        return (exact or named)[0]
    raise PackageIndexError(f"uv chose {offer.name} {offer.version}, which the lock does not name")


def _file_name(address: str) -> str:
    name = urllib.parse.unquote(urllib.parse.urlsplit(address).path.rpartition("/")[2])
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,200}\.whl", name):
        raise PackageIndexError(f"{ascii(name)[:60]} is no name of a wheel")
    return name


def _copy(source: Path, target: Path) -> str:
    shutil.copyfile(source, target)
    return _sha256(target)


def _with_hash(folder: Path, names: set[str], wanted: set[str]) -> dict[str, Path]:
    """Find wheels by name, then by hash: what else lies in the folder is not read."""
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.whl")):
        if normalise(path.name.partition("-")[0]) in names and path.is_file():
            with contextlib.suppress(OSError):
                sha = _sha256(path)
                if sha in wanted:
                    found[sha] = path
    return found


def _folders(root: Path) -> Iterator[Path]:
    if root.is_dir():
        yield from (path for path in root.iterdir() if re.fullmatch(r"[0-9a-f]{64}", path.name))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _only_file(folder: Path) -> Path | None:
    found = list(folder.glob("*.whl")) if folder.is_dir() else []
    return found[0] if len(found) == 1 and found[0].is_file() else None


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
