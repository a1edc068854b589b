"""Threads: who may open, answer and settle them, what blocks, and that they follow their code."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import furniture
import pytest
from talking import Talk, called, talk

from toolvet.audit.entries import parse_entry
from toolvet.client.errors import RemoteError
from toolvet.engine import remarks
from toolvet.engine.blocking import blocking
from toolvet.engine.remarks import LONGEST
from toolvet.storage import View
from toolvet_reviews.events import Verb
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.review_views import Anchor, ReviewState, ThreadView
from toolvet_reviews.views import ProposalView

RETURN = Anchor("line", "add.py", 14, 14)
"""The line that adds."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    with talk(tmp_path_factory.mktemp("threads")) as found:
        yield found


@pytest.fixture
def view(room: Talk) -> ProposalView:
    return room.proposal()


def opened(room: Talk, who: str, view: ProposalView, **options: Any) -> ThreadView:
    """Open a thread on the line that adds, unless another place is named."""
    place = options.pop("anchor", RETURN)
    text = options.pop("text", "why not the other way?")
    state = room.ask(who, "open_thread", view.id, place, text, **options)
    return state.threads[-1]


def state(room: Talk, view: ProposalView, who: str = "ada") -> ReviewState:
    return room.ask(who, "review_state", view.id)


def refusal(room: Talk, who: str, what: str, *words: Any, **options: Any) -> str:
    """Ask for something that is refused; answer the code."""
    with pytest.raises(RemoteError) as refused:
        room.ask(who, what, *words, **options)
    return refused.value.code


def entries(room: Talk, verb: Verb) -> list[Any]:
    def read(look: View) -> list[Any]:
        return [parse_entry(row.leaf) for row in look.entries(verbs=[verb])]

    return room.home.services.store.query_sync(read)


# --- what is said ------------------------------------------------------------------------------


def test_a_thread_shows_who_said_what_where(room: Talk, view: ProposalView) -> None:
    thread = opened(room, "ada", view, suggestion="    return second + first\n")

    assert (thread.anchor, thread.place, thread.followed) == (RETURN, RETURN, "here")
    assert thread.quote == "    return first + second"
    assert not thread.blocking
    assert not thread.resolved
    [said] = thread.said
    assert (said.author, said.author_kind, said.kind) == ("ada", "human", "remark")
    assert said.suggestion == "    return second + first\n"


def test_an_answer_stands_under_what_it_answers(room: Talk, view: ProposalView) -> None:
    thread = opened(room, "ada", view)

    answered = room.ask("bot", "reply", thread.id, "because").threads[-1]

    assert [(one.author, one.author_kind, one.text) for one in answered.said] == [
        ("ada", "human", "why not the other way?"),
        ("bot", "agent", "because"),
    ]


def test_a_comment_is_a_thread_and_stays_a_comment(room: Talk, view: ProposalView) -> None:
    shown = room.ask("ada", "comment", view.id, "what is this", "add.py", 14)

    [thread] = state(room, view).threads
    assert thread.anchor == RETURN
    assert [(one.text, one.path, one.line) for one in shown.comments] == [
        ("what is this", "add.py", 14)
    ]


def test_words_about_the_whole_and_about_a_file_have_their_place(
    room: Talk, view: ProposalView
) -> None:
    room.ask("ada", "comment", view.id, "as a whole")
    room.ask("ada", "comment", view.id, "this file", "add.py")

    places = [thread.anchor for thread in state(room, view).threads]
    assert places == [Anchor(), Anchor("file", "add.py")]


def test_each_remark_is_an_entry_without_its_words(room: Talk, view: ProposalView) -> None:
    opened(room, "ada", view, text="secret words", blocking=True)

    [entry] = [one for one in entries(room, Verb.COMMENT_ADD) if one.target_id == view.id]
    assert entry.facts["blocking"] is True
    assert entry.facts["anchor"] == "line"
    assert set(entry.payloads) == {"text", "path"}


@pytest.mark.parametrize(
    ("anchor", "text", "options", "code"),
    [
        (Anchor("line", "add.py", 99, 99), "x", {}, "thread.place"),
        (Anchor("line", "nothing.py", 1, 1), "x", {}, "thread.place"),
        (Anchor("file", "../add.py"), "x", {}, "thread.place"),
        (Anchor("finding", name="0" * 32), "x", {}, "thread.place"),
        (Anchor("criterion", name="beauty"), "x", {}, "thread.place"),
        (Anchor(), "  ", {}, "comment.text"),
        (Anchor(), "x" * (LONGEST + 1), {}, "request.invalid"),
        (Anchor(), "x", {"suggestion": "y"}, "thread.place"),
        (Anchor(), "x", {"revision": 7}, "not_found"),
    ],
    ids=[
        "a line beyond the end",
        "no such file",
        "an escape",
        "no such finding",
        "no criterion",
        "no words",
        "too many words",
        "an edit without lines",
        "no such revision",
    ],
)
def test_what_is_no_remark_is_refused_and_not_stored(
    room: Talk, view: ProposalView, anchor: Anchor, text: str, options: Any, code: str
) -> None:
    assert refusal(room, "ada", "open_thread", view.id, anchor, text, **options) == code
    assert state(room, view).threads == ()


