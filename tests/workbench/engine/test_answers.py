"""What an author is asked to settle, and its answers, which stand beside what was asked."""

from collections.abc import Iterator
from typing import Any

import furniture
import pytest
from talking import Answer, Talk, talk

from toolvet.client.errors import RemoteError
from toolvet.engine.change_requests import UnknownRequestError
from toolvet.errors import ToolvetError
from toolvet_reviews.change_requests import KEPT_CASE
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.review_views import Anchor, ChangeRequest, ReviewState
from toolvet_reviews.views import ProposalView

RETURN = Anchor("line", "add.py", 14, 14)
SECRET = "MARK-81c2"
OWN = Finding(
    f"semgrep.{SECRET}", "error", f"the rule {SECRET} objects", "add.py", 14,
    snippet=SECRET, fix="Reach it through the client.", hidden=True,
)  # fmt: skip
KEPT = Finding(
    "held_out.kept-case", "error",
    "The reviewer's case 'zero': the tool gave 4 at /, and not 3; called with {}.",
    "tool.toml", category=KEPT_CASE,
)  # fmt: skip


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    with talk(tmp_path_factory.mktemp("answers")) as found:
        yield found


@pytest.fixture
def view(room: Talk) -> ProposalView:
    return room.proposal()


@pytest.fixture
def failing(room: Talk) -> Iterator[None]:
    """From here on the organisation's own rule objects."""
    room.planted.found = {"semgrep": Evidence("semgrep", "failed", f"1 error: {SECRET}", (OWN,))}
    yield
    room.planted.found = {}


def asked(room: Talk, view: ProposalView, who: str = "bot") -> dict[str, ChangeRequest]:
    return {one.id: one for one in room.ask(who, "change_requests", view.id).items}


def state(room: Talk, view: ProposalView) -> ReviewState:
    return room.ask("ada", "review_state", view.id)


def again(number: int) -> dict[str, str]:
    return {**furniture.ADD, "add.py": f"{furniture.ADD['add.py']}# revision {number}\n"}


def test_nothing_is_asked_of_what_nobody_minds(room: Talk, view: ProposalView) -> None:
    assert asked(room, view) == {}


def test_an_answer_stands_in_the_thread_that_asked(room: Talk, view: ProposalView) -> None:
    state_then = room.ask("ada", "open_thread", view.id, RETURN, "why?", blocking=True)
    thread = state_then.threads[0]

    room.revised(view, again(2), answers=(Answer(thread.id, "because it sums"),))

    [found] = state(room, view).threads
    assert [(one.kind, one.text, one.revision) for one in found.said] == [
        ("remark", "why?", 1),
        ("answer", "because it sums", 2),
    ]
    assert asked(room, view)[thread.id].answer == "because it sums"
    assert found.blocking
    assert not found.resolved


def test_an_answer_to_what_nobody_asks_is_refused_before_anything_is_stored(
    room: Talk, view: ProposalView
) -> None:
    thread = room.ask("ada", "open_thread", view.id, RETURN, "why?").threads[0]
    for answers in (
        (Answer("criterion:beauty", "x"),),
        (Answer(thread.id, "fine"), Answer("nothing", "x")),
        (Answer(thread.id, "fine"), Answer(thread.id, "twice")),
    ):
        with pytest.raises(UnknownRequestError):
            room.revised(view, again(2), answers=answers)
    with pytest.raises(ToolvetError) as empty:
        room.revised(view, again(2), answers=(Answer(thread.id, " "),))

    assert empty.value.code == "comment.text"
    assert room.shown("bot", view.id).revision == 1
    assert len(state(room, view).threads[0].said) == 1


def test_the_same_answer_with_the_same_files_is_said_once(room: Talk, view: ProposalView) -> None:
    thread = room.ask("ada", "open_thread", view.id, RETURN, "why?").threads[0]
    for _ in range(2):
        room.revised(view, again(2), answers=(Answer(thread.id, "because"),))

    assert [one.text for one in state(room, view).threads[0].said] == ["why?", "because"]
    assert room.shown("bot", view.id).revision == 2


