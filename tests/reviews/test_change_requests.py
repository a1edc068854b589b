"""What an author is asked, as data; and suggested edits, put in place to the byte."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import change_requests as requests
from toolvet_reviews.anchors import AnchorError
from toolvet_reviews.change_requests import Edit, Similar, apply_suggestion, apply_suggestions
from toolvet_reviews.review_views import (
    Anchor,
    CaseView,
    ChangeRequest,
    ObjectionView,
    Said,
    ThreadView,
)
from toolvet_reviews.views import FindingView, RubricLine

BOT = "bot-id"


def said(text: str, by: str = "ada", **words: object) -> Said:
    kind = "agent" if by == "bot" else "human"
    made = Said("s", by, f"{by}-id", kind, text, "2026-11-22T00:00:00.000000Z", 1)
    return replace(made, **words)  # type: ignore[arg-type]


def thread(*spoken: Said, **words: object) -> ThreadView:
    at = Anchor("line", "add.py", 3, 4)
    made = ThreadView("t1", at, 1, at, "here", False, False, spoken, "a\nb")
    return replace(made, **words)  # type: ignore[arg-type]


def asked(one: ThreadView) -> ChangeRequest:
    [found] = requests.of_threads([one], BOT)
    return found


# --- threads -----------------------------------------------------------------------------------


def test_an_open_thread_asks_with_everything_that_others_said() -> None:
    found = asked(thread(said("why?"), said("because", "bot"), said("not enough", "ben")))

    assert (found.id, found.kind, found.category) == ("t1", "thread", "remark")
    assert found.words == "why?\n\nnot enough"
    assert found.answer == "because"
    assert found.place == Anchor("line", "add.py", 3, 4)


def test_what_is_settled_or_opened_by_the_author_asks_nothing() -> None:
    settled = thread(said("why?"), resolved=True)
    own = thread(said("note to you", "bot"))

    assert requests.of_threads([settled, own], BOT) == ()


def test_a_blocking_thread_says_who_settles_it() -> None:
    found = asked(thread(said("why?"), blocking=True))

    assert found.blocking
    assert "reviewer has to resolve" in found.satisfied_by


def test_the_newest_suggestion_is_offered_for_the_lines_where_they_are_now() -> None:
    spoken = (said("so", suggestion="x = 1\n"), said("or so", suggestion="x = 2\n"))

    found = asked(thread(*spoken, place=Anchor("line", "add.py", 8, 9), followed="moved"))

    assert (found.category, found.suggestion) == ("suggested_edit", "x = 2\n")
    assert "lines 8 to 9" in found.satisfied_by


@pytest.mark.parametrize("followed", ["changed", "lost"])
def test_a_suggestion_for_lines_that_changed_is_only_told(followed: str) -> None:
    found = asked(thread(said("so", suggestion="x = 1\n"), followed=followed))

    assert found.suggestion is None
    assert "x = 1" in found.words
    assert f"lines that are {followed} now:\na\nb" in found.words


def test_a_suggestion_of_the_author_itself_is_not_offered_back() -> None:
    assert asked(thread(said("so"), said("?", "bot", suggestion="x\n"))).suggestion is None


def test_settling_words_are_no_request() -> None:
    reopened = thread(said("why?"), said("fine", kind="resolve"), said("no", kind="reopen"))

    assert asked(reopened).words == "why?"


# --- the rest ----------------------------------------------------------------------------------


def test_a_required_line_that_is_not_met_names_what_would_meet_it() -> None:
    lines = [
        RubricLine("safety", "unmet", True, "an error", ("semgrep",)),
        RubricLine("cost", "unknown", False, "not measured", ()),
        RubricLine("rollback", "met", True, "fine", ()),
    ]
    found = FindingView("r", "error", "c", "shell", "add.py", 3, fix="Pass a list.")
    note = FindingView("r", "note", "c", "never mind")

    [request] = requests.of_rubric(
        lines, {"semgrep": [found, note]}, {Anchor("criterion", name="safety"): "done"}
    )

    assert (request.id, request.category) == ("criterion:safety", "safety")
    assert request.place == Anchor("criterion", name="safety")
    assert request.satisfied_by == "safety is met, by semgrep. add.py:3: Pass a list."
    assert (request.blocking, request.answer) == (True, "done")


def test_a_kept_case_that_fails_says_what_it_must_give() -> None:
    case = CaseView("c1", "zero", {"first": 0}, 3, "", "ada", "")
    failing = replace(case, id="c2", name="none", expected=None, code="ValueError")
    message = "The reviewer's case 'zero': the tool gave 4 at /, and not 3."

    wrong = requests.wrong_of(case, message)
    assert wrong is not None
    assert requests.wrong_of(failing, message) is None
    found = requests.of_cases([case, failing], {"c1": wrong, "c2": "gave a result"}, {})

    assert found[0].id == "case:c1"
    assert found[0].place == Anchor("test", name="zero")
    assert "the tool gave 4 at /, and not 3" in found[0].words
    assert found[0].satisfied_by.endswith("it gives 3.")
    assert found[1].satisfied_by.endswith("it fails with ValueError.")


def test_a_standing_objection_asks_and_a_lifted_one_does_not() -> None:
    standing = ObjectionView("ada", "ada-id", 1, "", "not like this")
    lifted = replace(standing, person_id="ben-id", lifted_at="now")
    answers = {requests.place_of_answer("objection:ada-id"): "see revision 2"}

    [found] = requests.of_objections([standing, lifted], answers)

    assert (found.id, found.words) == ("objection:ada-id", "not like this")
    assert found.answer == "see revision 2"


def test_a_similar_tool_is_named() -> None:
    found = requests.of_similar(Similar("default/add", "extend it"), {})

    assert (found.id, found.kind) == ("similar:default/add", "similar")
    assert "default/add" in found.satisfied_by


# --- edits -------------------------------------------------------------------------------------


def edit(text: str, first: int, last: int, suggestion: str) -> str:
    anchor = Anchor("line", "f", first, last)
    return apply_suggestion({"f": text.encode()}, anchor, suggestion)["f"].decode()


@pytest.mark.parametrize(
    ("text", "place", "suggestion", "expected"),
    [
        ("a\nb\nc\n", (2, 2), "x\ny\n", "a\nx\ny\nc\n"),
        ("a\nb\nc\n", (2, 2), "x", "a\nx\nc\n"),
        ("a\nb\nc\n", (1, 3), "", ""),
        ("a\nb\nc\n", (2, 2), "\n", "a\n\nc\n"),
        ("a\nb\nc", (3, 3), "x\n", "a\nb\nx"),
        ("a\nb\nc", (3, 3), "x\ny", "a\nb\nx\ny"),
        ("a\r\nb\r\nc\r\n", (2, 2), "x\ny\n", "a\r\nx\r\ny\r\nc\r\n"),
        ("a\x0cb\nc\n", (2, 2), "x", "a\x0cb\nx\n"),
        ("a", (1, 1), "b\nc", "b\nc"),
    ],
    ids=range(9),
)
def test_lines_are_put_in_place_of_those_named_and_nothing_else_changes(
    text: str, place: tuple[int, int], suggestion: str, expected: str
) -> None:
    assert edit(text, *place, suggestion) == expected


def test_an_edit_without_its_lines_is_refused() -> None:
    for anchor in (Anchor("line", "f", 3, 3), Anchor("line", "g", 1, 1), Anchor("file", "f")):
        with pytest.raises(AnchorError):
            apply_suggestion({"f": b"a\nb\n"}, anchor, "x")


def test_several_edits_are_put_in_place_at_once_and_the_first_of_two_wins() -> None:
    files = {"f": b"a\nb\nc\nd\n", "g": b"1\n"}
    edits = [
        Edit(Anchor("line", "f", 1, 1), "x\ny\n"),
        Edit(Anchor("line", "f", 3, 4), "z\n"),
        Edit(Anchor("line", "f", 4, 4), "lost\n"),
        Edit(Anchor("line", "g", 1, 1), "2\n"),
    ]

    assert apply_suggestions(files, edits) == {"f": b"x\ny\nb\nz\n", "g": b"2\n"}


LINES = st.lists(st.text("ab \r", max_size=4), min_size=1, max_size=8)


@given(LINES, st.data())
def test_putting_the_same_lines_in_place_changes_nothing(
    lines: list[str], data: st.DataObject
) -> None:
    text = "".join(f"{line.rstrip()}\n" for line in lines)
    first = data.draw(st.integers(1, len(lines)))
    last = data.draw(st.integers(first, len(lines)))
    kept = "".join(f"{line.rstrip()}\n" for line in lines[first - 1 : last])

    assert edit(text, first, last, kept) == text
