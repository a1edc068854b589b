"""Words against that stand, threads that block, votes to sign again: what publishing waits for."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import furniture
import pytest
from furniture import Furnished
from house import House, Member

from toolvet.client.errors import RemoteError
from toolvet.engine import (
    audit,
    decide,
    look,
    objections,
    remark_drafts,
    review_state,
    revise,
    threads,
    vote,
)
from toolvet.engine.remarks import Remark
from toolvet.errors import KNOWN
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import Anchor, DraftRemark, ReviewState
from toolvet_reviews.views import ProposalView

Run = Callable[[Coroutine[Any, Any, Any]], Any]


async def revised(home: House, proposal: str, files: dict[str, str]) -> ProposalView:
    """Hand in a revision that differs by a file nobody reads, and wait for its verdict."""
    sent = {path: text.encode() for path, text in {**files, "notes.md": proposal}.items()}
    await revise.revise(home.services, await home.caller(home.members["bot"]), proposal, sent)
    return await home.verdict(proposal)


async def objected(home: House, member: Member, view: ProposalView, **more: Any) -> ProposalView:
    caller = await home.caller(member)
    return await decide.request_changes(
        home.services, caller, view.id, view.revision_digest, "not like this", **more
    )


async def state_of(home: House, member: Member, proposal: str) -> ReviewState:
    return await review_state.review_state(home.services, await home.caller(member), proposal)


async def lifted(home: House, member: Member, proposal: str) -> ReviewState:
    return await objections.lift(home.services, await home.caller(member), proposal, "fine now")


async def state(home: House, proposal: str) -> str:
    person = await home.caller(home.person)
    return (await look.show(home.services, person, proposal)).state


def test_an_objection_holds_back_later_revisions_until_its_author_lifts_it(
    home: House, run: Run
) -> None:
    async def play() -> None:
        ada, ben, files = home.members["ada"], home.members["ben"], furniture.renamed("held")
        view = await home.submit(home.members["bot"], files, again=True)
        await objected(home, ben, view)
        view = await revised(home, view.id, files)
        assert (await home.approve(view.id, ada)).state == "reviewing"
        [shown] = (await state_of(home, ada, view.id)).objections
        assert (shown.person, shown.revision, shown.note) == ("ben", 1, "not like this")
        assert shown.lifted_at is None
        with pytest.raises(objections.NoObjectionError):
            await lifted(home, ada, view.id)
        [after] = (await lifted(home, ben, view.id)).objections
        assert after.lifted_at is not None
        assert await state(home, view.id) == "published"

    run(play())


def test_without_a_revision_a_lifted_objection_puts_it_up_for_review_again(
    home: House, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        ada, ben, proposal = (
            home.members["ada"],
            home.members["ben"],
            furnished.proposals["dispatch"],
        )
        view = await look.show(home.services, await home.caller(ada), proposal)
        await objected(home, ada, view)
        await objected(home, ben, view)
        await lifted(home, ada, proposal)
        assert await state(home, proposal) == "changes_wanted"
        await lifted(home, ben, proposal)
        assert await state(home, proposal) == "reviewing"
        assert not home.services.standing.ledger.problems

    run(play())


def test_who_approves_objects_no_more_and_an_earlier_vote_is_offered_for_signing_again(
    home: House, run: Run
) -> None:
    async def play() -> None:
        ada, ben, files = home.members["ada"], home.members["ben"], furniture.renamed("again")
        view = await home.submit(home.members["bot"], files, again=True)
        await threads.open_thread(
            home.services, await home.caller(ben), view.id, Anchor(), Remark("why?", blocking=True)
        )
        await home.approve(view.id, ada)
        assert (await state_of(home, ada, view.id)).sign_again is None
        await objected(home, ben, view)
        after = await revised(home, view.id, files)
        offered = (await state_of(home, ada, view.id)).sign_again
        assert offered is not None
        assert (offered.revision, offered.release_digest) == (1, view.release_digest)
        assert (await state_of(home, ben, view.id)).sign_again is None
        assert after.people_needed == 1  # the vote for the other digest moved nowhere
        await home.approve(view.id, ben)
        assert [
            one.lifted_at is None for one in (await state_of(home, ben, view.id)).objections
        ] == [False]
        assert await state(home, view.id) == "reviewing"
        [thread] = (await state_of(home, ben, view.id)).threads
        await threads.resolve(home.services, await home.caller(ben), thread.id, "I see")
        assert await state(home, view.id) == "published"

    run(play())


@pytest.mark.parametrize("who", ["local", "bot", "agent"])
def test_only_a_persons_own_session_objects_or_lifts(
    home: House, run: Run, furnished: Furnished, who: str
) -> None:
    async def play() -> None:
        proposal = furnished.proposals["multiply"]
        view = await look.show(home.services, await home.caller(home.person), proposal)
        client = home.client if who == "local" else home.of(home.members["bot"])
        if who == "agent":
            client = home.of(await home.agent("watcher", ["auditor"]))
        for act in (
            lambda: client.request_changes(proposal, view.revision_digest, "no"),
            lambda: client.reject(proposal, view.revision_digest, "no"),
            lambda: client.lift(proposal),
        ):
            with pytest.raises(RemoteError) as refused:
                await asyncio.to_thread(act)
            assert refused.value.code in (
                "vote.not_a_person", "proposal.not_found", "auth.session_needed", "auth.forbidden",
            )  # fmt: skip
        after = await look.show(home.services, await home.caller(home.person), proposal)
        assert (after.state, after.reason) == (view.state, view.reason)

    run(play())


def test_a_rejection_may_name_the_served_tool_to_extend_instead(home: House, run: Run) -> None:
    async def play() -> None:
        ada, bot = await home.caller(home.members["ada"]), home.members["bot"]
        view = await home.submit(bot, furniture.renamed("sum_up"), again=True)
        words = (home.services, ada, view.id, view.revision_digest, "we have one")
        for wrong in ("default/none", "add", "default/sum_up", "x" * 200):
            with pytest.raises(decide.SimilarToolError):
                await decide.reject(*words, similar=wrong)
        before = home.services.standing.ledger.grants()
        await decide.reject(*words, similar="default/add")
        told = await look.show(home.services, await home.caller(bot), view.id)
        assert told.state == "rejected"
        assert told.reason.startswith("Extend default/add (version ")
        assert "we have one" in told.reason
        assert home.services.standing.ledger.grants() == before
        row = home.services.store.query_sync(
            lambda seen: objections.similar_of(seen, seen.proposals.get(int(view.id[2:])))  # type: ignore[arg-type]
        )
        assert row == "default/add"

    run(play())


def remark(id: str, text: str) -> DraftRemark:
    return DraftRemark(id, Anchor(), text, "")


async def kept(home: House, caller: Caller, proposal: str, *ids: str) -> None:
    for id in ids:
        await remark_drafts.keep(home.services, caller, proposal, remark(id, f"about {id}"))


def test_drafts_are_published_with_the_decision_or_not_at_all(home: House, run: Run) -> None:
    async def play() -> None:
        ada, ben = home.members["ada"], home.members["ben"]
        view = await home.submit(home.members["bot"], furniture.renamed("drafted"), again=True)
        caller = await home.caller(ada)
        await kept(home, caller, view.id, "one", "two")
        ballot = await asyncio.to_thread(home.ballot, ada, view.id)
        with pytest.raises(remark_drafts.DraftGoneError):
            await vote.vote(home.services, caller, view.id, ballot, drafts=["one", "gone"])
        with pytest.raises(KNOWN):  # carried by another person than the signer
            await vote.vote(home.services, await home.caller(ben), view.id, ballot, drafts=["one"])
        with pytest.raises(remark_drafts.DraftGoneError):
            await objected(home, ada, view, drafts=["gone"])
        before = await state_of(home, ada, view.id)
        assert (len(before.drafts), before.threads) == (2, ())
        await objected(home, ada, view, drafts=["one", "two"])
        after = await state_of(home, ada, view.id)
        assert after.drafts == ()
        assert [thread.said[0].text for thread in after.threads] == ["about one", "about two"]

    run(play())


def test_two_people_decide_at_once_and_both_words_are_kept(home: House, run: Run) -> None:
    """Whatever order they arrive in: nothing is served that somebody objects to."""

    async def play() -> None:
        ada, ben, files = home.members["ada"], home.members["ben"], furniture.renamed("at_once")
        view = await home.submit(home.members["bot"], files, again=True)
        ballot = await asyncio.to_thread(home.ballot, ada, view.id)
        carrier = await home.caller(ada)
        for_it, against = await asyncio.gather(
            vote.vote(home.services, carrier, view.id, ballot),
            objected(home, ben, view),
            return_exceptions=True,
        )
        served = "at_once" in home.services.catalogue.snapshot.served
        came_first = not isinstance(for_it, BaseException)
        assert served == came_first
        assert isinstance(against, BaseException) == came_first
        assert await state(home, view.id) == ("published" if came_first else "changes_wanted")

    run(play())


def test_everything_that_was_decided_here_counts_in_the_log(home: House, run: Run) -> None:
    """Last on purpose: after all the above, no entry is void and no row differs."""

    async def play() -> None:
        person = await home.caller(home.person)
        log = await audit.log_page(home.services, person, limit=1000)
        verbs = {str(one["leaf"]).split('"verb":"')[1].split('"')[0] for one in log}
        assert {"objection:lift", "proposal:request_changes", "vote:approve"} <= verbs
        assert not home.services.standing.ledger.problems

    run(play())
