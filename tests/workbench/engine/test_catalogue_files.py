"""The kept catalogue follows what is served; an edit there serves nothing, and becomes a proposal."""

import asyncio
import json
import os
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from furniture import ADD, ADD_AGAIN, MULTIPLY
from house import House, Member, new_house

from toolvet.client.export import export
from toolvet.client.shelf import Shelf
from toolvet.engine import disable, drops, folder_doctor, withdraw
from toolvet.engine.catalogue_files import SETTLE_S, KeptCatalogue
from toolvet.engine.inbox import Inbox

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@dataclass
class Keeper:
    """The kept catalogue of an open house, worked by hand."""

    home: House
    run: Run
    bot: Member
    time: float = 0.0
    kept: KeptCatalogue = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start anew: nothing is remembered."""
        self.kept = KeptCatalogue(self.home.services, lambda: self.time)

    @property
    def path(self) -> Path:
        return self.home.services.paths.catalogue

    @property
    def inbox(self) -> Path:
        return self.home.services.paths.inbox

    def sync(self) -> bool:
        with Shelf(self.path) as shelf:
            return self.kept.sync(shelf)

    def settle(self) -> None:
        """See what is there, let it hold still, and act on it."""
        self.sync()
        self.time += 2 * SETTLE_S
        assert not self.sync()

    def submitted(self) -> str:
        """Let the inbox take what was put there; return the proposal of the newest."""
        box = Inbox(self.home.services, lambda: self.time)
        self.run(box.turn())
        self.time += 2 * drops.SETTLE_S
        self.run(box.turn())
        [verdict] = self.inbox.glob("*.verdict.json")
        proposal: str = json.loads(verdict.read_bytes())["proposal"]
        return proposal

    def all(self) -> dict[str, bytes]:
        """Everything in the folder by path."""
        return files_below(self.path)

    def ill(self) -> list[str]:
        return [line.message for line in folder_doctor.look(self.home.services) if not line.ok]


def files_below(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def opened(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Member]]:
    entered = new_house(tmp_path_factory.mktemp("house"))
    home: House = run(entered.__aenter__())
    bot: Member = run(home.agent("bot"))
    run(home.publish(bot, ADD))
    yield home, bot
    run(entered.__aexit__(None, None, None))


@pytest.fixture
def keeper(opened: tuple[House, Member], run: Run) -> Iterator[Keeper]:
    keeper = Keeper(opened[0], run, opened[1])
    keeper.sync()
    yield keeper
    for folder in (keeper.path, keeper.inbox):
        if folder.is_dir() and not folder.is_symlink():
            folder.rename(keeper.home.services.paths.home / f"gone-{os.urandom(4).hex()}")


def test_each_served_tool_lies_there_with_its_files_and_its_decision(keeper: Keeper) -> None:
    found = keeper.all()

    assert {path: found[f"default/add/bundle/{path}"].decode() for path in ADD} == ADD
    release = json.loads(found["default/add/release.json"])
    served = keeper.home.services.catalogue.snapshot.served["add"]
    assert (release["release_digest"], release["version"]) == (served.digest, served.version)
    assert [(one["voter"], one["voter_id"]) for one in release["decision"]] == [
        ("person", keeper.home.person.id)
    ]
    assert [one["path"] for one in json.loads(found["index.json"])["tools"]] == ["default/add"]


def test_an_export_writes_the_same_bytes(keeper: Keeper, tmp_path: Path) -> None:
    done = keeper.run(asyncio.to_thread(export, keeper.home.client, tmp_path / "out"))

    assert done.written == ["default/add"]
    assert files_below(tmp_path / "out") == keeper.all()


def test_what_is_right_is_not_written_again(keeper: Keeper) -> None:
    before = {path: path.stat().st_ino for path in keeper.path.rglob("*")}
    keeper.start()
    keeper.settle()

    assert {path: path.stat().st_ino for path in keeper.path.rglob("*")} == before


def test_an_edit_serves_nothing_is_named_and_becomes_a_proposal_and_the_kept_file_is_restored(
    keeper: Keeper,
) -> None:
    before, served = keeper.all(), keeper.home.services.catalogue.snapshot.served["add"].digest
    code = keeper.path / "default" / "add" / "bundle" / "add.py"
    code.write_text(code.read_text().replace("first + second", "first - second"))

    assert keeper.ill() == ["catalogue/default/add was changed"]
    keeper.settle()

    assert keeper.all() == before
    assert keeper.home.services.catalogue.snapshot.served["add"].digest == served
    proposal = keeper.submitted()
    assert keeper.ill() == [
        f"an edit of the kept catalogue waits as {proposal}: inbox/default.add.edited"
    ]
    view = keeper.run(keeper.home.verdict(proposal))
    assert (view.author, view.base_release) == ("local", served)
    person = keeper.run(keeper.home.caller(keeper.home.person))
    keeper.run(withdraw.withdraw(keeper.home.services, person, proposal, "an accident"))
    keeper.submitted()
    assert keeper.ill() == []


def test_an_edit_that_is_still_being_written_is_left_alone(keeper: Keeper) -> None:
    code = keeper.path / "default" / "add" / "bundle" / "add.py"
    code.write_text("half")

    assert keeper.sync()
    code.write_text("half and")
    keeper.time += 2 * SETTLE_S
    assert keeper.sync()
    assert code.read_text() == "half and"


def test_an_edit_nobody_submitted_yet_is_not_lost_to_the_next_one(keeper: Keeper) -> None:
    code = keeper.path / "default" / "add" / "bundle" / "add.py"
    for text in ("one = 1\n", "two = 2\n"):
        code.write_text(text)
        keeper.settle()

    kept = {path.name: (path / "add.py").read_text() for path in keeper.inbox.iterdir()}
    assert kept == {
        "default.add.edited": "one = 1\n",
        "default.add.edited-2": "two = 2\n",
    }


def test_a_release_file_that_was_changed_is_named_and_comes_back(keeper: Keeper) -> None:
    before = keeper.all()
    release = keeper.path / "default" / "add" / "release.json"
    release.write_text(release.read_text().replace('"person"', '"nobody"'))
    (keeper.path / "index.json").write_text("{}")

    assert keeper.ill() == ["catalogue/default/add was changed"]
    keeper.settle()

    assert keeper.all() == before
    assert not keeper.inbox.exists() or not list(keeper.inbox.iterdir())


def test_what_somebody_keeps_beside_our_files_stays(keeper: Keeper) -> None:
    (keeper.path / ".git").mkdir()
    (keeper.path / ".git" / "config").write_text("mine")
    (keeper.path / "README").write_text("mine")
    (keeper.path / "default" / "add" / "notes.txt").write_text("mine")
    (keeper.path / "default" / "add" / "release.json").write_text("changed")
    keeper.settle()

    found = keeper.all()
    assert [path for path, data in found.items() if data == b"mine"] == [
        ".git/config",
        "README",
        "default/add/notes.txt",
    ]
    assert found["default/add/release.json"] != b"changed"


def test_links_and_traps_are_replaced_and_nothing_behind_them_is_touched(
    keeper: Keeper, tmp_path: Path
) -> None:
    before = keeper.all()
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "mine.txt").write_text("mine")
    tool = keeper.path / "default" / "add"
    tool.rename(tmp_path / "old")
    tool.symlink_to(tmp_path)
    keeper.settle()
    assert keeper.all() == before
    bundle = tool / "bundle"
    bundle.rename(tmp_path / "older")
    bundle.symlink_to(tmp_path)
    os.mkfifo(tool / "pipe")
    keeper.settle()

    assert {path: data for path, data in keeper.all().items() if path in before} == before
    assert (tmp_path / "bundle" / "mine.txt").read_text() == "mine"


def test_a_catalogue_that_is_a_link_is_not_written_through(keeper: Keeper, tmp_path: Path) -> None:
    keeper.path.rename(tmp_path / "old")
    (tmp_path / "elsewhere").mkdir()
    keeper.path.symlink_to(tmp_path / "elsewhere")

    try:
        assert keeper.ill()
        assert list((tmp_path / "elsewhere").iterdir()) == []
    finally:
        keeper.path.unlink()


def test_a_new_version_replaces_the_old_one_and_a_stopped_tool_goes(keeper: Keeper) -> None:
    keeper.run(keeper.home.publish(keeper.bot, ADD_AGAIN))
    keeper.run(keeper.home.publish(keeper.bot, MULTIPLY))
    assert not keeper.sync()
    found = keeper.all()
    assert found["default/add/bundle/add.py"].decode() == ADD_AGAIN["add.py"]
    assert json.loads(found["default/add/release.json"])["version"] == 2
    assert "default/multiply/release.json" in found

    person = keeper.run(keeper.home.caller(keeper.home.person))
    keeper.run(disable.disable(keeper.home.services, person, "multiply", "no need"))
    keeper.start()
    assert not keeper.sync()

    assert not [path for path in keeper.all() if "multiply" in path]
    assert not keeper.inbox.exists() or not list(keeper.inbox.iterdir())


def test_a_tool_somebody_made_up_there_is_no_tool_but_their_proposal(keeper: Keeper) -> None:
    made_up = keeper.path / "default" / "made_up"
    (made_up / "bundle").mkdir(parents=True)
    (made_up / "release.json").write_text("{}")
    (made_up / "bundle" / "made_up.py").write_text("x = 1\n")
    assert keeper.ill() == ["catalogue/default/made_up was changed"]
    keeper.settle()

    assert not made_up.exists()
    assert (keeper.inbox / "default.made_up.edited" / "made_up.py").read_text() == "x = 1\n"
    assert "made_up" not in keeper.home.services.catalogue.snapshot.served
