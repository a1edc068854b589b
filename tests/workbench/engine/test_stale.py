"""Nothing that cannot be applied waits for reviewers: it is rebased, or goes back with the reason."""

from collections.abc import Generator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import queued
from hypothesis import given, settings
from hypothesis import strategies as st
from queued import LINES, Rows

from toolvet.engine import listing, queue_health, upkeep
from toolvet.storage import Unit, View
from toolvet.storage.listing import STATES
from toolvet.storage.rows import ProposalRow
from toolvet.storage.tables import blob
from toolvet_reviews.events import Verb
from toolvet_reviews.moves import CLOSED


@pytest.fixture
def rows(tmp_path: Path) -> Generator[Rows]:
    """A store with a reviewer beside the first person."""
    with queued.rows(tmp_path) as found:
        found.add("ada", "reviewer")
        yield found


def changed(line: int, to: str = "changed = True\n") -> tuple[str, ...]:
    """The lines of the tool with one replaced."""
    return (*LINES[:line], to, *LINES[line + 1 :])


def proposed(rows: Rows, lines: tuple[str, ...]) -> int:
    """A change to a tool that is served, up for review."""
    rows.serve("add", 1, LINES)
    number = rows.propose("add", rows.people["bot"], lines=lines)
    rows.conclude(number)
    return number


def entries(rows: Rows, number: int) -> list[str]:
    """The verbs of the log about a proposal."""
    found = rows.store.query_sync(lambda view: view.entries_about(f"P-{number}"))
    return [entry.verb for entry in found]


def upkept(rows: Rows) -> None:
    """Do what time makes due."""
    now = rows.clock.now
    due = rows.store.query_sync(lambda view: upkeep.due(view, now))
    rows.store.write_sync(lambda unit: upkeep.bring_up_to_date(unit, due, now))


def test_a_proposal_whose_base_moved_is_verified_again_on_the_new_one(rows: Rows) -> None:
    number = proposed(rows, changed(2))

    rows.serve("add", 2, changed(9))

    row = rows.row(number)
    assert (row.state, row.release_digest, row.reason) == ("verifying", None, "")
    assert row.base_release == queued.release_of("add", 2)
    assert rows.turns(number) == {}
    assert entries(rows, number) == [Verb.PROPOSAL_REBASE]


def test_a_proposal_that_changed_the_same_lines_goes_back_to_its_author(rows: Rows) -> None:
    number = proposed(rows, changed(2, "mine = 1\n"))

    rows.serve("add", 2, changed(2, "theirs = 1\n"))

    row = rows.row(number)
    assert row.state == "stale"
    assert "tool.py:3" in row.reason
    assert rows.turns(number) == {"bot": "stale"}
    assert entries(rows, number) == [Verb.PROPOSAL_STALE]


def test_a_proposal_for_a_tool_that_was_stopped_is_verified_as_a_new_one(rows: Rows) -> None:
    number = proposed(rows, changed(2))

    rows.serve("add", 1, None)

    assert (rows.row(number).state, rows.row(number).base_release) == ("verifying", None)


def test_what_is_with_its_author_is_rebased_only_when_it_comes_up_for_review(rows: Rows) -> None:
    number = proposed(rows, changed(2))
    rows.move(number, "changes_wanted", "objected", rows.people["ada"])

    rows.serve("add", 2, changed(9))
    before = rows.row(number).state
    rows.conclude(number)  # as when the objection is lifted

    assert before == "changes_wanted"
    assert rows.row(number).state == "verifying"


def test_a_base_that_moves_while_the_machine_looks_is_noticed_when_it_is_done(rows: Rows) -> None:
    rows.serve("add", 1, LINES)
    number = rows.propose("add", rows.people["bot"], lines=changed(2))
    rows.serve("add", 2, changed(9))

    rows.conclude(number)

    assert rows.row(number).state == "verifying"


def test_what_started_from_files_that_are_gone_is_not_taken_for_applicable(rows: Rows) -> None:
    number = proposed(rows, changed(2))

    def lose(unit: Unit) -> None:
        release = unit.releases.get(queued.release_of("add", 1))
        assert release is not None
        tree = blob.c.digest == release.revision_digest
        unit._session.write(blob.delete().where(tree))  # pyright: ignore[reportPrivateUsage]

    rows.store.write_sync(lose)
    rows.serve("add", 2, changed(9))

    assert rows.row(number).state == "stale"


