"""Differences are computed once, kept within bounds, and never longer than can be compared."""

import threading
from typing import Any

import pytest

from toolvet.engine.differences import MOST_LINES, Differences, Pair
from toolvet_reviews import sides
from toolvet_reviews.digests import sha256


def pair(old: bytes | None, new: bytes | None, path: str = "a.py") -> Pair:
    return Pair(
        path,
        old,
        new,
        None if old is None else sha256(old),
        None if new is None else sha256(new),
    )


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths in the order they are really compared."""
    found: list[str] = []
    compare_one = sides.compare_one

    def counted(path: str, *args: Any, **options: Any) -> sides.FileChange:
        found.append(path)
        return compare_one(path, *args, **options)

    monkeypatch.setattr(sides, "compare_one", counted)
    return found


def test_a_pair_is_compared_once_for_each_way_of_reading_space(compared: list[str]):
    kept, one = Differences(), pair(b"a \nb\n", b"a\nb\n")

    for _ in range(3):
        assert kept.change(one).added == 1
        assert kept.change(one, "trailing").added == 0
        assert [row.kind for row in kept.rows(one, [one])] == ["changed", "same"]

    assert compared == ["a.py", "a.py"]


def test_what_is_kept_is_bounded_and_the_least_used_goes_first(compared: list[str]):
    kept = Differences(kept_lines=40)
    pairs = [pair(b"x\n" * 3, b"y\n" * number, f"{number}.py") for number in range(2, 12)]

    for one in pairs:
        kept.change(one)
        kept.change(pairs[0])
    assert kept.lines <= 40
    kept.change(pairs[0])
    kept.change(pairs[1])

    assert compared.count("2.py") == 1
    assert compared.count("3.py") == 2


def test_a_difference_larger_than_all_that_is_kept_is_answered_and_not_kept():
    kept = Differences(kept_lines=5)

    assert kept.change(pair(b"", b"x\n" * 50)).added == 50
    assert kept.lines == 0


def test_of_a_file_that_is_too_long_the_first_lines_are_compared():
    long = b"".join(b"%d\n" % number for number in range(MOST_LINES + 500))
    kept, one = Differences(), pair(long, long.replace(b"7\n", b"8\n", 1) + b"end\n")

    change = kept.change(one)

    assert one.is_cut
    assert (change.added, change.removed) == (1, 1)
    assert change.new_size == len(one.new or b"")
    assert len(kept.rows(one, [one])) == MOST_LINES


def test_a_file_that_only_differs_behind_the_cut_has_still_changed():
    long = b"x\n" * (MOST_LINES + 5)

    assert Differences().change(pair(long, long + b"y\n")).status == "changed"


def test_lines_moved_between_files_are_told_in_both():
    block = b"def total(values):\n    found = sum(values)\n    return found\n"
    old, new = pair(block + b"a\n", b"a\n", "a.py"), pair(None, block, "b.py")
    kept = Differences()

    assert [row.kind for row in kept.rows(old, [old, new])] == ["moved"] * 3 + ["same"]
    assert [row.kind for row in kept.rows(new, [old, new])] == ["moved"] * 3
    assert [row.kind for row in kept.rows(new, [new])] == ["added"] * 3


def test_many_threads_may_ask_at_once():
    kept = Differences(kept_lines=60)
    pairs = [pair(b"x\n" * 5, b"y\n" * number, f"{number}.py") for number in range(1, 20)]
    wrong: list[str] = []

    def ask() -> None:
        wrong.extend(
            one.path for one in pairs * 5 if kept.change(one).added != (one.new or b"").count(b"\n")
        )

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    assert kept.lines <= 60
