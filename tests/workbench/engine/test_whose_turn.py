"""Whose turn it is in a living house: asking, taking, putting away, being told, pages of the queue."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import furniture
import pytest
from house import House, Member

from toolvet.client.client import Client
from toolvet.config import now, stamp
from toolvet.engine import assign, queue, turns
from toolvet.engine.services import Services
from toolvet.engine.stored import find
from toolvet.engine.turns import TurnsShown
from toolvet.engine.upkeep import Upkeep
from toolvet.errors import KNOWN
from toolvet_reviews.events import Verb
from toolvet_reviews.queue_order import CursorError, Order, Whose
from toolvet_reviews.views import QueueItem

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, Any]], Any]
ORDERS: tuple[Order, ...] = ("rank", "risk", "age", "updated", "number")


async def shown(home: House, proposal: str, member: Member) -> TurnsShown:
    """Whose turn a proposal is, as a member sees it."""
    caller, services = await home.caller(member), home.services
    return await services.store.query(
        lambda view: turns.turns_of(services, view, find(view, caller, proposal), caller)
    )


async def reasons(home: House, proposal: str) -> dict[str, str]:
    """Whose turn a proposal is, by name."""
    found = await shown(home, proposal, home.person)
    return {one.person: one.reason for one in found.turns}


async def as_(home: House, member: Member, ask: Callable[[Client], T]) -> T:
    """Ask as a member's client does."""
    return await asyncio.to_thread(ask, home.of(member))


async def line(home: House, proposal: str, member: Member) -> QueueItem:
    """The line of the queue about a proposal."""
    items = await as_(home, member, lambda client: client.queue(limit=200).items)
    return next(one for one in items if one.id == proposal)


async def waiting(home: House, name: str) -> str:
    """A proposal of its own that waits for reviewers."""
    view = await home.submit(home.members["bot"], furniture.renamed(name))
    assert view.state == "reviewing", view.evidence
    return view.id


def later(home: House, **span: float) -> Services:
    """The same services, some time later."""
    return replace(home.services, clock=lambda: now() + timedelta(**span))


def test_what_passed_is_everybodys_turn_and_what_failed_its_authors(home: House, run: Run) -> None:
    async def play() -> None:
        number = await waiting(home, "fresh")
        assert await reasons(home, number) == dict.fromkeys(
            ("person", "ada", "ben"), "review_wanted"
        )
        broken = await home.submit(
            home.members["bot"], furniture.renamed("wrong", furniture.BROKEN)
        )
        assert await reasons(home, broken.id) == {"bot": "changes_wanted"}
        clock = (await shown(home, broken.id, home.person)).clock
        assert (clock.running, clock.paused_by, clock.due_at) == (False, "author", None)

    run(play())


def test_whoever_takes_it_has_it_until_they_give_it_back(home: House, run: Run) -> None:
    async def play() -> None:
        ada, ben = home.members["ada"], home.members["ben"]
        number = await waiting(home, "taken")
        state = await as_(home, ada, lambda client: client.claim(number))
        assert [(one.person, one.claimed) for one in state.assigned] == [("ada", True)]
        assert await reasons(home, number) == {"ada": "claimed"}
        assert (await line(home, number, ben)).claimed_by == "ada"
        with pytest.raises(KNOWN) as refused:
            await as_(home, ben, lambda client: client.claim(number))
        assert refused.value.code == "queue.claimed"
        await as_(home, ada, lambda client: client.claim(number, give_back=True))
        assert set(await reasons(home, number)) == {"person", "ada", "ben"}

    run(play())


def test_a_claim_that_is_let_lie_comes_back_by_itself(home: House, run: Run) -> None:
    async def play() -> None:
        number = await waiting(home, "let_lie")
        await as_(home, home.members["ada"], lambda client: client.claim(number))
        await Upkeep(later(home, hours=3)).round()
        before = await reasons(home, number)
        await Upkeep(later(home, hours=5)).round()
        assert before == {"ada": "claimed"}
        assert set(await reasons(home, number)) == {"person", "ada", "ben"}

    run(play())


