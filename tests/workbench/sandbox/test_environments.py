"""Environments: built from a lock, believed by their bytes, the same ones again from the same lock."""

import asyncio
import contextlib
import os
import resource
import shutil
import stat
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from wheelwright import MadeWheel, index_of, lock_of, wheel

from toolvet.errors import StorageError, ToolvetError
from toolvet.sandbox import Environment, Image, Limits, Pool, TierReport
from toolvet.sandbox.environments import Built, EnvironmentStore, trees
from toolvet.sandbox.environments.store import DAY_S
from toolvet.sandbox.environments.wheels import Wheel, WheelHouse
from toolvet_reviews.lock import Lock
from toolvet_reviews.values import Digest

GREETINGS = {
    "greetings/__init__.py": "from greetings.words import WORD\n\ndef hello():\n    return WORD\n",
    "greetings/words.py": "WORD = 'hello'\nNAMES = {'c', 'a', 'b'} & {'b', 'c'}\n",
    "greetings/data.txt": "a b c",
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may reach an index that the machine knows: uv itself is told so."""
    for name in [name for name in os.environ if name.startswith("UV_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return tmp_path / "wheels"


@pytest.fixture
def store(tmp_path: Path, wheels: Path) -> Generator[EnvironmentStore]:
    made = EnvironmentStore(tmp_path / "environments", wheels)
    yield made
    for left in made.root.rglob("*"):
        if left.is_dir() and not left.is_symlink():
            left.chmod(0o755)


def hold(
    store: EnvironmentStore, built: Built, lock: Lock, walls: TierReport, *, approved: bool = True
) -> Environment:
    """Have an environment at hand as the service would."""
    folder = store.approved(built.digest) if approved else store.quarantined(built.address)
    environment = Environment(folder, built.digest, approved)
    store.hold(environment, lambda: lock, walls)
    return environment


def greetings(wheels: Path) -> MadeWheel:
    return wheel(wheels, files=GREETINGS)


def test_a_lock_becomes_a_folder_that_nobody_may_write_to(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport
) -> None:
    made = greetings(wheels)
    before = os.umask(0o077)

    built = store.build(lock_of(made), strong_walls)

    os.umask(before)
    assert [(p.name, p.version, p.sha256) for p in built.packages] == [
        ("greetings", "1.0", made.sha256)
    ]
    assert built.modules == ("greetings",)
    paths = {path.relative_to(built.folder).as_posix() for path in built.folder.rglob("*.py*")}
    assert {path.rpartition("/")[2].partition(".")[2] for path in paths} == {
        "py", f"{os.path.basename(next(iter(built.folder.rglob('*.pyc')))).split('.')[1]}.pyc",
    }  # fmt: skip
    modes = {stat.S_IMODE(path.stat().st_mode) for path in built.folder.rglob("*")}
    assert modes == {0o444, 0o555}
    assert stat.S_IMODE(built.folder.stat().st_mode) == 0o555


def test_a_tool_imports_what_the_lock_names(
    store: EnvironmentStore, wheels: Path, walls: TierReport, tmp_path: Path
) -> None:
    lock = lock_of(greetings(wheels))
    environment = hold(store, store.build(lock, walls), lock, walls, approved=False)
    tool = tmp_path / "tool"
    tool.mkdir()
    (tool / "tool.py").write_text(
        "import greetings, greetings.words as w\n"
        "def run() -> str:\n    return greetings.hello() + ' ' + w.__cached__[-4:]\n"
    )

    async def call() -> object:
        pool = Pool(walls, spares=0)
        try:
            image = Image(tool, "tool:run", environment=environment)
            return (await pool.call(image, {}, Limits())).value
        finally:
            await pool.close()

    assert asyncio.run(call()) == "hello .pyc"


def test_the_same_lock_makes_the_same_bytes_again(
    store: EnvironmentStore, wheels: Path, tmp_path: Path, strong_walls: TierReport
) -> None:
    lock = lock_of(greetings(wheels))
    elsewhere = EnvironmentStore(tmp_path / "elsewhere", wheels)

    first, again = store.build(lock, strong_walls), elsewhere.build(lock, strong_walls)

    assert first.was_built
    assert again.was_built
    assert first.digest == again.digest
    assert first.address == again.address


def test_what_is_there_is_not_built_again(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport
) -> None:
    lock = lock_of(greetings(wheels))
    first = store.build(lock, strong_walls)
    shutil.rmtree(wheels)
    shutil.rmtree(store.house.root)

    again = store.build(lock, strong_walls)

    assert not again.was_built
    assert again == first


def test_what_was_built_once_is_built_again_from_the_kept_wheels(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport
) -> None:
    lock = lock_of(greetings(wheels), wheel(wheels, "numbers_of", "2.1"))
    first = store.build(lock, strong_walls)
    shutil.rmtree(wheels)
    first.folder.chmod(0o755)
    first.folder.rename(first.folder.with_name("gone"))

    again = store.build(lock, strong_walls)

    assert again.was_built
    assert again.digest == first.digest
    assert all(package.was_here for package in again.packages)


def test_many_who_ask_at_once_have_it_built_once(
    store: EnvironmentStore, wheels: Path, tmp_path: Path, strong_walls: TierReport
) -> None:
    lock = lock_of(greetings(wheels))
    other_process = EnvironmentStore(store.root, wheels)

    with ThreadPoolExecutor(8) as hands:
        asked = [hands.submit(one.build, lock, strong_walls) for one in (store, other_process) * 4]
        built = [one.result() for one in asked]

    assert len({one.digest for one in built}) == 1
    assert {one.was_built for one in built} <= {True, False}
    assert len(list((store.root / "quarantine").glob("*.json"))) == 1
    assert list((store.root / "making").iterdir()) == []


def test_a_store_that_is_closed_lets_everybody_go(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = lock_of(greetings(wheels))
    begun, may_end = threading.Event(), threading.Event()

    def endless(_house: WheelHouse, _lock: Lock) -> list[Wheel]:
        begun.set()
        may_end.wait(60)
        return []

    monkeypatch.setattr(WheelHouse, "fetch", endless)
    with ThreadPoolExecutor(1) as hands:
        asked = hands.submit(store.build, lock, strong_walls)
        begun.wait(60)
        store.close()

        codes = [
            one.code
            for one in (refused_by(asked.result), refused_by(store.build, lock, strong_walls))
        ]
    may_end.set()

    assert codes == ["environment.closed", "environment.closed"]


def refused_by(work: Callable[..., object], *arguments: object) -> ToolvetError:
    """The error that something is refused with."""
    with pytest.raises(ToolvetError) as refused:
        work(*arguments)
    return refused.value


# --- where wheels come from -----------------------------------------------------------------------


def test_wheels_are_fetched_from_the_index_that_uv_knows(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch, strong_walls: TierReport
) -> None:
    lock = lock_of(greetings(wheels), wheel(wheels, "numbers_of", "2.1"))
    wheel(wheels, "greetings", "2.0")
    monkeypatch.delenv("UV_OFFLINE")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    store = EnvironmentStore(tmp_path / "environments")

    with index_of(wheels, "reader:p ss") as index:
        address = index.address.replace("127.0.0.1", "reader:p%20ss@127.0.0.1")
        monkeypatch.setenv("UV_DEFAULT_INDEX", address)
        built = store.build(lock, strong_walls)

    assert [package.was_here for package in built.packages] == [False, False]
    fetched = [path for path in index.asked if path.startswith("/files/")]
    assert len({path for path in fetched if "greetings-2.0" in path}) == 0
    monkeypatch.setenv("UV_OFFLINE", "1")
    built.folder.chmod(0o755)
    built.folder.rename(built.folder.with_name("gone"))
    assert store.build(lock, strong_walls).digest == built.digest


def test_an_index_that_does_not_answer_says_nothing_of_the_lock(
    tmp_path: Path, wheels: Path, strong_walls: TierReport
) -> None:
    lock = lock_of(greetings(wheels))
    store = EnvironmentStore(tmp_path / "environments")

    with pytest.raises(ToolvetError) as refused:
        store.build(lock, strong_walls)

    assert refused.value.code == "environment.index"
    assert list((store.root / "making").glob("*")) == []


def test_a_version_that_the_index_does_not_have_is_the_locks_fault(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch, strong_walls: TierReport
) -> None:
    made = greetings(wheels)
    lock = lock_of(made)
    made.path.rename(wheels / "greetings-3.0-py3-none-any.whl")
    monkeypatch.delenv("UV_OFFLINE")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))

    with index_of(wheels) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.address)
        with pytest.raises(ToolvetError) as refused:
            EnvironmentStore(tmp_path / "environments").build(lock, strong_walls)

    assert refused.value.code == "environment.missing"
    assert "127.0.0.1" not in str(refused.value)


def test_a_wheel_with_another_hash_than_the_lock_names_is_never_opened(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch, strong_walls: TierReport
) -> None:
    lock = lock_of(greetings(wheels))
    wheel(wheels, files={**GREETINGS, "greetings/words.py": "WORD = 'evil'\n"})
    monkeypatch.delenv("UV_OFFLINE")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))

    with index_of(wheels) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.address)
        with pytest.raises(ToolvetError) as refused:
            EnvironmentStore(tmp_path / "environments", wheels).build(lock, strong_walls)

    assert refused.value.code == "environment.missing"


def test_a_wheel_for_another_platform_is_not_used(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport
) -> None:
    made = wheel(wheels, "greetings", "1.0", tag="cp311-cp311-win_amd64")

    with pytest.raises(ToolvetError) as refused:
        store.build(lock_of(made), strong_walls)

    assert refused.value.code in {"environment.missing", "environment.index"}


def test_a_kept_wheel_that_was_changed_is_not_used(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport
) -> None:
    made = greetings(wheels)
    first = store.build(lock_of(made), strong_walls)
    kept = store.house.root / made.sha256 / made.path.name
    kept.chmod(0o644)
    kept.write_bytes(b"another wheel")
    first.folder.chmod(0o755)
    first.folder.rename(first.folder.with_name("gone"))

    again = store.build(lock_of(made), strong_walls)

    assert again.digest == first.digest


# --- what is believed -----------------------------------------------------------------------------


def _write_a_byte(folder: Path) -> None:
    path = folder / "greetings" / "words.py"
    path.chmod(0o644)
    path.write_text("WORD = 'evil'\n")
    path.chmod(0o444)


def _write_bytecode(folder: Path) -> None:
    path = next(folder.rglob("words.*.pyc"))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"hello", b"evil!"))
    path.chmod(0o444)


def _change_in_place(folder: Path) -> None:
    """The size and the time of the last change stay as they were."""
    path = folder / "greetings" / "words.py"
    before = path.stat()
    path.chmod(0o644)
    path.write_text(path.read_text().replace("hello", "evil!"))
    path.chmod(0o444)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _add_a_file(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "sitecustomize.py").write_text("")
    (folder / "sitecustomize.py").chmod(0o444)


def _add_a_link(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "more").symlink_to("/etc")


def _let_write(folder: Path) -> None:
    (folder / "greetings" / "words.py").chmod(0o666)


def _take_away(folder: Path) -> None:
    (folder / "greetings").chmod(0o755)
    (folder / "greetings" / "words.py").unlink()


def _remove_all(folder: Path) -> None:
    folder.chmod(0o755)
    folder.rename(folder.parents[1] / "elsewhere")


CHANGES = {
    change.__name__: change
    for change in (
        _write_a_byte, _write_bytecode, _change_in_place, _add_a_file, _add_a_link, _let_write,
        _take_away, _remove_all,
    )
}  # fmt: skip


def test_whatever_is_changed_on_disk_is_made_anew_before_it_is_loaded(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport
) -> None:
    lock = lock_of(greetings(wheels))
    built = store.build(lock, strong_walls)
    slow = ("_add_a_link", "_write_bytecode", "_remove_all")  # without a copy it is built again
    for approved, names in ((False, slow), (True, tuple(CHANGES))):
        environment = hold(store, built, lock, strong_walls, approved=approved)
        for name, change in ((name, CHANGES[name]) for name in names):
            change(environment.folder)

            hold(store, built, lock, strong_walls, approved=approved)

            text = (environment.folder / "greetings" / "words.py").read_text()
            assert "hello" in text, name
            assert not (environment.folder / "sitecustomize.py").exists()
            assert not (environment.folder / "more").exists()
            trees.remove(store.root / "elsewhere")


def test_packages_that_make_other_bytes_than_were_approved_are_not_served(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport
) -> None:
    lock = lock_of(greetings(wheels))
    other = Digest(f"sha256:{'0' * 64}")

    with pytest.raises(StorageError) as refused:
        store.hold(
            Environment(store.approved(other), other, approved=True), lambda: lock, strong_walls
        )

    assert refused.value.code == "environment.changed"
    assert not store.approved(other).exists()


def test_approved_packages_are_a_copy_of_those_in_quarantine(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport
) -> None:
    lock = lock_of(greetings(wheels))
    built = store.build(lock, strong_walls)

    approved = hold(store, built, lock, strong_walls)

    mine = approved.folder / "greetings" / "words.py"
    assert mine.stat().st_nlink == 1
    assert mine.stat().st_ino != (built.folder / "greetings" / "words.py").stat().st_ino


def test_packages_compiled_for_another_python_are_not_served(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport
) -> None:
    lock = lock_of(greetings(wheels))
    built = store.build(lock, strong_walls)
    environment = hold(store, built, lock, strong_walls)
    record = environment.folder.with_name(f"{environment.folder.name}.json")
    record.write_text(record.read_text().replace(built.abi, "cpython-99-riscv"))

    with pytest.raises(StorageError) as refused:
        hold(store, built, lock, strong_walls)

    assert refused.value.code == "environment.changed"


# --- housekeeping ---------------------------------------------------------------------------------


def test_what_nothing_refers_to_goes_after_a_day_and_not_before(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport
) -> None:
    locks = [lock_of(wheel(wheels, name)) for name in ("first", "second")]
    kept, idle = (store.build(lock, strong_walls) for lock in locks)
    hold(store, kept, locks[0], strong_walls)
    used = {kept.digest}
    now = time.time()

    assert store.collect(used, now=now + DAY_S / 2) == []
    removed = store.collect(used, now=now + 2 * DAY_S)

    assert {one.name for one in removed} == {kept.address, idle.address}
    assert [one.name for one in store.kept()] == [kept.digest]
    left = {path.name for path in store.house.root.iterdir()}
    assert left == {kept.packages[0].sha256}


@contextlib.contextmanager
def disk_that_takes(most: int) -> Generator[None]:
    """Let this process write no file beyond a size, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_leaves_nothing_half_made(
    store: EnvironmentStore, wheels: Path, strong_walls: TierReport
) -> None:
    lock = lock_of(wheel(wheels, files={**GREETINGS, "greetings/zeros.bin": bytes(1 << 20)}))

    with disk_that_takes(1 << 16), pytest.raises(StorageError) as refused:
        store.build(lock, strong_walls)

    assert refused.value.code == StorageError.code
    assert list((store.root / "making").iterdir()) == []
    assert store.kept() == []
    assert store.build(lock, strong_walls).was_built
