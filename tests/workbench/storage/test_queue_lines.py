"""Lines of the queue and figures about it, on both databases."""

from collections.abc import Generator
from pathlib import Path

import pytest
import queued
from queued import Rows

from toolvet.config import stamp
from toolvet.storage.listing import Wanted
from toolvet.storage.review_rows import AssignmentRow, NoticeRow, OutgoingRow, SnoozeRow
from toolvet_reviews.queue_order import Order, Whose

ADA = "id-ada"


@pytest.fixture
def rows(tmp_path: Path, database_url: str) -> Generator[Rows]:
    """Three proposals up for review, one with its author; ada reviews."""
    with queued.rows(tmp_path, url=database_url) as found:
        found.add("ada", "reviewer")
        for number, (tool, kind) in enumerate(
            [("one", "pure"), ("two", "read"), ("three", "pure")]
        ):
            found.clock.go(minutes=1)
            lines = (f"own = {number}\n",)
            found.conclude(found.propose(tool, found.people["bot"], lines=lines, kind=kind))
        found.conclude(
            found.propose("four", found.people["bot"], lines=("own = 4\n",)), passed=False
        )
        yield found


def listed(
    rows: Rows, order: Order = "number", whose: Whose = "everybody", *words: str, own: str = ""
) -> list[int]:
    """Numbers in an order, read one by one."""
    wanted = Wanted(order, whose, own or ADA, rows.clock.now, bool(own), words)
    found: list[int] = []
    after = None
    while True:
        page = rows.store.query_sync(lambda view, after=after: view.listing.page(wanted, after, 1))
        if not page:
            return found
        after = page[0]
        found.append(after.number)


def test_each_order_is_its_own_and_complete(rows: Rows) -> None:
    assert listed(rows, "number") == [2, 3, 4, 5]
    assert listed(rows, "risk") == [3, 2, 4, 5]
    assert listed(rows, "rank") == [3, 2, 4, 5]
    assert listed(rows, "age") == [2, 3, 4, 5]
    assert listed(rows, "updated") == [4, 5, 3, 2]


def test_lists_differ_by_whose_turn_who_took_it_and_who_put_it_away(rows: Rows) -> None:
    until = stamp(rows.clock.at.replace(year=2030))
    now = rows.clock.now
    rows.store.write_sync(
        lambda unit: unit.turns.assign(AssignmentRow(2, ADA, claimed=True, by=ADA, at=now))
    )
    rows.store.write_sync(lambda unit: unit.turns.snooze(SnoozeRow(3, ADA, until, now)))

    assert listed(rows, "number", "mine") == [2, 4]
    assert listed(rows, "number", "nobody") == [4]
    assert listed(rows, "number", "snoozed") == [3]
    assert listed(rows, own="id-bot") == [2, 3, 4, 5]
    assert listed(rows, own="id-else") == []


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (("three",), [4]),
        (("p-3",), [3]),
        (("bot", "whole"), [2, 3, 4, 5]),
        (("t%",), []),
        (("o_e",), []),
        (("'; drop table listing; --",), []),
        (("\\",), []),
        (("\u00fc",), []),
    ],
)
def test_words_are_looked_for_as_they_are(
    rows: Rows, words: tuple[str, ...], numbers: list[int]
) -> None:
    assert listed(rows, "number", "everybody", *words) == numbers


def test_figures_are_counted_by_the_database(rows: Rows) -> None:
    items = rows.store.query_sync(lambda view: view.figures.open_items())

    assert [(one.number, one.state, one.is_assigned) for one in items] == [
        (2, "reviewing", False),
        (3, "reviewing", False),
        (4, "reviewing", False),
        (5, "changes_wanted", False),
    ]
    assert rows.store.query_sync(lambda view: view.figures.moved_bases()) == []
    rows.clock.go(days=1)
    idle = rows.store.query_sync(lambda view: view.figures.idle_since(rows.clock.now))
    assert idle == [2, 3, 4, 5]


def test_a_person_is_told_once_of_one_turn(rows: Rows) -> None:
    def tell(id: str) -> bool:
        row = NoticeRow(id, ADA, 2, "assigned", "P-2:assigned:9", rows.clock.now)
        return rows.store.write_sync(lambda unit: unit.notices.tell(row))

    assert (tell("a"), tell("b")) == (True, False)
    count = rows.store.query_sync(lambda view: view.notices.unread(ADA))
    assert rows.store.write_sync(lambda unit: unit.notices.read(ADA, ["a", "b"], "x")) == 1
    assert rows.store.query_sync(lambda view: view.notices.unread(ADA)) == count - 1


def test_messages_wait_for_their_time(rows: Rows) -> None:
    now, then = rows.clock.now, stamp(rows.clock.at.replace(year=2030))
    for id, at in (("late", then), ("due", now)):
        row = OutgoingRow(id, b"{}", now, 0, at, "waiting")
        rows.store.write_sync(lambda unit, row=row: unit.notices.send(row))

    due = rows.store.query_sync(lambda view: view.notices.to_send(now, 10))
    assert [one.id for one in due] == ["due"]
    assert rows.store.query_sync(lambda view: view.notices.next_at()) == now