def test_whoever_is_asked_is_told_once_and_the_others_are_let_go(home: House, run: Run) -> None:
    async def play() -> None:
        ada, ben = home.members["ada"], home.members["ben"]
        number = await waiting(home, "asked_for")
        await as_(home, ada, lambda client: client.assign(number, "ben"))
        await as_(home, ada, lambda client: client.assign(number, "ben"))
        assert await reasons(home, number) == {"ben": "assigned"}
        told = (await as_(home, ben, lambda client: client.notices(limit=200))).items
        about = [one for one in told if one.proposal == number and one.reason == "assigned"]
        assert len(about) == 1
        await as_(home, ben, lambda client: client.read_notices([about[0].id]))
        again = (await as_(home, ben, lambda client: client.notices(limit=200))).items
        assert about[0].id not in [one.id for one in again]
        await as_(home, ada, lambda client: client.assign(number, "ben", off=True))
        assert set(await reasons(home, number)) == {"person", "ada", "ben"}

    run(play())


def test_nobody_is_asked_who_could_not_decide(home: House, run: Run) -> None:
    async def play() -> None:
        ada = home.members["ada"]
        number = await waiting(home, "unaskable")
        for name, code in (("bot", "not_found"), ("nobody", "not_found")):
            with pytest.raises(KNOWN) as refused:
                await as_(home, ada, lambda client, name=name: client.assign(number, name))
            assert refused.value.code == code

    run(play())


def test_what_is_put_away_is_in_its_own_list_until_it_wakes(home: House, run: Run) -> None:
    async def play() -> None:
        ada = home.members["ada"]
        number = await waiting(home, "put_away")
        until = stamp(now() + timedelta(days=2))
        await as_(home, ada, lambda client: client.snooze(number, until))

        async def listed(member: Member, whose: Whose, services: Services) -> bool:
            caller = await home.caller(member)
            items, _ = await queue.queue(services, caller, limit=200, whose=whose)
            return number in [item.id for item in items]

        services = home.services
        assert not await listed(ada, "mine", services)
        assert not await listed(ada, "everybody", services)
        assert await listed(ada, "snoozed", services)
        assert await listed(home.members["ben"], "mine", services)
        assert await listed(ada, "mine", later(home, days=3))
        assert (await shown(home, number, ada)).snoozed_until == until
        assert (await shown(home, number, home.person)).snoozed_until is None

    run(play())


def test_the_clock_stands_still_while_everybody_put_it_away_and_goes_on_after(
    home: House, run: Run
) -> None:
    async def play() -> None:
        number = await waiting(home, "asleep")
        until = stamp(now() + timedelta(days=1))
        for member in (home.person, home.members["ada"], home.members["ben"]):
            await as_(home, member, lambda client: client.snooze(number, until))
        clock = (await shown(home, number, home.person)).clock
        assert (clock.running, clock.paused_by) == (False, "snoozed")
        await Upkeep(later(home, days=2)).round()
        assert (await shown(home, number, home.person)).clock.running

    run(play())


@pytest.mark.parametrize(
    "until", ["soon", "2020-01-01T00:00:00Z", "2126-01-01T00:00:00Z", "2026-12-01"]
)
def test_nothing_is_put_away_until_no_moment_or_for_ever(home: House, run: Run, until: str) -> None:
    async def play() -> None:
        number = home_proposal(home)
        with pytest.raises(KNOWN) as refused:
            await as_(home, home.members["ada"], lambda client: client.snooze(number, until))
        assert refused.value.code == "queue.snooze"

    run(play())


def home_proposal(home: House) -> str:
    """The furnished proposal that waits for reviewers."""
    rows = home.services.store.query_sync(lambda view: view.proposals.list(states=("reviewing",)))
    return f"P-{rows[0].number}"


def test_no_token_that_a_program_may_hold_says_who_looks(home: House, run: Run) -> None:
    """The local token lies in the home; an agent holds its own."""

    async def play() -> None:
        number = home_proposal(home)
        before = await reasons(home, number)
        asked: tuple[Callable[[Client], object], ...] = (
            lambda client: client.claim(number),
            lambda client: client.assign(number, "ada"),
            lambda client: client.snooze(number, stamp(now() + timedelta(days=1))),
            lambda client: client.read_notices(["x"]),
        )
        for client in (home.client, home.of(home.members["bot"])):
            for ask in asked:
                with pytest.raises(KNOWN):
                    await asyncio.to_thread(ask, client)
        assert await reasons(home, number) == before

    run(play())


def test_every_order_lists_everything_once_whatever_the_page_size(home: House, run: Run) -> None:
    async def play() -> None:
        person, services = await home.caller(home.person), home.services
        for order in ORDERS:
            whole, _ = await queue.queue(services, person, limit=200, order=order)
            paged: list[str] = []
            cursor: str | None = None
            while True:
                page, cursor = await queue.queue(
                    services, person, cursor=cursor, limit=2, order=order
                )
                paged += [item.id for item in page]
                if cursor is None:
                    break
            assert paged == [item.id for item in whole]
            assert len(set(paged)) == len(paged)

    run(play())