def test_somebody_who_does_not_see_the_proposal_finds_no_thread(
    room: Talk, view: ProposalView
) -> None:
    thread = opened(room, "ada", view)
    if "stranger" not in room.home.members:
        room.run(room.home.agent("stranger"))

    for what, words in {
        "review_state": (view.id,),
        "open_thread": (view.id, Anchor(), "x"),
        "change_requests": (view.id,),
    }.items():
        assert refusal(room, "stranger", what, *words) == "proposal.not_found"
    for what, words in {"reply": ("x",), "resolve": (), "reopen": ()}.items():
        assert refusal(room, "stranger", what, thread.id, *words) == "thread.not_found"
    assert refusal(room, "ada", "reply", "no-such-thread", "x") == "thread.not_found"


def test_nobody_says_more_than_anybody_reads(
    room: Talk, view: ProposalView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remarks, "MOST_REMARKS", 2)
    for _ in range(2):
        opened(room, "bot", view)
    assert refusal(room, "bot", "open_thread", view.id, RETURN, "more") == "busy"

    monkeypatch.setattr(remarks, "MOST_SAID", 100)
    opened(room, "ada", view, text="x" * 90)
    assert refusal(room, "ada", "open_thread", view.id, RETURN, "x" * 11) == "busy"
    assert len(state(room, view).threads) == 3


def test_words_that_are_erased_from_the_log_are_gone_from_the_thread(
    room: Talk, view: ProposalView
) -> None:
    thread = opened(room, "ada", view, text="a name", suggestion="a name\n")
    room.ask("ada", "resolve", thread.id, "a name")
    for verb, name in (
        (Verb.COMMENT_ADD, "text"),
        (Verb.COMMENT_ADD, "suggestion"),
        (Verb.THREAD_RESOLVE, "text"),
    ):
        room.ask("person", "erase", entries(room, verb)[-1].index, name, "asked for")

    [shown] = state(room, view).threads
    assert [(one.text, one.suggestion) for one in shown.said] == [("", None), ("", None)]
    assert "a name" not in repr(room.shown("bot", view.id).comments)


# --- settling ----------------------------------------------------------------------------------


def test_a_thread_is_resolved_and_opened_again_with_a_word(room: Talk, view: ProposalView) -> None:
    thread = opened(room, "ada", view)

    settled = room.ask("ben", "resolve", thread.id, "fine").threads[-1]
    again = room.ask("ada", "reopen", thread.id).threads[-1]

    assert settled.resolved
    assert not again.resolved
    assert [(one.author, one.kind, one.text) for one in again.said[1:]] == [
        ("ben", "resolve", "fine"),
        ("ada", "reopen", ""),
    ]
    comments = room.shown("ada", view.id).comments
    assert [one.text for one in comments] == ["why not the other way?", "fine"]


def test_settling_twice_is_settling_once(room: Talk, view: ProposalView) -> None:
    thread = opened(room, "ada", view)

    room.ask("ada", "resolve", thread.id)
    twice = room.ask("ada", "resolve", thread.id).threads[-1]

    assert [one.kind for one in twice.said] == ["remark", "resolve"]
    settled = [one for one in entries(room, Verb.THREAD_RESOLVE) if one.target_id == thread.id]
    assert len(settled) == 1


def test_an_author_settles_what_does_not_block_and_nothing_that_does(
    room: Talk, view: ProposalView
) -> None:
    harmless = opened(room, "ada", view)
    blocks = opened(room, "ada", view, blocking=True)

    assert room.ask("bot", "resolve", harmless.id).open_threads == 1
    assert refusal(room, "bot", "resolve", blocks.id) == "vote.not_a_person"
    assert state(room, view).blocking_threads == 1


