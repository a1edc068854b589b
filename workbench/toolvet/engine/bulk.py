"""Bulk: one thing done to exactly the items that were on the screen, each by itself.

Every item names the digest that was shown. What changed since is left out and named; what was done
before, by the same request or a lost answer to it, is done. Nothing is chosen here.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Literal

from toolvet.audit.entries import parse_entry
from toolvet.audit.voting import Vote
from toolvet.config import uuid7
from toolvet.engine import assign, counting, decide, stored, vote
from toolvet.engine.decide import Word, WordsNeededError
from toolvet.engine.services import Services
from toolvet.engine.vote import Ballot, Note
from toolvet.errors import KNOWN, ConflictError, StorageError, ToolvetError
from toolvet.storage import Unit, View
from toolvet_reviews import digests
from toolvet_reviews.errors import StaleVoteError
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import BulkAnswer, BulkResult
from toolvet_reviews.values import Digest

MOST = 200
"""Items of one request: nobody looks at more on one screen."""

Act = Literal["approve", "request_changes", "reject", "assign", "claim", "snooze"]
_AGAINST: dict[str, decide.Against] = {"request_changes": "request_changes", "reject": "reject"}
_VERBS: dict[str, Verb] = {
    "assign": Verb.PROPOSAL_ASSIGN,
    "claim": Verb.PROPOSAL_CLAIM,
    "snooze": Verb.PROPOSAL_SNOOZE,
}


class BulkError(ToolvetError):
    """A bulk that cannot be meant: nothing, too much, or one item twice."""

    code = "bulk.items"
    hint = f"Name each item once, at most {MOST}, with the digest that was shown."


class UnsignedError(ConflictError):
    """An approval without a signed vote."""

    code = "bulk.unsigned"
    hint = "Each item of an approval carries a statement of its own."


@dataclass(frozen=True)
class Item:
    """One item as it was shown."""

    proposal: str
    digest: str
    """Of the release for an approval, else of the revision."""
    envelope: bytes | None = None
    note: Note | None = None


@dataclass(frozen=True)
class Order:
    """What is to be done to which items."""

    act: Act
    items: tuple[Item, ...]
    words: str = ""
    """For `request_changes` and `reject`."""
    person: str = ""
    """Name, for `assign`."""
    until: str | None = None
    """For `snooze`."""


async def bulk(services: Services, caller: Caller, order: Order) -> BulkResult:
    """Do one thing to items that were shown; each one stands or falls by itself.

    Returns:
        An answer for every item, in the order of the request.

    Raises:
        BulkError: No items, too many, or one of them twice.
        WordsNeededError: A decision against without words.
        StorageError: The log cannot be written; what was done before that stays done.
    """
    _check(order)
    batch = uuid7()
    working = [_answer(services, caller, order, item, batch) for item in order.items]
    return BulkResult(tuple(await asyncio.gather(*working)))


def _check(order: Order) -> None:
    proposals = [item.proposal for item in order.items]
    if not proposals or len(proposals) > MOST:
        raise BulkError(f"a bulk has 1 to {MOST} items")
    if len(set(proposals)) != len(proposals):
        raise BulkError("an item is named twice")
    if order.act in _AGAINST and not order.words.strip():
        raise WordsNeededError("a decision against needs a note")


async def _answer(
    services: Services, caller: Caller, order: Order, item: Item, batch: str
) -> BulkAnswer:
    if await services.store.query(partial(_is_done, services, caller, order, item)):
        return BulkAnswer(item.proposal, done=True)
    try:
        await _work(services, caller, order, item, batch)
    except StorageError:
        raise
    except KNOWN as error:
        # a second click may have done it between our look and our write
        if await services.store.query(partial(_is_done, services, caller, order, item)):
            return BulkAnswer(item.proposal, done=True)
        return BulkAnswer(item.proposal, done=False, code=error.code, message=str(error))
    return BulkAnswer(item.proposal, done=True)


def _work(
    services: Services, caller: Caller, order: Order, item: Item, batch: str
) -> Coroutine[None, None, None]:
    if order.act == "approve":
        return _approve(services, caller, item, batch)
    against = _AGAINST.get(order.act)
    if against is not None:
        word = Word(against, item.digest, order.words, batch=batch)
        return decide.say(services, caller, item.proposal, word)
    return _place(services, caller, order, item)


async def _approve(services: Services, caller: Caller, item: Item, batch: str) -> None:
    if item.envelope is None:
        raise UnsignedError(f"{item.proposal} comes without a signed vote")
    ballot = Ballot(item.envelope, item.note, shown=item.digest, batch=batch)
    await vote.cast(services, caller, item.proposal, ballot)


async def _place(services: Services, caller: Caller, order: Order, item: Item) -> None:
    """Say who looks at it, if it is still what was shown."""
    placing: dict[str, Callable[[Unit], None]] = {
        "assign": lambda unit: assign.assign_in(
            services, unit, caller, item.proposal, order.person
        ),
        "claim": lambda unit: assign.claim_in(services, unit, caller, item.proposal),
        "snooze": lambda unit: assign.snooze_in(services, unit, caller, item.proposal, order.until),
    }

    def step(unit: Unit) -> None:
        row = stored.find(unit, caller, item.proposal)
        if item.digest not in (row.revision_digest, row.release_digest):
            raise StaleVoteError(f"{item.proposal} is at revision {row.revision_digest}")
        placing[order.act](unit)

    with services.refusals.recorded(caller, _VERBS[order.act], ("proposal", item.proposal)):
        await services.store.write(step)


def _is_done(services: Services, caller: Caller, order: Order, item: Item, view: View) -> bool:
    """Tell whether this very request was done before: a click came twice, or an answer was lost."""
    try:
        row = stored.find(view, caller, item.proposal)
    except KNOWN:
        return False
    if order.act == "approve":
        envelope = digests.sha256(item.envelope or b"")
        return any(vote.envelope == envelope for vote in _counted(services, item.digest))
    if order.act == "request_changes":
        mine = counting.said_against(services, view, row).get(caller.id)
        return mine is not None and _is_about(view, mine.entry, caller, item.digest)
    if order.act == "reject":
        said = view.entries_about(f"P-{row.number}", (Verb.PROPOSAL_REJECT,))
        return any(_is_about(view, one.index, caller, item.digest) for one in said)
    return False


def _counted(services: Services, release: str) -> tuple[Vote, ...]:
    return services.standing.ledger.votes(Digest(release)) if digests.is_digest(release) else ()


def _is_about(view: View, index: int, caller: Caller, digest: str) -> bool:
    """Tell whether the caller said what an entry says, about exactly what was shown."""
    row = view.entry(index)
    if row is None:
        return False
    said = parse_entry(row.leaf)
    return (said.actor, said.digest, said.outcome) == (caller.id, digest, "ok")
