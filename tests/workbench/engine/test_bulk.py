"""Bulk: exactly what was on the screen, each item by itself, and a second click does nothing more."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import furniture
import pytest
from furniture import Furnished
from house import House, Member

from toolvet.audit.entries import parse_entry
from toolvet.client import shown
from toolvet.client.batch import Batch
from toolvet.client.client import Client
from toolvet.engine import bulk, decide, look, revise
from toolvet.engine.bulk import Item, Order
from toolvet.errors import UnreachableError
from toolvet_reviews.events import Verb
from toolvet_reviews.review_views import BulkResult

Run = Callable[[Coroutine[Any, Any, Any]], Any]
STATES = ("published", "reviewing")


@pytest.fixture(scope="module")
def waiting(home: House, run: Run) -> list[str]:
    """Four small proposals that wait for reviewers."""

    async def submit() -> list[str]:
        bot = home.members["bot"]
        names = ("bulk_a", "bulk_b", "bulk_c", "bulk_d")
        return [(await home.submit(bot, furniture.renamed(name), again=True)).id for name in names]

    return run(submit())


async def signed(home: House, member: Member, proposals: list[str]) -> Batch:
    """Look at each, check every digest, sign them all."""

    def sign() -> Batch:
        client = home.of(member)
        seen = [shown.fetch(client, client.service(), one) for one in proposals]
        return Batch.sign(home.pen(member), [(one, f"for {one.view.id}") for one in seen])

    return await asyncio.to_thread(sign)


async def handed_in(home: House, member: Member, batch: Batch) -> BulkResult:
    return await asyncio.to_thread(batch.hand_in, home.of(member))


def codes(result: BulkResult) -> list[str]:
    return ["done" if one.done else one.code for one in result.items]


async def states(home: House, proposals: list[str]) -> list[str]:
    person = await home.caller(home.person)
    return [(await look.show(home.services, person, one)).state for one in proposals]


def entries(home: House, verb: Verb) -> list[Any]:
    found = home.services.store.query_sync(lambda view: view.entries(verbs=(verb,)))
    return [parse_entry(one.leaf) for one in found]


def test_a_batch_counts_what_is_unchanged_and_names_what_is_not(
    home: House, run: Run, waiting: list[str]
) -> None:
    """One was revised, one sent back and one closed between the screen and the click."""

    async def play() -> None:
        ada, ben, bot = (home.members[name] for name in ("ada", "ben", "bot"))
        batch = await signed(home, ada, waiting)
        sent = {**furniture.renamed("bulk_b"), "notes.md": "late"}
        files = {path: text.encode() for path, text in sent.items()}
        await revise.revise(home.services, await home.caller(bot), waiting[1], files)
        reviewer = await home.caller(ben)
        for act, one in ((decide.request_changes, waiting[2]), (decide.reject, waiting[3])):
            view = await look.show(home.services, reviewer, one)
            await act(home.services, reviewer, one, view.revision_digest, "no")
        await home.verdict(waiting[1])

        result = await handed_in(home, ada, batch)

        assert [one.proposal for one in result.items] == waiting
        assert codes(result) == ["done", "vote.stale", *["proposal.move_refused"] * 2]
        assert await states(home, waiting) == [
            "published", "reviewing", "changes_wanted", "rejected",
        ]  # fmt: skip
        again = await handed_in(home, ada, batch)
        assert codes(again) == codes(result)

    run(play())


def test_each_vote_of_a_batch_is_a_statement_of_its_own_and_names_the_batch(
    home: House, run: Run, waiting: list[str]
) -> None:
    async def play() -> None:
        votes = entries(home, Verb.VOTE_APPROVE)
        ours = [one for one in votes if one.facts.get("batch") and one.outcome == "ok"]
        assert len({one.act for one in ours}) == len(ours) == 1
        refused = [one for one in votes if one.outcome == "refused"]
        assert {one.target_id for one in refused} >= {*waiting[1:]}

    run(play())


def test_a_lost_answer_is_asked_for_again_and_every_vote_counts_once(
    home: House, run: Run, waiting: list[str]
) -> None:
    class Losing(Client):
        """Hands in, and loses the first answer."""

        lost = 0

        def bulk(self, *args: Any, **rest: Any) -> BulkResult:
            result = honest.bulk(*args, **rest)
            if not self.lost:
                self.lost += 1
                raise UnreachableError("the answer was lost")
            return result

    async def play() -> None:
        nonlocal honest
        ben = home.members["ben"]
        honest = home.of(ben)
        losing = object.__new__(Losing)
        batch = await signed(home, ben, [waiting[1]])
        before = len(entries(home, Verb.VOTE_APPROVE))
        result = await asyncio.to_thread(batch.hand_in, losing)
        assert (codes(result), losing.lost) == (["done"], 1)
        assert len(entries(home, Verb.VOTE_APPROVE)) == before + 1
        assert await states(home, [waiting[1]]) == ["published"]

    honest = home.client
    run(play())


def test_a_double_click_decides_against_once(home: House, run: Run, furnished: Furnished) -> None:
    async def play() -> None:
        proposal = furnished.proposals["multiply"]
        caller = await home.caller(home.members["ada"])
        view = await look.show(home.services, caller, proposal)
        order = Order(
            "request_changes", (Item(proposal, view.revision_digest),), words="negatives?"
        )
        said = [one for one in entries(home, Verb.PROPOSAL_REQUEST_CHANGES) if one.outcome == "ok"]
        before = len(said)
        clicks = [bulk.bulk(home.services, caller, order) for _ in range(3)]
        results = await asyncio.gather(*clicks)
        assert [codes(one) for one in results] == [["done"]] * 3
        said = [one for one in entries(home, Verb.PROPOSAL_REQUEST_CHANGES) if one.outcome == "ok"]
        assert len(said) == before + 1
        stale = replace(order, items=(Item(proposal, "sha256:" + "0" * 64),))
        assert codes(await bulk.bulk(home.services, caller, stale)) == ["vote.stale"]

    run(play())


def test_people_are_asked_in_bulk_and_what_changed_is_left_out(
    home: House, run: Run, furnished: Furnished
) -> None:
    async def play() -> None:
        caller = await home.caller(home.members["ada"])
        view = await look.show(home.services, caller, furnished.proposals["dispatch"])
        items = (
            Item(view.id, view.revision_digest),
            Item("P-99999", view.revision_digest),
        )
        for order in (
            Order("assign", items, person="ben"),
            Order("claim", items),
            Order("snooze", items, until=None),
        ):
            assert codes(await bulk.bulk(home.services, caller, order)) == [
                "done", "proposal.not_found",
            ]  # fmt: skip
        stale = Order("claim", (Item(view.id, "sha256:" + "1" * 64),))
        assert codes(await bulk.bulk(home.services, caller, stale)) == ["vote.stale"]

    run(play())


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (Order("approve", ()), "bulk.items"),
        (Order("approve", (Item("P-1", "d"), Item("P-1", "e"))), "bulk.items"),
        (Order("claim", tuple(Item(f"P-{n}", "d") for n in range(1, 202))), "bulk.items"),
        (Order("reject", (Item("P-1", "d"),)), "decide.words_needed"),
    ],
)
def test_what_cannot_be_meant_is_refused_whole(
    home: House, run: Run, order: Order, code: str
) -> None:
    async def play() -> None:
        with pytest.raises((bulk.BulkError, decide.WordsNeededError)) as refused:
            await bulk.bulk(home.services, await home.caller(home.person), order)
        assert refused.value.code == code

    run(play())


def test_an_approval_in_bulk_needs_a_signature_for_each_item(
    home: House, run: Run, furnished: Furnished
) -> None:
    """Whoever sends it: a session, and a program with the local token."""

    async def play() -> None:
        caller = await home.caller(home.members["ada"])
        view = await look.show(home.services, caller, furnished.proposals["dispatch"])
        item: dict[str, object] = {"proposal": view.id, "digest": view.release_digest}
        for client in (home.client, home.of(home.members["ada"])):
            for more in ({}, {"envelope": "{}"}, {"envelope": ""}):
                result = await asyncio.to_thread(client.bulk, "approve", [{**item, **more}])
                assert not result.items[0].done
        assert view.votes == (await look.show(home.services, caller, view.id)).votes

    run(play())


def test_nothing_that_was_done_in_bulk_is_void(home: House) -> None:
    """Last on purpose."""
    assert not home.services.standing.ledger.problems