def test_a_person_cannot_settle_what_blocks_their_own_work(room: Talk) -> None:
    writer = room.home.members.get("writer") or room.run(
        room.home.human("writer", ("author", "reviewer"))
    )
    view = room.run(room.home.submit(writer, called("own_work", furniture.ADD)))
    blocks = opened(room, "ada", view, blocking=True)

    assert refusal(room, "writer", "resolve", blocks.id) == "thread.not_yours"
    place = (view.id, RETURN, "mine")
    assert refusal(room, "writer", "open_thread", *place, blocking=True) == "auth.forbidden"


def test_what_blocks_is_settled_by_any_reviewer(room: Talk, view: ProposalView) -> None:
    blocks = opened(room, "ada", view, blocking=True)

    assert room.ask("ben", "resolve", blocks.id).blocking_threads == 0


# --- what blocks -------------------------------------------------------------------------------


def test_a_blocking_thread_holds_publishing_back_until_it_is_resolved(
    room: Talk, view: ProposalView
) -> None:
    blocks = opened(room, "ada", view, blocking=True)

    voted = room.run(room.home.approve(view.id, room.member("ben")))
    room.ask("ada", "resolve", blocks.id)

    assert voted.state == "reviewing"
    assert room.shown("ada", view.id).state == "published"


def test_resolving_publishes_nothing_that_nobody_approved(room: Talk, view: ProposalView) -> None:
    blocks = opened(room, "ada", view, blocking=True)

    room.ask("ada", "resolve", blocks.id)

    assert room.shown("ada", view.id).state == "reviewing"


def test_a_row_that_somebody_changed_in_the_database_still_blocks(
    room: Talk, view: ProposalView
) -> None:
    thread = opened(room, "ada", view, blocking=True)

    def tamper(unit: Any) -> None:
        row = unit.threads.get(thread.id)
        unit.threads.save(replace(row, blocking=False, resolved=True))

    store = room.home.services.store
    room.run(store.write(tamper))

    kept = blocks_of(room, view)
    assert kept == [thread.id]
    assert room.run(room.home.approve(view.id, room.member("ben"))).state == "reviewing"


def test_a_thread_that_was_opened_again_blocks_again(room: Talk, view: ProposalView) -> None:
    thread = opened(room, "ada", view, blocking=True)
    room.ask("ada", "resolve", thread.id)
    room.ask("ben", "reopen", thread.id)

    assert room.run(room.home.approve(view.id, room.member("ben"))).state == "reviewing"


@pytest.mark.parametrize("who", ["bot", "critic", "local"])
def test_no_machine_says_what_blocks_or_settles_it(
    room: Talk, view: ProposalView, who: str
) -> None:
    blocks = opened(room, "ada", view, blocking=True)
    place = (view.id, RETURN, "stop")

    assert refusal(room, who, "open_thread", *place, blocking=True) == "vote.not_a_person"
    assert refusal(room, who, "resolve", blocks.id) == "vote.not_a_person"
    assert refusal(room, who, "reopen", blocks.id) == "vote.not_a_person"


def test_a_refusal_is_recorded(room: Talk, view: ProposalView) -> None:
    blocks = opened(room, "ada", view, blocking=True)

    refusal(room, "critic", "resolve", blocks.id)

    refused = [one for one in entries(room, Verb.THREAD_RESOLVE) if one.outcome == "refused"]
    assert refused[-1].target_id == blocks.id
    assert blocks_of(room, view) == [blocks.id]


def blocks_of(room: Talk, view: ProposalView) -> list[str]:
    def read(look: View) -> list[str]:
        row = look.proposals.get(int(view.id[2:]))
        return [] if row is None else blocking(look, row)

    return room.home.services.store.query_sync(read)


# --- reviewer agents ---------------------------------------------------------------------------


def test_what_an_agent_says_about_the_work_of_others_is_a_labelled_flag(
    room: Talk, view: ProposalView
) -> None:
    thread = opened(room, "critic", view)
    answered = room.ask("critic", "reply", thread.id, "more").threads[-1]

    assert [(one.kind, one.author_kind) for one in answered.said] == [("flag", "agent")] * 2
    assert not answered.blocking


def test_a_reviewing_agent_reads_the_dossier_and_decides_nothing(
    room: Talk, view: ProposalView
) -> None:
    ballot = room.run(room.home.sign(room.member("ada"), "login"))  # any envelope of a person
    digest = view.revision_digest
    refused: dict[str, tuple[Any, ...]] = {
        "request_changes": (view.id, digest, "no"),
        "reject": (view.id, digest, "no"),
        "withdraw": (view.id,),
        "vote": (view.id, ballot.envelope),
        "lift": (view.id,),
        "claim": (view.id,),
        "assign": (view.id, "ben"),
        "drafts_of_remarks": (view.id,),
        "publish_drafts": (view.id, ["a"]),
        "keep_case": (view.id, "case", {"first": 1, "second": 2}, 3),
        "mark_seen": (view.id, []),
    }

    assert room.ask("critic", "dossier", view.id)
    for what, words in refused.items():
        with pytest.raises(RemoteError) as error:
            room.ask("critic", what, *words)
        assert error.value.status == 403, (what, error.value)
    assert room.shown("ada", view.id).state == "reviewing"
    assert room.shown("ada", view.id).votes == ()


