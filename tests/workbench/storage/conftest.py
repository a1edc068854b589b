"""A store on each database; for PostgreSQL a throw-away cluster, run by an unprivileged user."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import psycopg
import pytest
from psycopg import sql

from toolvet.storage import Store, open_store
from toolvet.storage.tables import metadata
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.values import Json

CALLER_ID = "019a0000-0000-7000-8000-000000000001"
RELEASE_DIGEST = "sha256:" + "ab" * 32
_INSTALL = ["apt-get", "install", "-y", "--no-install-recommends", "postgresql"]
_databases = itertools.count(1)


class NoPostgresError(Exception):
    """Why there is no PostgreSQL to test with."""


@dataclass
class SteppedClock:
    """A clock that tests move; goes on a millisecond each time it is read."""

    at: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    step: timedelta = timedelta(milliseconds=1)

    def __call__(self) -> datetime:
        self.at += self.step
        return self.at


def call_draft(code: str = "", payloads: dict[str, Json] | None = None) -> EntryDraft:
    """An entry about a call."""
    return EntryDraft(
        Verb("call:run"),
        CALLER_ID,
        "agent",
        "token",
        "mcp",
        "release",
        RELEASE_DIGEST,
        outcome="failed" if code else "ok",
        code=code,
        payloads=payloads or {},
    )


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a running cluster, without the name of a database."""
    try:
        programs = _programs()
    except NoPostgresError as exc:
        pytest.skip(f"no PostgreSQL: {exc}")
    with _cluster(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database of its own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/toolvet.db"
    return new_postgres_database(request.getfixturevalue("postgres_server"))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/toolvet.db"


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    return new_postgres_database(postgres_server)


@pytest.fixture(scope="session")
def shared_postgres_url(postgres_server: str) -> str:
    """URL of a migrated database that tests empty and use in turn: making one takes a while."""
    url = new_postgres_database(postgres_server)
    open_store(url, clock=SteppedClock()).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, sqlite_url: str, clock: SteppedClock) -> Iterator[Store]:
    """An open, empty store."""
    url = sqlite_url
    if request.param == "postgresql":
        url = request.getfixturevalue("shared_postgres_url")
        empty_postgres_database(url)
    opened = open_store(url, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def draft() -> Callable[..., EntryDraft]:
    """Make an entry about a call."""
    return call_draft


def new_postgres_database(server: str) -> str:
    name = f"test_{os.getpid()}_{next(_databases)}"
    with psycopg.connect(server.replace("@/", "@/postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.replace("@/", f"@/{name}")


def empty_postgres_database(url: str) -> None:
    tables = [sql.Identifier(table.name) for table in reversed(metadata.sorted_tables)]
    deletes = sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(table) for table in tables)
    with psycopg.connect(url) as connection:
        connection.execute(deletes)


def _programs() -> Path:
    """Find the folder of initdb and postgres, installing Debian's package when that may be done."""
    found = _installed()
    if found:
        return found
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoPostgresError("it is not installed, and only root on Debian could install it")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], _INSTALL):
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise NoPostgresError(f"{' '.join(command)} failed: {done.stderr[-300:]}")
    found = _installed()
    if not found:
        raise NoPostgresError("the package brought no initdb")
    return found


def _installed() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def _cluster(programs: Path) -> Generator[str]:
    account = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="tv-pg-"))  # short: a socket's path has 107 bytes
    try:
        os.chown(folder, account.pw_uid, account.pw_gid)
        data = folder / "data"
        init = [str(programs / "initdb"), "-D", str(data), "-U", "toolvet", "-A", "trust", "-N"]
        options = ["--no-instructions", "-E", "UTF8", "--locale=C.UTF-8"]
        with _as_user([*init, *options], account, folder) as done:
            _output, said = done.communicate(timeout=120)
        if done.returncode:
            raise AssertionError(f"initdb failed: {said}")
        settings = ["listen_addresses=", "fsync=off", f"unix_socket_directories={folder}"]
        flags = [part for setting in settings for part in ("-c", setting)]
        server = _as_user([str(programs / "postgres"), "-D", str(data), *flags], account, folder)
        try:
            assert server.stderr is not None
            drain = _await_ready(server.stderr)
            yield f"postgresql://toolvet@/?host={folder}"
            server.send_signal(signal.SIGQUIT)
            drain.join()
            server.stderr.close()
        finally:
            server.kill()
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> pwd.struct_passwd:
    """The account to run as: initdb refuses root, and wants one that has a name."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    names = {account.pw_name: account for account in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _as_user(
    command: list[str], account: pwd.struct_passwd, folder: Path
) -> "subprocess.Popen[str]":
    is_root = os.geteuid() == 0
    return subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if "initdb" in command[0] else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        user=account.pw_uid if is_root else None,
        group=account.pw_gid if is_root else None,
        extra_groups=[] if is_root else None,
    )


def _await_ready(log: IO[str]) -> threading.Thread:
    said: list[str] = []
    for line in log:
        said.append(line)
        if "ready to accept connections" in line:
            drain = threading.Thread(target=log.read, daemon=True)
            drain.start()
            return drain
    raise AssertionError(f"postgres did not start: {''.join(said)}")
