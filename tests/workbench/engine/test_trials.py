"""Trying a candidate, and keeping what it must give as a test of the proposal."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import furniture
import pytest
from furniture import Furnished
from house import House, Member

from toolvet.audit.entries import parse_entry
from toolvet.client.errors import RemoteError
from toolvet.config import now
from toolvet.engine import kept_cases, look, revise, trials
from toolvet.engine.kept_cases import Wanted
from toolvet.engine.trial_rate import TrialBusyError, TrialQuotaError, TrialRate
from toolvet.errors import KNOWN, ArgumentsError
from toolvet_reviews.events import Verb
from toolvet_reviews.review_views import ReviewState, TryView
from toolvet_reviews.views import ProposalView

Run = Callable[[Coroutine[Any, Any, Any]], Any]


async def tried(
    home: House, who: Member, proposal: str, arguments: object, revision: int | None = None
) -> TryView:
    caller = await home.caller(who)
    return await trials.try_out(home.services, caller, proposal, arguments, revision=revision)


async def kept(home: House, who: Member, proposal: str, wanted: Wanted) -> ReviewState:
    return await kept_cases.keep(home.services, await home.caller(who), proposal, wanted)


async def revised(home: House, proposal: str, files: dict[str, str]) -> ProposalView:
    sent = {path: text.encode() for path, text in files.items()}
    await revise.revise(home.services, await home.caller(home.members["bot"]), proposal, sent)
    return await home.verdict(proposal)


def held(view: ProposalView) -> Any:
    return next(one for one in view.evidence if one.check == "held_out")


def test_a_reviewer_tries_a_candidate_with_arguments_of_their_own(
    home: House, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        proposal = furnished.proposals["multiply"]
        answer = await tried(home, home.members["ada"], proposal, {"first": 6, "second": 7.0})
        assert (answer.status, answer.result, answer.code) == ("succeeded", 42, "")
        assert (answer.effects, answer.undeclared) == ((), ())
        view = await look.show(home.services, await home.caller(home.person), proposal)
        assert answer.revision_digest == view.revision_digest
        with pytest.raises(ArgumentsError):
            await tried(home, home.members["ada"], proposal, {"first": "six"})

    run(play())


def test_effects_on_fakes_are_told_one_line_each_and_nothing_of_them_lasts(
    home: House, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        arguments = {"campaign": "c", "recipients": ["a", "b"], "broken": []}
        for _ in range(2):
            answer = await tried(
                home, home.members["ada"], furnished.proposals["dispatch"], arguments
            )
            assert answer.result == {
                "sent": 2, "skipped": 0, "failed": {}, "uncertain": [], "retry": [],
            }  # fmt: skip
            assert [line for line in answer.effects if "ledger" in line]
            assert [one["event"] for one in answer.log] == ["deliver.started", "deliver.done"]
            assert answer.undeclared == ()

    run(play())


def test_what_was_tried_is_on_record_with_what_came_of_it(home: House) -> None:
    found = home.services.store.query_sync(lambda view: view.entries(verbs=(Verb.TRIAL_RUN,)))
    said = [parse_entry(one.leaf) for one in found]

    good = [one for one in said if one.outcome == "ok"]
    assert {one.actor for one in good} == {home.members["ada"].id}
    assert {str(one.facts["status"]) for one in good} == {"succeeded"}
    assert all({"arguments", "result"} <= one.payloads.keys() for one in good)
    assert [one.code for one in said if one.outcome == "refused"] == ["call.arguments"]


def test_what_does_not_pass_can_be_tried_as_well(
    home: House, run: Run, furnished: Furnished
) -> None:
    answer = run(
        tried(home, home.members["ada"], furnished.proposals["broken"], {"first": 1, "second": 2})
    )

    assert answer.result == 3


@pytest.mark.parametrize("who", ["local", "bot", "other"])
def test_only_a_reviewers_own_session_tries_and_keeps(
    home: House, run: Run, furnished: Furnished, who: str
) -> None:
    async def play() -> None:
        proposal = furnished.proposals["multiply"]
        client = home.client if who == "local" else home.of(home.members[who])
        acts: list[Callable[[], object]] = [
            lambda: client.try_out(proposal, {"first": 1, "second": 1}),
            lambda: client.keep_case(proposal, "one", {"first": 1, "second": 1}, 1),
            lambda: client.drop_case(proposal, "x"),
            lambda: client.verify_again(proposal),
            lambda: client.sit(proposal, 1),
        ]
        for act in acts:
            with pytest.raises(RemoteError) as refused:
                await asyncio.to_thread(act)
            assert refused.value.code in (
                "vote.not_a_person", "auth.session_needed", "proposal.not_found",
            )  # fmt: skip

    run(play())


def test_a_kept_case_becomes_a_test_of_each_later_revision_and_is_named_to_the_author(
    home: House, run: Run
) -> None:
    async def play() -> None:
        ada, bot, files = home.members["ada"], home.members["bot"], furniture.renamed("kept_sum")
        view = await home.submit(bot, files)
        wanted = Wanted("none of both", {"first": 0, "second": 0}, 1, note="it starts at one")
        state = await kept(home, ada, view.id, wanted)
        assert (await kept(home, ada, view.id, wanted)).cases == state.cases  # a lost answer
        [case] = state.cases
        assert (case.name, case.by, case.expected) == ("none of both", "ada", 1)
        with pytest.raises(kept_cases.CaseTwiceError):
            await kept(home, ada, view.id, Wanted("other", {"first": 0, "second": 0}, 2))
        with pytest.raises(ArgumentsError):
            await kept(home, ada, view.id, Wanted("unfit", {"first": "0"}, 2))

        failed = await revised(home, view.id, {**files, "notes.md": "again"})
        told = await look.show(home.services, await home.caller(bot), view.id)
        for seen in (failed, told):
            assert (seen.state, held(seen).status) == ("changes_wanted", "failed")
            [finding] = held(seen).findings
            assert (finding.rule, finding.hidden) == ("held_out.kept-case", False)
            assert "none of both" in finding.message
            assert "gave 0 at /, and not 1" in finding.message

        mended = {
            **files,
            "add.py": files["add.py"].replace("first + second", "first + second or 1"),
        }
        passed = await revised(home, view.id, mended)
        assert (held(passed).status, held(passed).summary) == (
            "passed", "1 case of reviewers, each as expected",
        )  # fmt: skip

    run(play())


def test_the_same_revision_is_verified_again_with_a_case_that_was_kept_since(
    home: House, run: Run
) -> None:
    async def play() -> None:
        ada, caller = home.members["ada"], await home.caller(home.members["ada"])
        view = await home.submit(home.members["bot"], furniture.renamed("kept_again"))
        wrong = Wanted("a wish", {"first": 2, "second": 2}, 5)
        state = await kept(home, ada, view.id, wrong)
        await kept_cases.verify_again(home.services, caller, view.id)
        with pytest.raises(KNOWN):  # while it is under way
            await kept_cases.verify_again(home.services, caller, view.id)
        assert (await home.verdict(view.id)).state == "changes_wanted"
        after = await kept_cases.drop(home.services, caller, view.id, state.cases[0].id)
        assert after.cases == ()
        await kept_cases.drop(home.services, caller, view.id, state.cases[0].id)
        await kept_cases.verify_again(home.services, caller, view.id)
        again = await home.verdict(view.id)
        assert (again.state, again.release_digest) == ("reviewing", view.release_digest)
        assert (await home.approve(view.id, ada)).state == "published"
        with pytest.raises(KNOWN):
            await kept(home, ada, view.id, wrong)
        with pytest.raises(kept_cases.CaseNotFoundError):
            await kept_cases.drop(home.services, caller, view.id, "none")
        assert not home.services.standing.ledger.problems

    run(play())


def test_an_error_can_be_what_is_right(home: House, run: Run, furnished: Furnished) -> None:
    async def play() -> None:
        proposal = furnished.proposals["multiply"]
        state = await kept(
            home,
            home.members["ben"],
            proposal,
            Wanted("too large", {"first": 1, "second": 10}, None, code="ValueError"),
        )
        [case] = state.cases
        assert (case.code, case.expected) == ("ValueError", None)

    run(play())


def test_trials_are_counted_by_day_and_at_once() -> None:
    rate, moment = TrialRate(most=3, at_once=1), now()
    with rate.counted("ada", moment):
        with pytest.raises(TrialBusyError):
            rate.counted("ada", moment).__enter__()
        with rate.counted("ben", moment):
            pass
    for later in (1, 2):
        with rate.counted("ada", moment + timedelta(hours=later)):
            pass
    with pytest.raises(TrialQuotaError) as refused:
        rate.counted("ada", moment + timedelta(hours=23)).__enter__()
    assert refused.value.retry_after_s == 3600
    with rate.counted("ada", moment + timedelta(hours=25)):
        pass
