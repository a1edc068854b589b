"""A host that fails its service: a full disk, a locked database, a second service on one home."""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from bad_bundles import Files, altered, good, write
from conftest import Played, is_up, playing, prepared
from stage import TOOLVET, Done

pytestmark = pytest.mark.timeout(300)

NO, BROKEN = 1, 3
DISK = "16m"


def unusable(done: Done, code: str) -> None:
    """Check the refusal of something that is broken, as scripts read it."""
    assert (done.code, done.err) == (BROKEN, ""), done
    error = done.data["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["hint"]


def submitted(played: Played, folder: Path, files: Files, *more: str) -> Done:
    if not folder.exists():
        write(folder, files)
    return played.agent("submit", str(folder), *more)


def verdict(played: Played, proposal: str) -> str:
    view = played.person.agent.show(proposal)
    while view.state == "verifying":
        view = played.person.agent.wait(proposal)
    return view.verdict


def test_a_second_service_on_one_home_is_refused(played: Played) -> None:
    done = subprocess.run(
        [*TOOLVET, "serve", "--port", "0"],
        env=played.stage.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == BROKEN
    assert "[home.in_use]\n  Use that one" in done.stderr
    assert is_up(played)


def test_a_second_home_in_one_place_is_refused(played: Played) -> None:
    unusable(played.stage.run("init", "--yes", "--json"), "home.unusable")
    assert is_up(played)


def test_a_command_without_a_home_says_how_to_make_one(played: Played, tmp_path: Path) -> None:
    played.stage.extra["TOOLVET_HOME"] = str(tmp_path / "nowhere")
    try:
        unusable(played.stage.run("queue", "--json"), "home.missing")
    finally:
        del played.stage.extra["TOOLVET_HOME"]


def test_a_service_elsewhere_that_does_not_answer_is_broken(played: Played) -> None:
    played.stage.extra["TOOLVET_URL"] = "http://127.0.0.1:9"
    try:
        unusable(played.stage.run("queue", "--json"), "service.unreachable")
    finally:
        del played.stage.extra["TOOLVET_URL"]


def test_while_the_database_is_locked_work_waits_and_nothing_is_lost(
    played: Played, tmp_path: Path
) -> None:
    begun = submitted(played, tmp_path / "begun", good("begun")).data["id"]

    with locked(played.stage.home / "toolvet.db"):
        unusable(
            submitted(played, tmp_path / "late", good("late")), "storage.unavailable"
        )  # after the service waited for the lock as long as it does
        assert played.agent("queue").code == 0

    assert verdict(played, begun) == "passed"
    assert submitted(played, tmp_path / "late", good("late"), "--wait").code == 0


@contextmanager
def locked(database: Path) -> Generator[None]:
    with closing(sqlite3.connect(database, timeout=10, isolation_level=None)) as db:
        db.execute("begin immediate")
        yield
        db.execute("rollback")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A home on a disk of its own, which a test can fill."""
    if os.geteuid() != 0:
        pytest.skip("a disk of its own takes root")
    folder = tmp_path / "small"
    (folder / "home").mkdir(mode=0o700, parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", folder / "home"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this container mounts nothing: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder / "home"], check=True)
        shutil.rmtree(folder, ignore_errors=True)


def test_on_a_full_disk_nothing_is_lost_and_all_goes_on_once_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    with playing(prepared(small_disk)) as played:
        agent = played.person.agent
        done = submitted(played, tmp_path / "early", altered("early", "Count words", "Count"))
        assert verdict(played, done.data["id"]) == "passed"
        begun = submitted(played, tmp_path / "begun", good("begun")).data["id"]

        with full(played.stage.home):
            unusable(submitted(played, tmp_path / "late", good("late")), "storage.unavailable")
            assert played.agent("queue").code == 0
            looked = played.stage.run("doctor", "--json")
            assert looked.code == NO
            assert any(line["code"] == "storage.space" for line in looked.data["items"])
            time.sleep(3)  # for what is being verified to meet the full disk
            assert is_up(played)
        assert verdict(played, begun) == "passed"
        assert submitted(played, tmp_path / "late", good("late"), "--wait").code == 0

        played.person.approve(done.data["id"])
        with full(played.stage.home):
            call = played.agent("call", "early", "--arguments", '{"text": "a b"}')
            unusable(call, "storage.unavailable")
            played.stage.kill()
        played.restart()
        agent = played.person.agent
        assert agent.call("early", {"text": "a b"}).result == 2
        assert agent.show(begun).state == "reviewing"


@contextmanager
def full(folder: Path) -> Generator[None]:
    """Leave not one byte on the disk of a folder, for the block."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 512):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    try:
        yield
    finally:
        ballast.unlink()
