"""Where a reader has to stop: every changed run, finding and thread, in reading order, from anywhere."""

from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.sides import aligned, compare
from toolvet_reviews.views import EvidenceView, FindingView
from toolvet_tui.code_notes import beside
from toolvet_tui.paper import Block
from toolvet_tui.review_stops import Spot, Stop, following, stops

PANES = ("brief", "code", "effects", "talk")
LINES = [f"line {number}" for number in range(1, 41)]


def text(*edited: int, without: tuple[int, ...] = ()) -> bytes:
    lines = [
        f"{line}!" if number in edited else line
        for number, line in enumerate(LINES, 1)
        if number not in without
    ]
    return "\n".join([*lines, ""]).encode()


def places(found: list[Stop]) -> list[tuple[str, int]]:
    return [(one.path or one.pane, one.line) for one in found]


def test_every_changed_run_of_every_file_is_a_stop_and_pages_follow() -> None:
    files = compare({"a.py": text(), "b.py": text()}, {"a.py": text(3, 20), "b.py": text(7)})
    pages = {"effects": [Block("seen"), Block("undeclared", wanted=True)]}

    found = stops(PANES, pages, files, beside(()))

    assert places(found) == [("a.py", 3), ("a.py", 20), ("b.py", 7), ("effects", 0)]
    assert found[-1].spot == Spot(2, 0, 1)


def test_a_viewed_file_leaves_only_its_open_threads() -> None:
    files = compare({"a.py": text()}, {"a.py": text(3)})
    loud = FindingView("r", "error", "c", "m", "a.py", 30)
    said = beside((EvidenceView("ruff", "failed", "", findings=(loud,)),))

    assert len(stops(PANES, {}, files, said)) == 2
    assert stops(PANES, {}, files, said, viewed={"a.py"}) == []


def test_a_page_that_was_viewed_is_no_stop_and_threads_always_are() -> None:
    pages = {"effects": [Block("x", wanted=True)], "talk": [Block("y", wanted=True)]}

    found = stops(PANES, pages, (), beside(()), done={"effects", "talk"})

    assert [one.pane for one in found] == ["talk"]


def test_lines_that_are_gone_are_stopped_at_on_the_old_side() -> None:
    files = compare({"a.py": text()}, {"a.py": text(without=(10, 11))})

    [stop] = stops(PANES, {}, files, beside(()))

    assert (stop.line, stop.side, stop.spot.at) == (10, "old", 10)


def test_the_next_stop_is_found_from_anywhere_and_there_is_an_end() -> None:
    files = compare({"a.py": text()}, {"a.py": text(3, 20)})
    found = stops(PANES, {}, files, beside(()))
    first, second = found

    assert following(found, Spot(0, 0, 0), 1) == first
    assert following(found, Spot(1, 0, 3), 1) == second
    assert following(found, Spot(1, 0, 12), -1) == first
    assert following(found, Spot(3, 0, 0), 1) is None
    assert following(found, Spot(0, 0, 0), -1) is None


@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)))
def test_going_on_from_stop_to_stop_meets_each_once_in_order(
    edited: set[int], gone: set[int]
) -> None:
    files = compare({"a.py": text()}, {"a.py": text(*edited, without=tuple(gone))})
    found = stops(PANES, {}, files, beside(()))
    met: list[Stop] = []
    here = Spot(0, 0, -1)
    while (stop := following(found, here, 1)) is not None:
        met.append(stop)
        here = stop.spot

    assert met == found
    rows = aligned(files[0], marks=False)
    for one in met:
        side = [row.new_no if one.side == "new" else row.old_no for row in rows]
        assert not one.line or rows[side.index(one.line)].kind != "same"
