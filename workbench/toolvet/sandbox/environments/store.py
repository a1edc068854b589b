"""Environments: the packages of a hash lock, installed once for each lock and Python.

An environment is found by what it was made of (lock, Python, platform), and believed for what it
is (the digest of its tree, which people sign). One that no person approved lies in quarantine;
approving moves it, and nothing of it is imported ahead of a call before that.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Generator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from toolvet.config import uuid7
from toolvet.errors import StorageError
from toolvet.sandbox.environments import records, trees
from toolvet.sandbox.environments.errors import EnvironmentChangedError, StoreClosedError
from toolvet.sandbox.environments.records import Built, Package, address_of, python_words
from toolvet.sandbox.environments.unpacking import Unpacker
from toolvet.sandbox.environments.wheels import Wheel, WheelHouse
from toolvet.sandbox.model import Environment, TierReport
from toolvet_reviews.lock import Lock
from toolvet_reviews.values import Digest

DAY_S = 86_400.0
_APPROVED, _QUARANTINE, _MAKING = "approved", "quarantine", "making"
_BUILDS_AT_ONCE = 2


@dataclass(frozen=True)
class Kept:
    """An environment as housekeeping sees it."""

    name: str
    """The digest of an approved one, the address of a quarantined one."""
    folder: Path
    approved: bool
    bytes: int
    age_s: float
    """Since somebody last asked for it."""
    packages: tuple[Package, ...]


class EnvironmentStore:
    """The environments below one folder. Safe for many threads and processes.

    `quarantine/ADDRESS` is what was built; `approved/DIGEST` is a copy of it, made when a release
    that names the digest is first served.

    Args:
        root: Made on demand.
        wheels: A folder of the operator's with wheels; None for none.
    """

    def __init__(self, root: Path, wheels: Path | None = None) -> None:
        self.root = root.absolute()
        self.house = WheelHouse(self.root / "wheels", wheels.absolute() if wheels else None)
        self._turn = threading.BoundedSemaphore(_BUILDS_AT_ONCE)
        self._building: dict[str, Future[Built]] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        self._trees = trees.Seen()

    def quarantined(self, address: str) -> Path:
        """Say where the environment of an address lies, whether it is there or not."""
        return self.root / _QUARANTINE / address

    def approved(self, digest: Digest) -> Path:
        """Say where an approved environment lies, whether it is there or not."""
        return self.root / _APPROVED / digest.removeprefix("sha256:")

    async def ensure(self, lock: Lock, walls: TierReport) -> Built:
        """Give the environment of a lock; build it, into quarantine, when it is not here.

        Cancelling leaves a build running: the next who asks has it sooner.

        Raises:
            PackagesError: It cannot be built, and the author can do something about it.
            PackageIndexError: Wheels are missing and could not be fetched.
            StorageError: The disk does not take it.
            SandboxUnavailableError: Nothing may be unpacked on this host.
        """
        return await asyncio.wrap_future(self._start(lock, walls))

    def build(self, lock: Lock, walls: TierReport) -> Built:
        """Do as `ensure`, and wait for it in this thread."""
        return self._start(lock, walls).result()

    def hold(self, expected: Environment, lock: Callable[[], Lock], walls: TierReport) -> None:
        """See to it that an environment is where it should be, byte for byte; blocks.

        Every byte is read the first time, later only what tells that a file was touched. What is
        missing or changed is made again from the lock.

        Args:
            expected: Its folder must be one that `approved` or `quarantined` gave.
            lock: Reads the lock; called only when something must be made.

        Raises:
            EnvironmentChangedError: What is built is not what is expected.
            ToolvetError: It cannot be built; see `ensure`.
        """
        if self.is_intact(expected):
            records.check_python(expected.folder)
        else:
            self._restore(expected, lock(), walls)
        records.touch(expected.folder)

    def is_intact(self, expected: Environment) -> bool:
        """Tell whether an environment is here and what it should be; changes nothing."""
        return self._trees.digest(expected.folder) == expected.digest

    def find(self, lock: Lock) -> Built | None:
        """Give the environment of a lock that is here; every byte of it is looked at."""
        folder = self.quarantined(address_of(lock))
        built = records.read(folder)
        if built is None or self._trees.digest(folder) != built.digest:
            return None
        records.touch(folder)
        return built

    def kept(self, now: float | None = None) -> list[Kept]:
        """List every environment that lies here."""
        moment = time.time() if now is None else now
        return [
            _kept(folder, moment, is_approved=place == _APPROVED)
            for place in (_APPROVED, _QUARANTINE)
            for folder in sorted((self.root / place).glob("*"))
            if folder.is_dir() and not folder.is_symlink()
        ]

    def collect(
        self, used: Collection[str], *, older_s: float = DAY_S, now: float | None = None
    ) -> list[Kept]:
        """Remove environments that nothing refers to, and wheels that none is built of.

        Args:
            used: Digests of approved trees and addresses of quarantined ones that are in use.
            older_s: What was asked for since stays in any case.

        Returns:
            What was removed.
        """
        moment = time.time() if now is None else now
        removed = [one for one in self.kept(moment) if one.age_s > older_s and one.name not in used]
        for one in removed:
            with self._one_at_a_time(one.folder.name):
                self._discard(one.folder)
        self._sweep(moment - older_s)
        return removed

    def close(self) -> None:
        """Let go of everybody who waits for a build; what runs ends with the process."""
        with self._lock:
            self._is_closed = True
            for running in self._building.values():
                running.set_exception(StoreClosedError("the service is going down"))
            self._building.clear()

    # --- building ---------------------------------------------------------------------------------

    def _start(self, lock: Lock, walls: TierReport) -> Future[Built]:
        """Begin a build, or join the one that runs."""
        address = address_of(lock)
        with self._lock:
            if self._is_closed:
                raise StoreClosedError("the service is going down")
            running = self._building.get(address)
            if running is None:
                running = self._building[address] = Future[Built]()
                # a daemon: a service that is asked to end does not wait for an index
                threading.Thread(
                    target=self._run, args=(running, address, lock, walls), daemon=True
                ).start()
            return running

    def _run(self, running: Future[Built], address: str, lock: Lock, walls: TierReport) -> None:
        try:
            with self._turn:
                built = self._ensure_here(address, lock, walls)
        except BaseException as error:  # noqa: BLE001 - outermost of a thread: who waits is told
            if self._is_awaited(address, running):
                running.set_exception(error)
        else:
            if self._is_awaited(address, running):
                running.set_result(built)

    def _is_awaited(self, address: str, running: Future[Built]) -> bool:
        """Take a finished build off the list; False when the store was closed under it."""
        with self._lock:
            return self._building.pop(address, None) is running

    def _ensure_here(self, address: str, lock: Lock, walls: TierReport) -> Built:
        with _storage_errors(), self._one_at_a_time(address):
            found = self.find(lock)
            if found is not None:
                return found
            self._discard(self.quarantined(address))
            return self._make(address, lock, walls)

    def _make(self, address: str, lock: Lock, walls: TierReport) -> Built:
        wheels = self.house.fetch(lock)
        with self._fresh_folder() as fresh:
            unpacker = Unpacker(fresh, walls)
            packages, dropped = asyncio.run(_fill(unpacker, wheels))
            trees.seal(fresh)
            built = Built(
                address=address,
                digest=self._trees.digest(fresh) or Digest(""),
                folder=self.quarantined(address),
                abi=records.abi(),
                packages=packages,
                modules=trees.modules(fresh),
                files=unpacker.files,
                bytes=unpacker.bytes,
                dropped=dropped,
                was_built=True,
            )
            self._put(fresh, built)
        return built

    def _restore(self, expected: Environment, lock: Lock, walls: TierReport) -> None:
        """Make an environment again, and put it where it is expected."""
        built = self.build(lock, walls)
        if built.digest != expected.digest:
            raise EnvironmentChangedError(
                f"the packages make {built.digest} on this host ({' '.join(python_words())}), "
                f"and {expected.digest} was verified"
            )
        if built.folder == expected.folder:
            return
        with _storage_errors(), self._one_at_a_time(expected.folder.name):
            if self.is_intact(expected):
                return  # another call was first
            self._discard(expected.folder)
            with self._fresh_folder() as fresh:
                shutil.copytree(built.folder, fresh, dirs_exist_ok=True)
                trees.seal(fresh)
                if self._trees.digest(fresh) != expected.digest:
                    raise EnvironmentChangedError(f"{expected.digest} cannot be copied as it was")
                self._put(fresh, replace(built, folder=expected.folder))

    def _put(self, fresh: Path, built: Built) -> None:
        """Give a finished tree its place; the record comes first, a tree without is not believed."""
        built.folder.parent.mkdir(parents=True, exist_ok=True)
        records.write(built)
        self._trees.move(fresh, built.folder)

    def _discard(self, folder: Path) -> None:
        """Take an environment away; whoever has it mounted keeps it until it is removed."""
        aside = self.root / _MAKING / f"old-{uuid7()}"
        records.path_of(folder).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            aside.parent.mkdir(parents=True, exist_ok=True)
            folder.chmod(trees.OPEN_MODE)
            folder.rename(aside)
        trees.remove(aside)

    @contextlib.contextmanager
    def _fresh_folder(self) -> Generator[Path]:
        """Give an empty folder; whatever is still there at the end is removed."""
        fresh = self.root / _MAKING / uuid7()
        fresh.mkdir(mode=0o755, parents=True)
        fresh.chmod(0o755)  # whatever the umask is: another user compiles what lies in it
        try:
            yield fresh
        finally:
            trees.remove(fresh)

    @contextlib.contextmanager
    def _one_at_a_time(self, name: str) -> Generator[None]:
        """Keep other threads and processes away from one environment."""
        locks = self.root / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(locks / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _sweep(self, before: float) -> None:
        """Remove what crashes left, and wheels of no environment."""
        making = self.root / _MAKING
        for left in making.iterdir() if making.is_dir() else ():
            with contextlib.suppress(OSError):
                if left.stat().st_mtime < before:
                    trees.remove(left)
        records_left = [records.read(one.folder) for one in self.kept()]
        used = {package.sha256 for one in records_left if one for package in one.packages}
        self.house.remove_unused(frozenset(used), before)


def _kept(folder: Path, moment: float, *, is_approved: bool) -> Kept:
    built = records.read(folder)
    name = f"sha256:{folder.name}" if is_approved else folder.name
    size = built.bytes if built else 0
    packages = built.packages if built else ()
    age = moment - records.last_use(folder)
    return Kept(name, folder, is_approved, size, age, packages)


async def _fill(
    unpacker: Unpacker, wheels: Collection[Wheel]
) -> tuple[tuple[Package, ...], tuple[str, ...]]:
    packages: list[Package] = []
    dropped: list[str] = []
    for wheel in wheels:
        licence, left_out = await unpacker.unpack(wheel)
        dropped += left_out
        packages.append(
            Package(
                wheel.name, wheel.version, wheel.path.name, wheel.sha256, licence, wheel.was_here
            )
        )
    await unpacker.compile()
    return tuple(packages), tuple(dropped)


@contextlib.contextmanager
def _storage_errors() -> Generator[None]:
    """Say of a disk that refuses that it does; nothing half made is left behind."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full" if full else str(error.strerror or error)
        raise StorageError(f"the packages cannot be kept: {why}") from error
