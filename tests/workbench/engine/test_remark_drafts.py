"""Drafts of remarks: durable, the person's alone, published all together or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import furniture
import pytest
from talking import Talk, talk

from toolvet.client.errors import RemoteError
from toolvet.engine import remark_drafts
from toolvet.engine.remark_drafts import DraftGoneError
from toolvet.storage import Unit
from toolvet_reviews.review_views import Anchor, DraftRemark
from toolvet_reviews.views import ProposalView

RETURN = Anchor("line", "add.py", 14, 14)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    with talk(tmp_path_factory.mktemp("drafts")) as found:
        yield found


@pytest.fixture
def view(room: Talk) -> Iterator[ProposalView]:
    """A proposal of which nobody keeps a draft afterwards: an id is used once by a person."""
    found = room.proposal()
    yield found
    for who in ("ada", "ben"):
        for one in room.ask(who, "drafts_of_remarks", found.id):
            room.ask(who, "drop_draft", found.id, one.id)


def draft(id: str, text: str = "half a thought", **words: Any) -> DraftRemark:
    return replace(DraftRemark(id, RETURN, text, ""), **words)


def keep(room: Talk, view: ProposalView, one: DraftRemark, who: str = "ada") -> DraftRemark:
    return room.ask(who, "keep_draft", view.id, one)


def refusal(room: Talk, who: str, what: str, *words: Any) -> str:
    with pytest.raises(RemoteError) as refused:
        room.ask(who, what, *words)
    return refused.value.code


def test_a_draft_is_kept_and_written_over_and_forgotten(room: Talk, view: ProposalView) -> None:
    keep(room, view, draft("d1", "half a"))
    kept = keep(room, view, draft("d1", "half a thought", blocking=True, suggestion="x = 1\n"))

    assert room.ask("ada", "drafts_of_remarks", view.id) == [kept]
    assert (kept.text, kept.blocking, kept.suggestion) == ("half a thought", True, "x = 1\n")
    assert kept.revision == 1
    assert kept.updated_at
    assert room.ask("ada", "review_state", view.id).drafts == (kept,)
    room.ask("ada", "drop_draft", view.id, "d1")
    room.ask("ada", "drop_draft", view.id, "d1")
    assert room.ask("ada", "drafts_of_remarks", view.id) == []


def test_nobody_else_sees_or_touches_a_draft(room: Talk, view: ProposalView) -> None:
    keep(room, view, draft("d1"))
    keep(room, view, draft("d1", "mine"), who="ben")

    room.ask("ben", "drop_draft", view.id, "d1")

    assert [one.text for one in room.ask("ada", "drafts_of_remarks", view.id)] == ["half a thought"]
    assert room.ask("ben", "review_state", view.id).drafts == ()
    assert refusal(room, "ben", "publish_drafts", view.id, ["d1"]) == "draft.gone"
    assert room.shown("bot", view.id).comments == ()


@pytest.mark.parametrize("who", ["bot", "critic", "local"])
def test_no_machine_has_drafts(room: Talk, view: ProposalView, who: str) -> None:
    for what, words in {
        "keep_draft": (view.id, draft("d1")),
        "drafts_of_remarks": (view.id,),
        "drop_draft": (view.id, "d1"),
        "publish_drafts": (view.id, ["d1"]),
    }.items():
        assert refusal(room, who, what, *words) == "vote.not_a_person"


def test_published_drafts_become_threads_and_answers(room: Talk, view: ProposalView) -> None:
    asked = room.ask("ben", "open_thread", view.id, RETURN, "why").threads[0]
    keep(room, view, draft("d1", "mend this", blocking=True, suggestion="    return 0\n"))
    keep(room, view, draft("d2", "yes, why", thread=asked.id))
    keep(room, view, draft("d3", "  "))

    state = room.ask("ada", "publish_drafts", view.id, ["d1", "d2", "d3", "d1"])

    answered, opened = state.threads
    assert [one.text for one in answered.said] == ["why", "yes, why"]
    assert (opened.said[0].text, opened.blocking) == ("mend this", True)
    assert opened.said[0].suggestion == "    return 0\n"
    assert state.drafts == ()


def test_all_drafts_are_published_or_none(room: Talk, view: ProposalView) -> None:
    keep(room, view, draft("d1"))
    keep(room, view, draft("d2", anchor=Anchor("line", "add.py", 400, 400)))

    assert refusal(room, "ada", "publish_drafts", view.id, ["d1", "d2"]) == "thread.place"
    assert refusal(room, "ada", "publish_drafts", view.id, ["d1", "d9"]) == "draft.gone"

    state = room.ask("ada", "review_state", view.id)
    assert state.threads == ()
    assert len(state.drafts) == 2


def test_a_draft_keeps_to_the_revision_it_was_begun_on(room: Talk, view: ProposalView) -> None:
    keep(room, view, draft("d1", "why first"))
    source = furniture.ADD["add.py"].replace('"""Add numbers."""', '"""Add numbers."""\n\n# Now')
    room.revised(view, {**furniture.ADD, "add.py": source})

    later = keep(room, view, draft("d1", "why first?"))
    elsewhere = keep(room, view, draft("d2", "new", anchor=Anchor("line", "add.py", 16, 16)))
    [one, other] = room.ask("ada", "publish_drafts", view.id, ["d1", "d2"]).threads

    assert (later.revision, elsewhere.revision) == (1, 2)
    assert (one.revision, one.place.line, one.followed) == (1, 16, "moved")
    assert (other.revision, other.place.line, other.followed) == (2, 16, "here")


def test_what_is_no_draft_is_refused(room: Talk, view: ProposalView) -> None:
    other = room.proposal()
    keep(room, other, draft("taken"))
    refused = {
        "no id": draft("no id!"),
        "of another proposal": draft("taken"),
        "a revision there is not": draft("d", revision=9),
        "a thread there is not": draft("d", thread="nothing"),
    }

    for why, one in refused.items():
        assert refusal(room, "ada", "keep_draft", view.id, one) == "draft.invalid", why
    long = draft("d", "x" * 20_001)
    assert refusal(room, "ada", "keep_draft", view.id, long) == "request.invalid"
    assert refusal(room, "ada", "keep_draft", view.id, draft("d", anchor=Anchor("file"))) == (
        "thread.place"
    )


def test_there_are_only_so_many(
    room: Talk, view: ProposalView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remark_drafts, "MOST", 2)
    for id in ("d1", "d2", "d1"):
        keep(room, view, draft(id))

    assert refusal(room, "ada", "keep_draft", view.id, draft("d3")) == "busy"


def test_drafts_go_out_with_a_decision_or_not_at_all(room: Talk, view: ProposalView) -> None:
    keep(room, view, draft("d1", "this line"))
    services = room.home.services
    ada = room.run(room.home.caller(room.member("ada")))

    def decide(unit: Unit, *ids: str) -> None:
        row = unit.proposals.get(int(view.id[2:]))
        assert row is not None
        remark_drafts.publish_in(services, unit, ada, row, ids)

    with pytest.raises(DraftGoneError):
        room.run(services.store.write(lambda unit: decide(unit, "d1", "d2")))
    assert room.ask("ada", "review_state", view.id).threads == ()

    changed = room.ask(
        "ada", "request_changes", view.id, view.revision_digest, "see there", drafts=["d1"]
    )

    state = room.ask("ada", "review_state", view.id)
    assert changed.state == "changes_wanted"
    assert [one.said[0].text for one in state.threads] == ["this line"]
    assert state.drafts == ()


def test_a_draft_is_in_the_store_before_it_is_answered(room: Talk, view: ProposalView) -> None:
    kept = keep(room, view, draft("d1"))

    rows = room.home.services.store.query_sync(
        lambda look: look.threads.drafts(room.member("ada").id, int(view.id[2:]))
    )

    assert [(one.id, one.text) for one in rows] == [(kept.id, kept.text)]
