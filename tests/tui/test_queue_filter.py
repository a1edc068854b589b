"""Words that narrow the queue, and letters that find in it."""

from datetime import timedelta

import pytest
from canned_desk import HOSTILE, NOW, QUEUE, item

from toolvet.config import stamp
from toolvet_reviews.views import QueueItem
from toolvet_tui.queue_filter import find, keeps, words_known
from toolvet_tui.queue_list import in_a_line

LATE = item(
    40, "old", "write", "reviewing", "++++++", clock_runs=True, risk=70, risk_why="a host", errors=0, open_threads=2,
    due_at=stamp(NOW - timedelta(hours=1)), whose=("bob",), objections=1, same_as="P-3",
)  # fmt: skip
SOON = item(
    41, "fresh", "read", "reviewing", "++++++", clock_runs=True, risk=10, low_risk=True,
    due_at=stamp(NOW + timedelta(hours=1)), whose=("ada", "bob"), mine=True, claimed_by="ada",
)  # fmt: skip


def kept(words: str) -> list[str]:
    return [one.id for one in (LATE, SOON) if keeps(words, NOW)(one)]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("", ["P-40", "P-41"]),
        ("kind:write", ["P-40"]),
        ("risk>50", ["P-40"]),
        ("risk<=10", ["P-41"]),
        ("is:late", ["P-40"]),
        ("-is:late", ["P-41"]),
        ("is:mine", ["P-41"]),
        ("is:low", ["P-41"]),
        ("is:claimed", ["P-41"]),
        ("is:free", ["P-40"]),
        ("is:twin", ["P-40"]),
        ("is:against", ["P-40"]),
        ("whose:bob", ["P-40", "P-41"]),
        ("whose:bob threads>1", ["P-40"]),
        ("FRESH", ["P-41"]),
        ("-fresh", ["P-40"]),
        ("is:nonsense", []),
        ("risk>many", []),
        ("kind:", []),
    ],
)
def test_a_word_keeps_what_holds_it(words: str, ids: list[str]) -> None:
    assert kept(words) == ids


def test_a_word_of_a_hostile_name_is_only_a_word() -> None:
    assert [one.id for one in QUEUE if keeps("[bold", NOW)(one)] == ["P-16"]


@pytest.mark.parametrize("typed", ["parse iban", "iban", "prse_iban", "P-14"])
def test_letters_find_a_name_that_is_near(typed: str) -> None:
    assert find(QUEUE, typed)[0].id == "P-14"


def test_letters_that_are_near_to_nothing_find_nothing() -> None:
    assert find(QUEUE, "zzzzqqqqjjjj") == []


def test_every_word_that_is_named_is_known() -> None:
    for word in words_known():
        whole = f"{word}1" if word.endswith((">", ":")) else word
        keeps(whole, NOW)(SOON)


def test_a_time_that_is_none_is_not_late() -> None:
    odd: QueueItem = item(1, "odd", "read", "reviewing", "++++++", clock_runs=True, due_at="soon")

    assert not keeps("is:late", NOW)(odd)


def test_the_line_about_an_item_says_what_its_row_has_no_room_for() -> None:
    line = in_a_line(LATE)

    for words in ("risk 70: a host", "1 word against", "2 open threads", "the same as P-3"):
        assert words in line
    hostile = item(1, "x", "read", "reviewing", "++++++", summary=HOSTILE, risk_why=HOSTILE)
    assert "\x1b" not in in_a_line(hostile)


def test_a_risk_that_one_may_not_see_is_no_zero() -> None:
    unknown = item(2, "x", "read", "reviewing", "++++++")

    assert "risk 0" not in in_a_line(unknown)
    assert "open your key" in in_a_line(unknown)