@pytest.mark.usefixtures("failing")
def test_a_rubric_line_is_asked_for_in_words_its_author_may_read(room: Talk) -> None:
    view = room.proposal()

    told = asked(room, view)

    line = told["criterion:safety"]
    assert line.blocking
    assert "Reach it through the client" in line.satisfied_by
    assert SECRET not in repr(told)


@pytest.mark.usefixtures("failing")
def test_an_answer_to_a_rubric_line_is_a_thread_about_it_that_blocks_nothing(room: Talk) -> None:
    view = room.proposal()

    room.revised(view, again(2), answers=(Answer("criterion:safety", "it goes elsewhere"),))
    room.revised(view, again(3), answers=(Answer("criterion:safety", "not any more"),))

    [found] = state(room, view).threads
    assert found.anchor == Anchor("criterion", name="safety")
    assert [(one.kind, one.text) for one in found.said] == [
        ("answer", "it goes elsewhere"),
        ("answer", "not any more"),
    ]
    assert not found.blocking
    assert asked(room, view)["criterion:safety"].answer == "not any more"


def test_an_objection_asks_until_it_is_lifted_and_can_be_answered(
    room: Talk, view: ProposalView
) -> None:
    digest = view.revision_digest
    room.ask("ada", "request_changes", view.id, digest, "too slow")
    [request] = asked(room, view).values()

    room.revised(view, again(2), answers=(Answer(request.id, "faster now"),))

    assert (request.kind, request.words) == ("objection", "too slow")
    assert asked(room, view)[request.id].answer == "faster now"
    room.ask("ada", "lift", view.id)
    assert asked(room, view) == {}


def test_a_kept_case_that_fails_is_asked_for_with_its_arguments(
    room: Talk, view: ProposalView
) -> None:
    room.ask("ada", "keep_case", view.id, "zero", {"first": 0, "second": 3}, 3)
    assert asked(room, view) == {}
    room.planted.found = {"held_out": Evidence("held_out", "failed", "1 of 1", (KEPT,))}
    try:
        room.revised(view, again(2))
    finally:
        room.planted.found = {}

    case = next(one for one in asked(room, view).values() if one.kind == "case")

    assert case.place == Anchor("test", name="zero")
    assert "second 3" in case.words
    assert "the tool gave 4 at /, and not 3" in case.words
    room.revised(view, again(3), answers=(Answer(case.id, "zero counts now"),))
    assert state(room, view).threads[0].anchor == Anchor("test", name="zero")


def test_a_rejected_proposal_asks_to_extend_what_is_there(room: Talk, view: ProposalView) -> None:
    served = room.proposal()
    room.run(room.home.approve(served.id, room.member("ada")))
    room.ask(
        "ada",
        "reject",
        view.id,
        view.revision_digest,
        "we have that",
        similar=f"default/{served.tool}",
    )

    [request] = asked(room, view).values()

    assert request.kind == "similar"
    assert served.tool in request.satisfied_by
    assert request.words.endswith("we have that")


def test_a_published_proposal_asks_nothing(room: Talk, view: ProposalView) -> None:
    room.ask("ada", "open_thread", view.id, RETURN, "for next time")
    room.run(room.home.approve(view.id, room.member("ada")))

    assert asked(room, view) == {}


def test_the_api_takes_answers_with_a_revision(room: Talk, view: ProposalView) -> None:
    thread = room.ask("ada", "open_thread", view.id, RETURN, "why?").threads[0]
    files = room.ask("bot", "files", view.id)
    files["add.py"] += b"# more\n"

    with pytest.raises(RemoteError) as refused:
        room.ask("bot", "revise", view.id, files, answers={"nothing": "x"})
    room.ask("bot", "revise", view.id, files, answers={thread.id: "so"})
    room.run(room.home.verdict(view.id))

    assert refused.value.code == "proposal.unknown_request"
    assert refused.value.status == 409
    assert [one.text for one in state(room, view).threads[0].said] == ["why?", "so"]


def words_of(found: Any) -> list[str]:
    return [one.words for one in found.values()]


def test_what_blocks_is_asked_for_first(room: Talk, view: ProposalView) -> None:
    room.ask("ada", "open_thread", view.id, RETURN, "later")
    room.ask("ada", "open_thread", view.id, RETURN, "first", blocking=True)

    assert words_of(asked(room, view)) == ["first", "later"]
