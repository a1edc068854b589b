"""What the world does to a database: locks, full disks, read-only disks, strangers' files."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from toolvet.errors import StorageError
from toolvet.storage import Store, Unit, open_store
from toolvet.storage.errors import BlobCorruptError, BlobMissingError
from toolvet_reviews.events import EntryDraft

DraftMaker = Callable[..., EntryDraft]
SHORT_S = 0.2

# Fills a disk that ends at 1 MiB, then is given more: no mount, so no rights, are needed.
FILE_SIZE_PROGRAM = """
import json, resource, signal, sys
from toolvet.config import now
from toolvet.errors import StorageError
from toolvet.storage import open_store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store(sys.argv[1], clock=now)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
stored, errors = [], []
for n in range(40):
    try:
        store.write_sync(lambda unit: unit.put_blob(bytes([n]) * 100_000, "file"))
        stored.append(n)
    except StorageError as exc:
        errors.append(exc.code)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.write_sync(lambda unit: unit.facts.set("after", "the disk was full"))
print(json.dumps({"stored": stored, "errors": errors}))
store.close()
"""

# Root may write every file, so the program stops being root once everything is imported.
READ_ONLY_PROGRAM = """
import os, sys, tempfile
from toolvet.config import now
from toolvet.errors import StorageError
from toolvet.storage import open_store
with tempfile.TemporaryDirectory() as folder:
    open_store(f"sqlite:///{folder}/warm.db", clock=now).close()
if os.geteuid() == 0:
    os.setresuid(65534, 65534, 65534)
try:
    store = open_store(sys.argv[1], clock=now)
    store.write_sync(lambda unit: unit.facts.set("a", "b"))
except StorageError as exc:
    print(exc.code, "/", exc, "/", exc.hint)
