"""An author learns where it hurts and how to mend it; never the organisation's rules or recorded calls.

Evidence with a mark in everything that must stay inside is planted, and every way is tried on which
an author sees evidence.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Generator
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import furniture
import house
import pytest
from house import House, Member

from toolvet.checks import CHECKS, verify_bundle
from toolvet.checks.local import Verified
from toolvet.cli import render
from toolvet.client.errors import RemoteError
from toolvet.client.review import Review, open_review
from toolvet.engine import decide, dossier, inbox_verdict, look, submit, verify
from toolvet.engine.verdict_rate import VerdictRate
from toolvet.errors import ForbiddenError
from toolvet.mcp.verdicts import verdict
from toolvet_reviews.evidence_views import LIMITED, ORGANISATION
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import Digest
from toolvet_reviews.views import ProposalView

Run = Callable[[Coroutine[Any, Any, Any]], Any]

MARK = "SECRET-7f3a"
CURE = "Reach it through the house's own client."
PLANTED = ("semgrep", "held_out", "behaviour")


def remark(rule: str, severity: str = "error") -> Finding:
    return Finding(
        rule=f"{rule}.{MARK}",
        severity="error" if severity == "error" else "warning",
        message=f"the rule {MARK} objects to {MARK}",
        path="add.py",
        line=5,
        end_line=6,
        snippet=f"{MARK} = 1",
        why=f"because of {MARK}",
        fix=CURE,
        cwe=f"CWE-{MARK}",
        category="house-rule",
        hidden=True,
    )


def planted(check: str, tier: Any) -> Evidence:
    """What a check brought back; three of them hold the mark."""
    good = Evidence(
        check, "passed", "canned", tier=tier, inputs=Digest(f"{check}-canned"),
        measurements={"repeat_equal": True, "log_events": 1, "rollback_rehearsed": True},
    )  # fmt: skip
    if check not in PLANTED:
        return good
    return replace(
        good,
        status="warned" if check == "behaviour" else "failed",
        summary=f"1 error: the rule {MARK} objects to {MARK}",
        findings=(remark(check, "warning" if check == "behaviour" else "error"),),
        measurements={
            "rules": 60, "own": [MARK], "cases": 3, "passed": 2, "compared": 4, "differing": 1,
            "groups": [{"what": MARK, "cases": 1, "smallest": {"arguments": {"a": MARK}}}],
        },
        tools={"semgrep": "1", f"own {MARK}": MARK},
        raw=MARK,
        not_looked_at=() if check == "semgrep" else (MARK,),
    )  # fmt: skip


async def planting(*arguments: Any, **options: Any) -> Verified:
    """Look at the interface, and plant the rest."""
    real = ("intake", "environment", "interface")
    chosen = tuple(check for check in CHECKS if check.name in real)
    found = await verify_bundle(*arguments, **{**options, "checks": chosen})
    for check in CHECKS:
        if check.name not in real:
            await options["store"](planted(check.name, options["tier"]))
    return found


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    """A house of its own: nothing has to be published for this."""
    opened = house.new_house(tmp_path_factory.mktemp("marks"))
    made = run(opened.__aenter__())
    run(made.agent("bot"))
    yield made
    run(opened.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def home_with_marks(home: House) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "verify_bundle", planting)
        yield home


async def sent(home: House, name: str) -> ProposalView:
    files = {path: text.encode() for path, text in furniture.renamed(name).items()}
    caller = await home.caller(home.members["bot"])
    view = await submit.submit(home.services, caller, files)
    await home.verdict(view.id)
    return await look.show(home.services, caller, view.id)


@pytest.fixture(scope="module")
def told(home_with_marks: House, run: Run) -> ProposalView:
    """The proposal as its author sees it."""
    return run(sent(home_with_marks, "marked"))


def test_an_author_is_told_category_place_and_cure_under_one_rule(told: ProposalView) -> None:
    by_check = {one.check: one for one in told.evidence}
    [found] = by_check["semgrep"].findings

    assert told.verdict == "failed"
    assert (found.rule, found.category, found.path, found.line, found.fix) == (
        ORGANISATION, "house-rule", "add.py", 5, CURE,
    )  # fmt: skip
    assert (found.snippet, found.why, found.cwe, found.fingerprint) == ("", "", "", "")
    assert by_check["held_out"].measurements == {}
    assert by_check["behaviour"].findings == ()
    assert by_check["behaviour"].status == "skipped"


def test_no_form_in_which_an_author_reads_a_proposal_holds_a_mark(told: ProposalView) -> None:
    forms = [
        json.dumps(asdict(told)),
        json.dumps(verdict(told)),
        inbox_verdict.of("marked.py", "sha256:0", told).decode(),
        render.proposal(told),
    ]

    assert [MARK in form for form in forms] == [False] * len(forms)


def test_no_answer_of_the_api_to_an_author_holds_a_mark(
    home_with_marks: House, told: ProposalView, run: Run
) -> None:
    def asked() -> list[object]:
        client = home_with_marks.of(home_with_marks.members["bot"])
        return [
            client.show(told.id),
            client.wait(told.id, 0.1),
            client.queue(),
            client.comment(told.id, "why?", "", 0),
            client.files(told.id, 1),
        ]

    for answer in run(asyncio.to_thread(asked)):
        assert MARK not in repr(answer)


def test_an_author_gets_neither_dossier_nor_the_bytes_of_evidence(
    home_with_marks: House, told: ProposalView, run: Run
) -> None:
    def refused(what: Callable[[], object]) -> str:
        with pytest.raises(RemoteError) as raised:
            what()
        return raised.value.code

    def asked(member: Member, digests: list[str]) -> set[str]:
        client = home_with_marks.of(member)
        codes = {refused(lambda: client.dossier(told.id))}
        return codes | {refused(lambda one=one: client.blob(Digest(one))) for one in digests}

    whole = run(home_with_marks.verdict(told.id))
    marked = [one.digest for one in whole.evidence if one.check in PLANTED]
    marked += [one.dossier_digest for one in whole.revisions if one.dossier_digest]
    bot = home_with_marks.members["bot"]
    auditor = run(home_with_marks.agent("curious", ["author", "auditor"]))

    assert len(marked) == 4
    assert run(asyncio.to_thread(asked, bot, marked)) == {ForbiddenError.code}
    assert run(asyncio.to_thread(asked, auditor, marked)) == {dossier.HiddenEvidenceError.code}


def test_a_reviewing_person_is_asked_to_sign_in_where_the_local_token_is_told_less(
    home_with_marks: House, told: ProposalView, run: Run
) -> None:
    def looked() -> tuple[Review, Review]:
        agent, person = home_with_marks.client, home_with_marks.of(home_with_marks.person)
        service = agent.service()
        return open_review(agent, service, told.id), open_review(person, service, told.id)

    as_agent, as_person = run(asyncio.to_thread(looked))

    assert (as_agent.withheld, as_person.withheld) == (True, False)
    assert MARK not in repr(as_agent.sections) + repr(as_agent.view)
    assert MARK in repr(as_person.sections)
    assert as_person.sections[0].key == "first"


def test_what_only_behaves_otherwise_is_approved_by_somebody_who_saw_how(
    home_with_marks: House, run: Run
) -> None:
    async def otherwise() -> ProposalView:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(globals(), "PLANTED", ("behaviour",))
            return await sent(home_with_marks, "otherwise")

    view = run(otherwise())

    def looked() -> tuple[Review, Review]:
        agent, person = home_with_marks.client, home_with_marks.of(home_with_marks.person)
        service = agent.service()
        return open_review(agent, service, view.id), open_review(person, service, view.id)

    as_agent, as_person = run(asyncio.to_thread(looked))

    assert view.state == "reviewing"
    assert MARK not in repr(view)
    assert (as_agent.shown, as_agent.withheld) == (None, True)
    assert "open your key" in as_agent.why_not
    assert (as_person.why_not, as_person.withheld) == ("", False)
    assert MARK in repr(as_person.sections[0])


def test_an_agent_learns_no_more_by_being_called_an_auditor(
    home_with_marks: House, told: ProposalView, run: Run
) -> None:
    async def looked() -> ProposalView:
        agent = await home_with_marks.agent("nosy", ["auditor"])
        return await look.show(
            home_with_marks.services, await home_with_marks.caller(agent), told.id
        )

    assert MARK not in repr(run(looked()))


def test_a_person_who_reviews_sees_all_of_it(
    home_with_marks: House, told: ProposalView, run: Run
) -> None:
    whole = run(home_with_marks.verdict(told.id))

    for check in PLANTED:
        found = next(one for one in whole.evidence if one.check == check)
        assert MARK in found.summary
        assert MARK in found.findings[0].message
        assert found.findings[0].hidden


def test_a_person_who_only_writes_tools_is_an_author_too(home_with_marks: House, run: Run) -> None:
    async def looked() -> ProposalView:
        writer = await home_with_marks.human("writer", ["author"])
        files = {path: text.encode() for path, text in furniture.renamed("by_hand").items()}
        caller = await home_with_marks.caller(writer)
        view = await submit.submit(home_with_marks.services, caller, files)
        await home_with_marks.verdict(view.id)
        return await look.show(home_with_marks.services, caller, view.id)

    assert MARK not in repr(run(looked()))


def test_the_marks_of_the_rubric_are_the_same_for_both(
    home_with_marks: House, told: ProposalView, run: Run
) -> None:
    whole = run(home_with_marks.verdict(told.id))

    assert [(line.criterion, line.mark) for line in told.rubric] == [
        (line.criterion, line.mark) for line in whole.rubric
    ]


def test_a_reviewers_own_words_reach_the_author_as_they_are(
    home_with_marks: House, run: Run
) -> None:
    async def said() -> str:
        view = await sent(home_with_marks, "worded")
        person = await home_with_marks.caller(home_with_marks.person)
        note = "Please split this into two tools."
        await decide.request_changes(
            home_with_marks.services, person, view.id, view.revision_digest, note
        )
        bot = await home_with_marks.caller(home_with_marks.members["bot"])
        return (await look.show(home_with_marks.services, bot, view.id)).reason

    assert run(said()) == "Please split this into two tools."


def test_after_so_many_revisions_in_an_hour_remarks_are_held_back_and_the_rest_is_not(
    home_with_marks: House, told: ProposalView, run: Run
) -> None:
    services = replace(home_with_marks.services, verdict_rate=VerdictRate(1))

    async def looked(proposal: str) -> ProposalView:
        bot = await home_with_marks.caller(home_with_marks.members["bot"])
        return await look.show(services, bot, proposal)

    other = run(sent(home_with_marks, "another"))
    first, second, again = (run(looked(one)) for one in (told.id, other.id, told.id))

    assert first.retry_after_s is None
    assert again.retry_after_s is None
    assert second.retry_after_s is not None
    assert 0 < second.retry_after_s <= 3600
    held = next(one for one in second.evidence if one.check == "semgrep")
    assert [(one.rule, one.fix.startswith("Look again in")) for one in held.findings] == [
        (LIMITED, True)
    ]
    assert CURE not in repr(second)
    assert second.verdict == "failed"


def test_an_hour_later_they_are_explained(home_with_marks: House) -> None:
    now = home_with_marks.services.clock()
    rate = VerdictRate(1)

    assert rate.wait_s("a", "r1", lambda: now) is None
    assert rate.wait_s("a", "r2", lambda: now) == 3600
    assert rate.wait_s("b", "r2", lambda: now) is None
    assert rate.wait_s("a", "r2", lambda: now + timedelta(hours=1)) is None


def test_while_it_is_verified_it_says_what_is_still_to_come(home: House, run: Run) -> None:
    waiting = asyncio.Event()

    async def slow(*arguments: Any, **options: Any) -> Verified:
        await options["store"](planted("ruff", options["tier"]))
        await waiting.wait()
        return await planting(*arguments, **options)

    async def play() -> tuple[ProposalView, ProposalView]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(verify, "verify_bundle", slow)
            files = {p: text.encode() for p, text in furniture.renamed("slow").items()}
            caller = await home.caller(home.members["bot"])
            view = await submit.submit(home.services, caller, files)
            async with asyncio.timeout(60):
                while not view.evidence:
                    await asyncio.sleep(0.01)
                    view = await look.show(home.services, caller, view.id)
            waiting.set()
            return view, await home.verdict(view.id)

    during, after = run(play())

    assert [one.check for one in during.evidence] == ["ruff"]
    assert set(during.awaiting) == {check.name for check in CHECKS} - {"ruff"}
    assert during.verdict == "pending"
    assert during.rubric == ()
    assert after.awaiting == ()
