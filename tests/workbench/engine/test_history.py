"""Looking back: decisions over time, one of them in full with its proof, and what was callable."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from house import House, Member

from toolvet.client import proof
from toolvet.client.acts import Words
from toolvet.client.client import Client
from toolvet.client.errors import RemoteError
from toolvet.client.proof import Proof
from toolvet.client.review_shapes import HistoryPage
from toolvet_reviews.policy import preset

Run = Callable[[Any], Any]
Ask = Callable[[Callable[[Client], Any]], Any]
T = TypeVar("T")


@pytest.fixture
def ask(home: House, run: Run) -> Ask:
    """Ask as the reviewer ada."""

    def asked(work: Callable[[Client], Any]) -> Any:
        return run(asyncio.to_thread(work, home.of(home.members["ada"])))

    return asked


def index_of(ask: Ask, verb: str, tool: str = "", *, last: bool = True) -> int:
    page: HistoryPage = ask(lambda client: client.history(verb=verb, tool=tool))
    return page.items[0 if last else -1].index


def test_history_lists_decisions_newest_first_and_no_calls(ask: Ask) -> None:
    page: HistoryPage = ask(lambda client: client.history(limit=200))

    places = [line.index for line in page.items]
    assert places == sorted(places, reverse=True)
    assert {"vote:approve", "release:publish", "key:enrol"} <= {line.verb for line in page.items}
    assert not {"call:run", "login:open"} & {line.verb for line in page.items}
    assert page.next is None


def test_pages_of_the_history_join_without_a_gap(ask: Ask) -> None:
    whole: HistoryPage = ask(lambda client: client.history(limit=200))
    joined: list[Any] = []
    cursor: str | None = None
    while True:
        page: HistoryPage = ask(lambda client, at=cursor: client.history(cursor=at, limit=3))
        joined += page.items
        cursor = page.next
        if cursor is None:
            break

    assert joined == [*whole.items]


def test_filters_of_the_history_leave_only_what_was_asked_for(ask: Ask) -> None:
    def found(**wanted: str) -> list[Any]:
        return list(ask(lambda client: client.history(limit=200, **wanted)).items)

    assert {line.tool for line in found(tool="add")} == {"default/add"}
    assert found(tool="default/add") == found(tool="add")
    assert found(tool="other/add") == []
    assert {line.verb for line in found(verb="vote")} == {"vote:approve"}
    assert {line.actor for line in found(person="person")} == {"person"}
    assert found(person="nobody") == []
    assert {line.said for line in found(words="BEN", verb="principal")} == {"ben"}
    assert found(words="ben nothing-of-the-kind") == []
    assert found(since="2999-01-01") == []
    assert found(until="2020-01-01T00:00:00Z") == []
    assert found(since="2020-01-01") == found()


def test_since_is_included_and_until_is_not(ask: Ask) -> None:
    lines = ask(lambda client: client.history(limit=200)).items
    moment = lines[3].time

    since = ask(lambda client: client.history(since=moment, limit=200)).items
    until = ask(lambda client: client.history(until=moment, limit=200)).items

    assert since == lines[:4]
    assert until == lines[4:]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"since": "yesterday"}, "history.time"),
        ({"until": "9999-12-31T23:59:59-23:59"}, "history.time"),
        ({"verb": "calls"}, "history.verb"),
        ({"cursor": "-1"}, "request.invalid"),
        ({"cursor": "x"}, "request.invalid"),
    ],
)
def test_a_question_nobody_can_answer_is_refused(
    ask: Ask, wanted: dict[str, Any], code: str
) -> None:
    with pytest.raises(RemoteError) as refused:
        ask(lambda client: client.history(**wanted))

    assert refused.value.code == code


def test_who_may_not_read_the_log_may_not_look_back(home: House, run: Run) -> None:
    client = home.of(home.members["bot"])
    asked: list[Callable[[], object]] = [
        client.history,
        lambda: client.decision(1),
        lambda: client.callable_at("2030-01-01"),
        lambda: client.try_policy(preset("team")),
        lambda: client.attestation("add"),
    ]

    for one in asked:
        with pytest.raises(RemoteError) as refused:
            run(asyncio.to_thread(one))
        assert refused.value.code == "auth.forbidden"


def test_a_decision_shows_the_evidence_as_it_stood(ask: Ask) -> None:
    index = index_of(ask, "vote:approve", "add", last=False)

    shown = ask(lambda client: client.decision(index))

    assert (shown.verb, shown.tool, shown.revision) == ("vote:approve", "default/add", 1)
    assert shown.rubric["correctness"] == "met"
    assert any(line.startswith("tests: ") for line in shown.evidence)
    assert json.loads(shown.envelope)["signatures"]


def test_a_decision_that_is_not_there_is_not_found(ask: Ask) -> None:
    for index in (10**9, -1):
        with pytest.raises(RemoteError) as refused:
            ask(lambda client, at=index: client.decision(at))
        assert refused.value.status == 404


def check(client: Client, index: int) -> Proof:
    return proof.check(client, client.service(), index)


def test_every_decision_of_an_honest_log_is_proved(ask: Ask) -> None:
    lines = ask(lambda client: client.history(limit=200)).items

    for line in lines:
        found: Proof = ask(lambda client, at=line.index: check(client, at))
        assert found.problems == ()
        assert found.in_log
        assert found.signature_ok is (True if found.signer else None)
    assert {line.verb for line in lines} >= {"vote:approve", "grant:add", "principal:add"}


def test_a_proof_says_what_was_signed_and_by_whose_key(ask: Ask, home: House) -> None:
    index = index_of(ask, "vote:approve", "add")

    found: Proof = ask(lambda client: check(client, index))

    assert home.person.key is not None
    assert found.signer == f"person {home.person.key.fingerprint}"
    assert "verdict: approve" in found.statement
    assert found.ok


class Lying(Client):
    """A client of a service that tells something else than its log says."""

    def __init__(self, honest: Client, lie: Callable[[str, Any], Any]) -> None:
        self._http = honest._http  # pyright: ignore[reportPrivateUsage]
        self._lie = lie

    def decision(self, index: int) -> Any:
        return self._lie("decision", super().decision(index))

    def audit_log(self, **wanted: Any) -> Any:
        return self._lie("log", super().audit_log(**wanted))

    def key_owner(self, fingerprint: str) -> Any:
        return self._lie("key", super().key_owner(fingerprint))

    def inclusion(self, index: int, size: int) -> Any:
        return self._lie("inclusion", super().inclusion(index, size))


def other_digest(what: str, told: Any) -> Any:
    return replace(told, digest="sha256:" + "0" * 64) if what == "decision" else told


def other_rubric(what: str, told: Any) -> Any:
    return replace(told, rubric={"correctness": "unmet"}) if what == "decision" else told


def other_evidence(what: str, told: Any) -> Any:
    if what != "decision":
        return told
    better = (line.replace("skipped", "passed") for line in told.evidence)
    return replace(told, evidence=tuple(better))


def other_words(what: str, told: Any) -> Any:
    return replace(told, note="I never said that") if what == "decision" else told


def other_leaf(what: str, told: Any) -> Any:
    if what != "log":
        return told
    record = {
        **told.items[0],
        "leaf": told.items[0]["leaf"].replace('"as_sponsor":true', '"as_sponsor":false'),
    }
    return replace(told, items=(record,))


def other_act(what: str, told: Any) -> Any:
    if what != "log" or not told.items[0]["act"]:
        return told
    act = json.loads(told.items[0]["act"])
    act["signatures"][0]["sig"] = "A" * 86 + "=="
    return replace(told, items=({**told.items[0], "act": json.dumps(act)},))


def no_act(what: str, told: Any) -> Any:
    return replace(told, items=({**told.items[0], "act": None},)) if what == "log" else told


def other_key(what: str, told: Any) -> Any:
    return replace(told, public="00" * 32) if what == "key" else told


def no_key(what: str, told: Any) -> Any:
    return replace(told, public="not a key") if what == "key" else told


def late_key(what: str, told: Any) -> Any:
    return replace(told, enrolled=10**6) if what == "key" else told


def revoked_key(what: str, told: Any) -> Any:
    return replace(told, revoked=told.enrolled + 1) if what == "key" else told


def other_enrolment(what: str, told: Any) -> Any:
    return replace(told, enrolled=told.enrolled - 1) if what == "key" else told


def no_proof(what: str, told: Any) -> Any:
    return told[1:] if what == "inclusion" else told


@pytest.mark.parametrize(
    "lie",
    [
        other_digest,
        other_rubric,
        other_evidence,
        other_leaf,
        other_act,
        no_act,
        other_key,
        no_key,
        late_key,
        revoked_key,
        other_enrolment,
        no_proof,
    ],
    ids=lambda lie: lie.__name__,
)
def test_a_service_that_lies_about_a_vote_is_found_out(
    ask: Ask, lie: Callable[[str, Any], Any]
) -> None:
    index = index_of(ask, "vote:approve", "add")

    found: Proof = ask(lambda client: check(Lying(client, lie), index))

    assert not found.ok
    assert found.problems


def test_what_was_callable_follows_publications_and_stops(home: House, run: Run, ask: Ask) -> None:
    published = ask(lambda client: client.history(verb="release:publish", tool="add", limit=2))
    second, first = published.items

    def version(moment: str) -> dict[str, int]:
        return {one.name: one.version for one in ask(lambda c: c.callable_at(moment)).items}

    assert "add" not in version("2020-01-01")
    assert version(first.time)["add"] == 1
    assert version(second.time)["add"] == 2
    run(home.rollback("add", 1, said="back"))
    moved = ask(lambda client: client.history(verb="channel:move")).items[0]
    assert version(moved.time)["add"] == 1
    assert version(second.time)["add"] == 2
    run(asyncio.to_thread(lambda: home.of(home.person).disable("clip", "no more")))
    assert "clip" not in version("2999-01-01")
    assert "clip" in version(moved.time)


def test_who_could_call_then_follows_the_grants_of_then(home: House, run: Run, ask: Ask) -> None:
    before = ask(lambda client: client.history(limit=1)).items[0].time
    grant = run(home.grant("role:auditor", "default/add", "read"))
    granted = ask(lambda client: client.history(verb="grant:add")).items[0].time
    run(asyncio.to_thread(lambda: home.of(home.person).revoke_grant(grant.id)))

    def who(moment: str) -> tuple[str, ...]:
        items = ask(lambda client: client.callable_at(moment)).items
        return next(one.grants for one in items if one.name == "add")

    assert who(before) == ("bot up to write",)
    assert who(granted) == ("bot up to write", "role:auditor up to read")
    assert who("2999-01-01") == ("bot up to write",)


def test_a_policy_in_force_changes_nothing_about_the_past(ask: Ask) -> None:
    trial = ask(lambda client: client.try_policy(client.policy().text))

    assert trial.decisions >= 5
    assert trial.differences == ()
    assert trial.not_tried == 0


def test_a_stricter_policy_names_what_it_would_have_stopped(ask: Ask) -> None:
    size = ask(lambda client: client.checkpoint())
    trial = ask(lambda client: client.try_policy(preset("regulated")))

    told = {one.tool: one for one in trial.differences}
    assert told["default/deliver"].then == "published"
    assert told["default/deliver"].now == "waits"
    assert any("sponsor" in why for why in told["default/deliver"].why)
    assert ask(lambda client: client.checkpoint()) == size


def test_a_text_that_is_no_policy_is_not_tried(ask: Ask) -> None:
    with pytest.raises(RemoteError) as refused:
        ask(lambda client: client.try_policy("preset = 1"))

    assert refused.value.code == "policy.invalid"


def test_words_of_a_refusal_are_found_again(home: House, run: Run, ask: Ask) -> None:
    proposal = ask(lambda client: next(i.id for i in client.queue().items if i.tool == "multiply"))
    digest = ask(lambda client: client.show(proposal).revision_digest)
    ask(lambda client: client.reject(proposal, digest, "multiply is add, many times"))

    page: HistoryPage = ask(lambda client: client.history(words="many times"))

    assert [(line.verb, line.actor) for line in page.items] == [("proposal:reject", "ada")]
    found: Proof = ask(lambda client: check(client, page.items[0].index))
    assert found.signature_ok is None
    assert found.ok


def member(home: House, name: str) -> Member:
    return home.members[name]


def test_a_note_that_was_erased_is_gone_from_the_history_and_the_proof_stands(
    home: House, run: Run, ask: Ask
) -> None:
    proposal = ask(lambda client: next(i.id for i in client.queue().items if i.tool == "dispatch"))
    words = Words("a secret remark")

    def vote() -> None:
        ben = member(home, "ben")
        client = home.of(ben)
        client.vote(proposal, home.ballot(ben, proposal, words), words.to_json())

    run(asyncio.to_thread(vote))
    [line] = ask(lambda client: client.history(words="secret remark")).items
    lied: Proof = ask(lambda client: check(Lying(client, other_words), line.index))
    assert lied.problems == ("the words beside it are not those that were signed",)
    run(asyncio.to_thread(lambda: home.of(home.person).erase(line.index, "note", "asked for")))

    assert ask(lambda client: client.history(words="secret remark")).items == ()
    assert ask(lambda client: check(client, line.index)).ok
