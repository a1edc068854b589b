"""What lies in the inbox: what counts, what holds still, and what is only half there."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from toolvet.engine import inbox_verdict
from toolvet.engine.drops import SETTLE_S, Drop, Drops, InboxError, items_of
from toolvet_reviews.intake import Caps

CAPS = Caps(max_bytes=1000, max_files=5)


@dataclass
class Box:
    """An inbox, and a clock that only moves when it is told to."""

    path: Path
    time: float = 0.0
    drops: Drops = field(init=False)

    def __post_init__(self) -> None:
        self.drops = Drops(self.path, lambda: self.time)

    def look(self) -> list[Drop]:
        return self.drops.look(CAPS)

    def settled(self) -> list[Drop]:
        """Look, let everything hold still, and look again."""
        self.look()
        self.time += 2 * SETTLE_S
        return self.look()

    def lay(self, name: str, text: str = "x = 1\n") -> Path:
        self.path.mkdir(exist_ok=True)
        (self.path / name).write_text(text)
        return self.path / name


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "inbox")


def test_the_folder_is_made_for_its_owner_only(box: Box) -> None:
    assert box.look() == []
    assert box.path.stat().st_mode & 0o777 == 0o700


def test_names_that_are_still_written_or_are_ours_are_no_items() -> None:
    names = ["a.py", "a.verdict.json", "b.examples.json", ".c.py", "d.py.tmp", "e.part", "f.py~"]

    assert [item.names for item in items_of(names)] == [("a.py",)]


def test_examples_belong_to_the_file_they_are_named_after() -> None:
    [item] = items_of(["a.py", "a.examples.json"])

    assert (item.key, item.names, item.examples) == (
        "a",
        ("a.py", "a.examples.json"),
        "a.examples.json",
    )


def test_a_file_is_taken_only_when_it_held_still(box: Box) -> None:
    box.lay("a.py", "x = ")

    assert box.look() == []
    assert box.drops.unsettled
    box.lay("a.py", "x = 1\n")
    box.time += 2 * SETTLE_S
    assert box.look() == []  # it changed since
    box.time += 2 * SETTLE_S
    [drop] = box.look()
    assert drop.files == {"a.py": b"x = 1\n"}
    assert not box.drops.unsettled


def test_a_file_that_changes_while_it_is_read_is_left_for_later(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = box.lay("a.py"), os.fdopen

    def slow(descriptor: int, mode: str) -> object:
        with path.open("a") as file:
            file.write("y = 2\n")
        return real(descriptor, mode)

    box.look()
    box.time += 2 * SETTLE_S
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdopen", slow)
        assert box.look() == []
    assert box.drops.unsettled
    [drop] = box.settled()
    assert drop.files == {"a.py": b"x = 1\ny = 2\n"}


def test_what_was_taken_comes_again_only_when_it_changed(box: Box) -> None:
    box.lay("a.py")
    [drop] = box.settled()
    box.drops.take(drop.item)

    assert box.settled() == []
    box.lay("a.py", "x = 2\n")
    assert [one.files["a.py"] for one in box.settled()] == [b"x = 2\n"]


def test_the_same_bytes_have_the_same_input_on_every_day_and_examples_count(box: Box) -> None:
    box.lay("a.py")
    [first] = box.settled()
    (box.path / "a.py").unlink()
    box.lay("a.py")
    [again] = box.settled()
    box.lay("a.examples.json", "[]")
    [other] = box.settled()

    assert first.input == again.input
    assert other.input != again.input
    assert (other.examples, again.examples) == (b"[]", None)


def test_removing_the_verdict_asks_for_another_look(box: Box) -> None:
    box.lay("a.py")
    [drop] = box.settled()
    box.drops.take(drop.item)
    box.drops.write(drop.item, inbox_verdict.pending("a.py", drop.input, None))
    assert box.look() == []

    (box.path / "a.verdict.json").unlink()

    assert [one.item.key for one in box.look()] == ["a"]


def test_a_verdict_that_could_not_be_written_does_not_bring_the_file_again(box: Box) -> None:
    box.lay("a.py")
    (box.path / "a.verdict.json").mkdir()
    [drop] = box.settled()
    box.drops.take(drop.item)
    with pytest.raises(OSError, match="directory"):
        box.drops.write(drop.item, b"{}")

    assert box.settled() == []
    assert sorted(one.name for one in box.path.iterdir()) == ["a.py", "a.verdict.json"]


def test_a_verdict_goes_with_its_tool_and_nothing_else_does(box: Box) -> None:
    box.lay("a.py")
    [drop] = box.settled()
    box.drops.write(drop.item, inbox_verdict.pending("a.py", drop.input, None))
    box.lay("mine.verdict.json", '{"of": "somebody"}')
    (box.path / "a.py").unlink()

    box.look()

    assert [one.name for one in box.path.iterdir()] == ["mine.verdict.json"]


def test_a_verdict_is_never_written_through_a_link(box: Box, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    box.lay("a.py")
    (box.path / "a.verdict.json").symlink_to(tmp_path / "target")
    [drop] = box.settled()

    box.drops.write(drop.item, b"{}")

    assert (tmp_path / "target").read_text() == "mine"
    assert (box.path / "a.verdict.json").read_text() == "{}"


def test_two_of_a_name_and_what_is_no_tool_are_refused(box: Box) -> None:
    box.lay("a.py")
    (box.path / "a").mkdir()
    box.lay("b.zip")
    (box.path / "c.py").symlink_to("a.py")
    os.mkfifo(box.path / "d")

    codes = {drop.item.key: drop.problem.code for drop in box.settled() if drop.problem}

    assert codes == {
        "a": "inbox.two_of_a_name",
        "b.zip": "inbox.not_a_tool",
        "c": "intake.link",
        "d": "intake.link",
    }


def test_a_name_that_is_no_text_is_taken_like_any_other(box: Box) -> None:
    box.path.mkdir()
    name = os.fsdecode(b"\xff\n\x1b.py")
    (box.path / name).write_text("x = 1\n")

    [drop] = box.settled()
    box.drops.write(drop.item, inbox_verdict.pending(name, drop.input, None))

    assert drop.files == {name: b"x = 1\n"}
    said = (box.path / f"{drop.item.key}.verdict.json").read_bytes()
    assert inbox_verdict.read(said) is not None


def test_an_inbox_that_is_a_link_is_not_used(box: Box, tmp_path: Path) -> None:
    box.path.symlink_to(tmp_path)

    with pytest.raises(InboxError):
        box.look()


def test_a_flood_of_names_is_looked_at_in_part(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolvet.engine.drops.MOST_NAMES", 10)
    for number in range(30):
        box.lay(f"t{number}.py")

    assert len(box.settled()) <= 10
