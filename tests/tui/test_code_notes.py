"""What stands under lines of code: findings, threads, drafts, and gaps of the tests; all of it claims."""

from toolvet_reviews.review_views import Anchor, DraftRemark, ReviewState, Said, ThreadView
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView
from toolvet_tui.code_notes import MOST_SAID, beside

LINE = Anchor("line", "a.py", 3, 3)


def said(text: str, **more: str) -> Said:
    kind = more.get("kind", "remark")
    author_kind = more.get("author_kind", "human")
    return Said("s", "ada", "p", author_kind, text, "2026", 1, None, kind)  # type: ignore[arg-type]


def thread(*words: Said, place: Anchor = LINE, followed: str = "here", **more: bool) -> ThreadView:
    return ThreadView(
        "t1", LINE, 1, place, followed, more.get("blocking", False),  # type: ignore[arg-type]
        more.get("resolved", False), words,
    )  # fmt: skip


def strength(**measured: Json) -> EvidenceView:
    return EvidenceView("strength", "warned", "weak", measurements=JsonObject(measured))


def test_a_thread_stands_under_its_line_and_says_who_is_a_machine() -> None:
    state = ReviewState("P-1", (thread(said("Why?"), said("So.", author_kind="agent")),))

    [note] = beside((), state).on("a.py")

    assert (note.line, note.tone, note.thread) == (3, "thread", "t1")
    assert note.text == "thread: ada: Why?\nada (agent): So."


def test_an_answer_and_a_flag_are_told_apart_from_a_remark() -> None:
    words = (said("Which?", kind="flag", author_kind="agent"), said("This.", kind="answer"))

    [note] = beside((), ReviewState("P-1", (thread(*words),))).on("a.py")

    assert "ada (agent): flags: Which?" in note.text
    assert "ada: answers: This." in note.text


def test_a_lost_thread_stands_above_its_file_and_says_so() -> None:
    state = ReviewState("P-1", (thread(said("Why?"), followed="lost"),))

    [note] = beside((), state).on("a.py")

    assert note.line == 0
    assert "its line is gone" in note.text


def test_a_settled_thread_is_one_quiet_line() -> None:
    state = ReviewState("P-1", (thread(said("Why?"), said("Done."), resolved=True),))

    [note] = beside((), state).on("a.py")

    assert note.tone == "settled"
    assert "\n" not in note.text


def test_a_long_thread_keeps_its_beginning_and_its_end() -> None:
    words = [said(f"word {number}") for number in range(50)]

    [note] = beside((), ReviewState("P-1", (thread(*words),))).on("a.py")

    assert "word 0" in note.text
    assert "word 49" in note.text
    assert f"… {50 - MOST_SAID} more" in note.text


def test_a_thread_about_a_finding_stands_where_the_finding_is() -> None:
    found = FindingView("r", "error", "c", "m", "b.py", 7, fingerprint="f1")
    evidence = (EvidenceView("ruff", "failed", "", findings=(found,)),)
    state = ReviewState("P-1", (thread(said("Why?"), place=Anchor("finding", name="f1")),))

    notes = beside(evidence, state).on("b.py")

    assert [(one.line, one.tone) for one in notes] == [(7, "error"), (7, "thread")]


def test_hostile_words_are_one_spelled_out_line() -> None:
    state = ReviewState("P-1", (thread(said("a\n\x1b[31mb\u202ec")),))

    [note] = beside((), state).on("a.py")

    assert note.text == "thread: ada: a <U+001B>[31mb<U+202E>c"


def test_faults_that_no_test_notices_and_lines_that_none_ran_are_marked() -> None:
    survivor: Json = {"path": "a.py", "line": 4, "label": "`<` became `<=`"}
    found = beside((strength(survivors=[survivor], uncovered={"a.py": [8, 9]}),))

    assert [(one.line, one.tone) for one in found.on("a.py")] == [(4, "survivor")]
    assert found.bare["a.py"] == {8, 9}


def test_measurements_of_another_shape_say_nothing() -> None:
    shapes: tuple[Json, ...] = (None, 3, "x", [1], {"a.py": 1}, [{"path": 1, "line": "x"}])
    for shape in shapes:
        found = beside((strength(survivors=shape, uncovered=shape),))

        assert not found.notes
        assert not any(found.bare.values())


def test_a_draft_is_shown_to_its_writer_where_it_will_be() -> None:
    draft = DraftRemark("d1", LINE, "half a thou", "2026", blocking=True)

    [note] = beside((), None, (draft,)).on("a.py")

    assert (note.line, note.draft) == (3, "d1")
    assert note.text == "your draft, blocks, nobody else sees it: half a thou"
