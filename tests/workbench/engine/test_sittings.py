"""What is on a person's screen: whose word it is, how long it may claim, and what the log says of it."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import furniture
import pytest
from furniture import Furnished
from house import House, Member

from toolvet.audit.entries import parse_entry
from toolvet.client.review_shapes import SittingView
from toolvet.engine import decide, review_state, sittings
from toolvet.engine.services import Services
from toolvet.engine.sittings import Told
from toolvet.errors import NotFoundError
from toolvet.storage.review_rows import SittingRow
from toolvet_reviews.events import Verb

Run = Callable[[Coroutine[Any, Any, Any]], Any]


def later(services: Services, seconds: float) -> Services:
    """The same service, some time from now."""
    moment: datetime = services.clock() + timedelta(seconds=seconds)
    return replace(services, clock=lambda: moment)


async def sit(
    home: House, who: Member, proposal: str, at_s: float = 0.0, **told: Any
) -> SittingView:
    words: dict[str, Any] = {"revision": 1, "sitting": None, "looked_s": 0.0, "parts": (), **told}
    said = Told(**words)
    caller = await home.caller(who)
    return await sittings.sit(later(home.services, at_s), caller, proposal, said)


def rows(home: House, proposal: str, who: Member) -> list[SittingRow]:
    number = int(proposal.removeprefix("P-"))
    return home.services.store.query_sync(lambda view: view.sittings.of(number, who.id))


def paces(home: House, verb: Verb) -> list[object]:
    found = home.services.store.query_sync(lambda view: view.entries(verbs=(verb,)))
    said = (parse_entry(one.leaf) for one in found)
    return [one.facts.get("pace") for one in said if one.outcome == "ok"]


def test_a_sitting_goes_on_and_claims_no_more_than_the_clock_allows(
    home: House, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        ada, proposal = home.members["ada"], furnished.proposals["multiply"]
        first = await sit(home, ada, proposal, parts=("brief",))
        second = await sit(
            home, ada, proposal, 30, sitting=first.id, looked_s=20, parts=("brief", "diff:x.py")
        )
        third = await sit(home, ada, proposal, 31, sitting=first.id, looked_s=86_000)
        assert (second.id, second.looked_s) == (first.id, 20)
        assert 20 < third.looked_s < 40
        [kept] = rows(home, proposal, ada)
        assert kept.parts == ["brief", "diff:x.py"]

    run(play())


def test_a_sitting_of_another_is_none_of_ones_own(
    home: House, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        proposal = furnished.proposals["multiply"]
        theirs = await sit(home, home.members["ada"], proposal)
        for sitting in (theirs.id, "none"):
            with pytest.raises(NotFoundError):
                await sit(home, home.members["ben"], proposal, sitting=sitting)
        with pytest.raises(NotFoundError):
            await sit(home, home.members["ada"], furnished.proposals["dispatch"], sitting=theirs.id)
        with pytest.raises(NotFoundError):
            await sit(home, home.members["ada"], proposal, revision=7)

    run(play())


def test_two_reviewers_of_one_proposal_see_each_other_for_a_while(
    home: House, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        ada, ben, proposal = home.members["ada"], home.members["ben"], furnished.proposals["broken"]
        await sit(home, ada, proposal)
        await sit(home, ben, proposal)
        seen = [
            await review_state.review_state(home.services, await home.caller(who), proposal)
            for who in (ada, ben, home.person)
        ]
        assert [one.others for one in seen] == [("ben",), ("ada",), ("ada", "ben")]
        after = later(home.services, 601)
        late = await review_state.review_state(after, await home.caller(ada), proposal)
        assert late.others == ()

    run(play())


def test_the_log_says_of_a_decision_only_whether_it_left_time_to_read(
    home: House, run: Run
) -> None:
    async def play() -> None:
        ada, ben, bot = (home.members[name] for name in ("ada", "ben", "bot"))
        fast = await home.submit(bot, furniture.renamed("paced_fast"))
        slow = await home.submit(bot, furniture.renamed("paced_slow"))
        await sit(home, ada, fast.id, looked_s=1)
        await sit(home, ada, slow.id, looked_s=890)
        before = len(paces(home, Verb.VOTE_APPROVE))
        for view in (fast, slow):
            await home.approve(view.id, ada)
        assert paces(home, Verb.VOTE_APPROVE)[before:] == ["fast", "plausible"]
        [decided] = rows(home, fast.id, ada)
        assert (decided.decision, decided.pace) == ("approve", "fast")

        unseen = await home.submit(bot, furniture.renamed("paced_not"))
        caller = await home.caller(ben)
        await decide.reject(home.services, caller, unseen.id, unseen.revision_digest, "no")
        assert paces(home, Verb.PROPOSAL_REJECT)[-1] == "unknown"

    run(play())


def test_looks_that_led_to_nothing_are_forgotten_after_a_week(
    home: House, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        ada, proposal = home.members["ada"], furnished.proposals["dispatch"]
        old = await sit(home, ada, proposal)
        new = await sit(home, ada, proposal, 8 * 24 * 3600)
        assert [one.id for one in rows(home, proposal, ada)] == [new.id] != [old.id]

    run(play())