# --- following ---------------------------------------------------------------------------------


def test_threads_follow_their_code_through_a_revision(room: Talk, view: ProposalView) -> None:
    opened(room, "ada", view)
    opened(room, "ada", view, anchor=Anchor("line", "add.py", 1, 1), text="name it")
    source = furniture.ADD["add.py"]
    moved = source.replace('"""Add numbers."""', '"""Sums up, of whole numbers only."""\n\n# Ours.')
    room.revised(view, {**furniture.ADD, "add.py": moved})

    found = {one.said[0].text: one for one in state(room, view).threads}

    after = found["why not the other way?"]
    assert (after.place.line, after.followed, after.revision) == (16, "moved", 1)
    assert found["name it"].followed in ("lost", "changed")
    assert found["name it"].quote == '"""Add numbers."""'
    then = room.ask("ada", "review_state", view.id, 1).threads[0]
    assert (then.place, then.followed) == (RETURN, "here")


def test_a_thread_on_a_file_that_is_gone_says_so(room: Talk) -> None:
    more = {**furniture.ADD, "tests/test_add.py": "def test_one() -> None:\n    assert True\n"}
    view = room.proposal(more)
    for anchor in (
        Anchor("line", "tests/test_add.py", 2, 2),
        Anchor("file", "tests/test_add.py"),
        Anchor("test", name="test_one"),
        Anchor("field", name="tool.summary"),
        Anchor("criterion", name="safety"),
    ):
        opened(room, "ada", view, anchor=anchor)
    room.revised(view, furniture.ADD)

    found = [one.followed for one in state(room, view).threads]

    assert found == ["lost", "lost", "lost", "here", "here"]
    assert state(room, view).threads[0].quote == "    assert True"


# --- findings, as far as one may know them -----------------------------------------------------

HIDDEN = Finding(
    "semgrep.own-rule",
    "warning",
    "the organisation objects",
    "add.py",
    14,
    snippet="x",
    hidden=True,
)
OPEN = Finding("ruff.E501", "warning", "too long", "add.py", 14, snippet="return first")


def test_an_author_learns_where_a_hidden_finding_is_and_not_what_it_is(room: Talk) -> None:
    room.planted.found = {
        "semgrep": Evidence("semgrep", "warned", "1 warning", (HIDDEN,)),
        "ruff": Evidence("ruff", "warned", "1 warning", (OPEN,)),
    }
    view = room.proposal()
    room.planted.found = {}
    opened(room, "ada", view, anchor=Anchor("finding", name=HIDDEN.fingerprint))
    opened(room, "ada", view, anchor=Anchor("finding", name=OPEN.fingerprint))

    hidden, known = state(room, view, "bot").threads
    whole = state(room, view, "ada").threads[0]

    assert hidden.place == Anchor("finding", "add.py", 14)
    assert hidden.quote == ""
    assert known.place == Anchor("finding", "add.py", 14, 14, OPEN.fingerprint)
    assert whole.place.name == HIDDEN.fingerprint
    place = Anchor("finding", name=HIDDEN.fingerprint)
    assert refusal(room, "bot", "open_thread", view.id, place, "x") == "thread.place"
    assert refusal(room, "critic", "open_thread", view.id, place, "x") == "thread.place"


def test_a_finding_is_followed_by_its_fingerprint(room: Talk) -> None:
    room.planted.found = {"ruff": Evidence("ruff", "warned", "1 warning", (OPEN,))}
    view = room.proposal()
    opened(room, "ada", view, anchor=Anchor("finding", name=OPEN.fingerprint))
    lower = replace(OPEN, line=20)
    room.planted.found = {"ruff": Evidence("ruff", "warned", "1 warning", (lower,))}
    room.revised(view, furniture.ADD_AGAIN)
    moved = state(room, view).threads[0]
    room.planted.found = {}
    source = {**furniture.ADD, "add.py": furniture.ADD["add.py"] + "\n# done\n"}
    room.revised(view, source)
    gone = state(room, view).threads[0]

    assert (moved.place.line, moved.followed) == (20, "moved")
    assert gone.followed == "lost"
    assert gone.quote == "return first"