"""


@pytest.fixture
def impatient_store(sqlite_url: str, clock: Any) -> Iterator[Store]:
    opened = open_store(sqlite_url, clock=clock, busy_timeout_s=SHORT_S)
    yield opened
    opened.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 2 MiB, where that may be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root may mount a small disk")
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this host lets nobody mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def path_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


def run_program(program: str, *arguments: str, **options: Any) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_database_another_process_locks_is_an_error_and_nothing_is_lost(
    impatient_store: Store, sqlite_url: str, draft: DraftMaker
) -> None:
    store = impatient_store
    store.write_sync(lambda unit: unit.append(draft()))
    stranger = sqlite3.connect(path_of(sqlite_url), isolation_level=None)
    stranger.execute("begin immediate")

    futures = [store.submit(lambda unit: unit.append(draft())) for _ in range(3)]
    errors = [future.exception() for future in futures]
    with store.read() as view:
        size_meanwhile = view.log_size()
    stranger.execute("rollback")
    stranger.close()

    assert all(isinstance(error, StorageError) for error in errors)
    assert {getattr(error, "code", "") for error in errors} == {"storage.unavailable"}
    assert all(getattr(error, "retry_after_s", None) for error in errors)
    assert size_meanwhile == 1
    assert store.write_sync(lambda unit: unit.append(draft())) == 1


def test_a_postgresql_that_is_locked_is_an_error_and_nothing_is_lost(
    postgres_url: str, clock: Any, draft: DraftMaker
) -> None:
    store = open_store(postgres_url, clock=clock, busy_timeout_s=SHORT_S)
    with psycopg.connect(postgres_url) as stranger:
        stranger.execute("lock table entry in access exclusive mode")
        with pytest.raises(StorageError) as caught:
            store.write_sync(lambda unit: unit.append(draft()))

    assert caught.value.retry_after_s
    assert store.write_sync(lambda unit: unit.append(draft())) == 0
    store.close()


def test_a_postgresql_that_cut_the_connections_is_used_again(
    postgres_url: str, clock: Any, draft: DraftMaker
) -> None:
    store = open_store(postgres_url, clock=clock)
    store.write_sync(lambda unit: unit.append(draft()))
    with psycopg.connect(postgres_url, autocommit=True) as operator:
        operator.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )

    with pytest.raises(StorageError):
        store.write_sync(lambda unit: unit.append(draft()))
    assert store.write_sync(lambda unit: unit.append(draft())) == 1
    with store.read() as view:
        assert view.log_size() == 2
    store.close()


def test_two_stores_on_one_postgresql_never_give_an_index_twice(
    postgres_url: str, clock: Any, draft: DraftMaker
) -> None:
    stores = [open_store(postgres_url, clock=clock) for _ in range(2)]

    futures = [
        store.submit(lambda unit: unit.append(draft())) for _ in range(60) for store in stores
    ]
    indexes = [future.result() for future in futures]

    with stores[0].read() as view:
        times = [entry.time for entry in view.entries()]
    for store in stores:
        store.close()
    assert sorted(indexes) == list(range(120))
    assert times == sorted(times)


def test_a_full_disk_fails_the_write_and_the_store_goes_on_when_there_is_space(
    sqlite_url: str,
) -> None:
    answer = json.loads(run_program(FILE_SIZE_PROGRAM, sqlite_url))

    assert answer["errors"] == ["storage.unavailable"]
    store = open_store(sqlite_url, clock=never)
    with store.read() as view:
        assert view.facts.get("after") == "the disk was full"
    assert count_blobs(sqlite_url) == len(answer["stored"])
    store.close()


def test_a_full_small_disk_loses_nothing_that_was_answered(
    small_disk: Path, clock: Any, draft: DraftMaker
) -> None:
    store = open_store(f"sqlite:///{small_disk}/toolvet.db", clock=clock)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * 600_000)
    futures = [store.submit(fill(draft(), n)) for n in range(100)]
    errors = [future.exception() for future in futures]
    answered = errors.count(None)

    with store.read() as view:
        assert view.log_size() == answered
    ballast.unlink()
    assert store.write_sync(lambda unit: unit.append(draft())) == answered
    store.close()
    assert all(isinstance(error, StorageError) for error in errors if error is not None)
    assert answered < 100


def fill(entry: EntryDraft, n: int) -> Callable[[Unit], None]:
    def step(unit: Unit) -> None:
        unit.append(entry)
        unit.put_blob(n.to_bytes(2, "big") * 20_000, "file")

    return step


def test_a_disk_that_becomes_read_only_is_an_error_until_it_is_writable_again(
    small_disk: Path, clock: Any, draft: DraftMaker
) -> None:
    url = f"sqlite:///{small_disk}/toolvet.db"
    open_store(url, clock=clock).close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    with pytest.raises(StorageError):
        open_store(url, clock=clock)

    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    store = open_store(url, clock=clock)
    assert store.write_sync(lambda unit: unit.append(draft())) == 0
    store.close()


def test_a_database_its_user_may_not_write_is_an_error() -> None:
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{name}/toolvet.db"
        open_store(url, clock=never).close()
        Path(path_of(url)).chmod(0o444)
        Path(name).chmod(0o555)

        said = run_program(READ_ONLY_PROGRAM, url)

        Path(name).chmod(0o755)
    assert said.startswith("storage.unavailable")


def never() -> datetime:
    """A clock for stores that append nothing."""
    raise AssertionError("nothing is appended")


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "sqlite:////no/x"],
)
def test_a_url_that_cannot_hold_a_home_is_refused_with_a_hint(url: str, clock: Any) -> None:
    with pytest.raises(StorageError) as caught:
        open_store(url, clock=clock)

    assert caught.value.hint


def test_a_postgresql_that_does_not_answer_is_an_error(clock: Any, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        open_store(f"postgresql://nobody@/nothing?host={tmp_path}", clock=clock)


def test_a_file_that_is_no_database_is_refused_and_left_alone(sqlite_url: str, clock: Any) -> None:
    file = Path(path_of(sqlite_url))
    file.write_bytes(b"dear diary " * 100)

    with pytest.raises(StorageError):
        open_store(sqlite_url, clock=clock)

    assert file.read_bytes() == b"dear diary " * 100


def test_the_database_is_readable_by_its_owner_only(
    impatient_store: Store, sqlite_url: str, draft: DraftMaker
) -> None:
    impatient_store.write_sync(lambda unit: unit.append(draft()))

    folder = Path(path_of(sqlite_url)).parent
    assert {file.stat().st_mode & 0o777 for file in folder.glob("toolvet.db*")} == {0o600}


def test_a_blob_that_was_changed_on_disk_is_named(impatient_store: Store, sqlite_url: str) -> None:
    digest = impatient_store.write_sync(lambda unit: unit.put_blob(b"approved", "file"))
    with sqlite3.connect(path_of(sqlite_url)) as stranger:
        stranger.execute("update blob set data = ? where digest = ?", (b"replaced", digest))

    with impatient_store.read() as view, pytest.raises(BlobCorruptError) as caught:
        view.blob(digest)
    assert caught.value.code == "storage.blob_corrupt"


def test_blobs_are_stored_once_and_a_missing_one_is_named(store: Store) -> None:
    first = store.write_sync(lambda unit: unit.put_blob(b"bytes", "file"))
    again = store.write_sync(lambda unit: unit.put_blob(b"bytes", "manifest"))

    with store.read() as view:
        assert view.blob(first) == b"bytes"
        assert view.has_blob(first)
        assert not view.has_blob("sha256:" + "00" * 32)
        with pytest.raises(BlobMissingError):
            view.blob("sha256:" + "00" * 32)
    assert first == again


def count_blobs(url: str) -> int:
    with sqlite3.connect(path_of(url)) as connection:
        (count,) = next(connection.execute("select count(*) from blob"))
    return count