def test_what_nobody_moves_for_too_long_goes_back_and_says_so(rows: Rows) -> None:
    number = rows.propose("add", rows.people["bot"])
    rows.conclude(number)
    rows.clock.go(days=29)
    upkept(rows)
    before = rows.row(number).state

    rows.clock.go(days=2)
    upkept(rows)

    assert before == "reviewing"
    assert rows.row(number).state == "stale"
    assert "30 days" in rows.row(number).reason
    assert rows.turns(number) == {"bot": "stale"}


steps = st.lists(
    st.one_of(
        st.tuples(st.just("propose"), st.integers(0, 11)),
        st.tuples(st.just("pass"), st.integers(0, 5)),
        st.tuples(st.just("fail"), st.integers(0, 5)),
        st.tuples(st.just("object"), st.integers(0, 5)),
        st.tuples(st.just("lift"), st.integers(0, 5)),
        st.tuples(st.just("withdraw"), st.integers(0, 5)),
        st.tuples(st.just("serve"), st.integers(1, 6)),
        st.tuples(st.just("stop"), st.just(0)),
        st.tuples(st.just("days"), st.integers(1, 40)),
    ),
    max_size=14,
)


def played(rows: Rows, tool: str, step: tuple[str, int]) -> None:
    """Let one thing happen to the proposals of a tool, if it can."""
    what, number = step
    found = of_tool(rows.store.query_sync(lambda view: view.proposals.list(limit=10_000)), tool)
    row = found[number % len(found)] if found else None
    if what == "propose":
        rows.propose(tool, rows.people["bot"], lines=changed(number, f"step = {len(found)}\n"))
    elif what == "serve":
        rows.serve(tool, number, changed(number))
    elif what == "stop":
        rows.serve(tool, 1, None)
    elif what == "days":
        rows.clock.go(days=number)
        upkept(rows)
    elif row is None or row.state in CLOSED:
        return
    elif what == "withdraw":
        rows.move(row.number, "withdrawn", "withdrawn", rows.people["bot"])
    elif what in ("pass", "fail") and row.state == "verifying":
        rows.conclude(row.number, passed=what == "pass")
    elif what == "object" and row.state == "reviewing":
        rows.move(row.number, "changes_wanted", "objected", rows.people["ada"])
    elif what == "lift" and row.state == "changes_wanted":
        rows.conclude(row.number)


def of_tool(found: list[ProposalRow], tool: str) -> list[ProposalRow]:
    """Pick the proposals about one tool."""
    return [row for row in found if row.tool == tool]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rows]:
    """One store for every example; each has a tool of its own."""
    with queued.rows(tmp_path_factory.mktemp("shared")) as found:
        found.add("ada", "reviewer")
        yield found


_tools = count()


@settings(max_examples=20, deadline=None)
@given(steps)
def test_whatever_happens_nothing_waits_for_reviewers_that_could_not_be_applied(
    shared: Rows, played_steps: list[tuple[str, int]]
) -> None:
    tool = f"tool_{next(_tools)}"
    for step in played_steps:
        played(shared, tool, step)
        shared.store.query_sync(lambda view: check(view, tool, shared.clock.now))


def check(view: View, tool: str, now: str) -> None:
    """Hold everything open against what has to be so of it."""
    assert queue_health.stuck(view.figures.open_items()) == ()
    for row in of_tool(view.proposals.list(limit=10_000), tool):
        turns = {one.person for one in view.turns.of(row.number)}
        line = view.listing.get(row.number)
        assert (line is not None) == (row.state in STATES)
        assert line is None or listing.line_of(view, row, line, now) == line
        assert bool(turns) == (row.state not in CLOSED | {"verifying"})


def test_what_was_verified_behind_other_walls_is_verified_again(rows: Rows) -> None:
    here, elsewhere = (proposed_in(rows, tool, tier) for tool, tier in (("add", "A"), ("sum", "B")))

    rows.store.write_sync(
        lambda unit: upkeep.verify_in(unit, [here, elsewhere], "A", rows.clock.now)
    )

    assert rows.row(here).state == "reviewing"
    assert (rows.row(elsewhere).state, rows.row(elsewhere).release_digest) == ("verifying", None)
    assert entries(rows, elsewhere) == [Verb.PROPOSAL_REBASE]


def proposed_in(rows: Rows, tool: str, tier: str) -> int:
    """A new tool up for review, with a dossier that names the walls it ran in."""
    number = rows.propose(tool, rows.people["bot"])
    rows.conclude(number)

    def write(unit: Unit) -> None:
        dossier = unit.put_blob(b'{"tier":"%s"}' % tier.encode(), "dossier")
        revision = unit.proposals.revision(number, 1)
        assert revision is not None
        unit.proposals.save_revision(replace(revision, dossier=dossier))

    rows.store.write_sync(write)
    return number