def test_the_words_of_a_search_are_all_found_and_none_of_them_is_a_pattern(
    home: House, run: Run
) -> None:
    async def play() -> None:
        number = await waiting(home, "searched_for")
        person, services = await home.caller(home.person), home.services

        async def found(words: str) -> list[str]:
            items, _ = await queue.queue(services, person, limit=200, words=words)
            return [item.id for item in items]

        assert await found("SEARCHED_for bot numbers") == [number]
        assert await found(number.lower()) == [number]
        assert await found("searched%for") == []
        assert await found("searched_for nonsense") == []

    run(play())


def test_an_author_sees_its_own_and_neither_risk_nor_whose_findings_weigh(
    home: House, run: Run
) -> None:
    async def play() -> None:
        number = await waiting(home, "judged")
        own = await line(home, number, home.members["bot"])
        assert (own.risk, own.risk_why, own.low_risk) == (0, "", False)
        theirs = await line(home, number, home.members["ada"])
        assert theirs.risk > 0
        assert theirs.risk_why.startswith("pure, ")
        other = await as_(home, home.members["other"], lambda client: client.queue().items)
        assert other == ()

    run(play())


def test_a_cursor_of_somebody_elses_making_is_refused(home: House, run: Run) -> None:
    async def play() -> None:
        person = await home.caller(home.person)
        with pytest.raises(CursorError):
            await queue.queue(home.services, person, cursor="P-1")

    run(play())


def test_the_same_files_under_another_name_are_refused_with_the_way_out(
    home: House, run: Run
) -> None:
    async def play() -> None:
        bot, other = home.members["bot"], home.members["other"]
        first = furniture.renamed("copied")
        copy = {**first, "tool.toml": first["tool.toml"].replace('"copied"', '"copied_again"')}
        view = await home.submit(bot, first)
        with pytest.raises(KNOWN) as refused:
            await home.submit(bot, copy)
        assert refused.value.code == "proposal.duplicate"
        assert view.id in refused.value.hint
        theirs = await home.submit(other, copy)
        assert (await line(home, theirs.id, home.person)).same_as == view.id
        both = await home.submit(bot, {**copy, "tool.toml": copy["tool.toml"].replace(
            '"copied_again"', '"copied_thrice"')}, again=True)  # fmt: skip
        assert both.state == "reviewing"

    run(play())


def test_a_rollback_has_open_changes_verified_again_on_what_is_served_now(
    home: House, run: Run
) -> None:
    async def play() -> None:
        third = {
            **furniture.ADD_AGAIN,
            "tool.toml": furniture.ADD_AGAIN["tool.toml"] + "# third\n",
        }
        view = await home.submit(home.members["bot"], third)
        keeper = Upkeep(home.services)
        await home.rollback("add", 1)
        await keeper.round()
        again = await home.verdict(view.id)
        assert again.state == "reviewing"
        assert again.base_release != view.base_release
        assert again.release_digest == view.release_digest
        entries = await home.services.store.query(
            lambda view_: view_.entries_about(view.id, (Verb.PROPOSAL_REBASE,))
        )
        assert len(entries) == 1
        published = await home.approve(view.id)
        assert published.state == "published"

    run(play())


def test_the_health_of_the_queue_counts_what_waits_and_names_nobody(home: House, run: Run) -> None:
    async def play() -> None:
        found = await as_(home, home.person, lambda client: client.queue_health())
        assert found.open >= found.waiting > 0
        assert found.stuck == ()
        assert found.decided_7d > 0
        assert found.median_decision_s is not None
        assert not {"ada", "ben", "person"} & set(str(found).split("'"))
        with pytest.raises(KNOWN):
            await as_(home, home.members["other"], lambda client: client.queue_health())

    run(play())


def test_whoever_is_revoked_drops_out(home: House, run: Run) -> None:
    """Last on purpose: ben does not come back."""

    async def play() -> None:
        number = await waiting(home, "left_behind")
        services, ben = home.services, home.members["ben"]
        await as_(home, home.members["ada"], lambda client: client.assign(number, "ben"))
        await services.store.write(lambda unit: unit.principals.deactivate(ben.id))
        assert await reasons(home, number) == {}
        await Upkeep(services).round()
        assert set(await reasons(home, number)) == {"person", "ada"}
        person = await home.caller(home.person)
        with pytest.raises(assign.ReviewerError):
            await assign.assign(services, person, number, "ben")

    run(play())
