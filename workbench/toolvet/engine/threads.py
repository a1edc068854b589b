"""Threads: open, answer, resolve, reopen."""

from collections.abc import Callable
from dataclasses import replace

from toolvet.engine import after, entry, publish, remarks, review_state, stored
from toolvet.engine.blocking import blocking
from toolvet.engine.remarks import Remark
from toolvet.engine.seated import need_person
from toolvet.engine.services import Services
from toolvet.errors import ForbiddenError, NotFoundError
from toolvet.storage import Unit, View
from toolvet.storage.review_rows import ThreadRow
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import moves
from toolvet_reviews.events import Verb
from toolvet_reviews.permissions import may_see_proposal
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import Anchor, ReviewState

__all__ = ["blocking", "open_thread", "reopen", "reply", "resolve"]


class ThreadNotFoundError(NotFoundError):
    """No such thread, or not on a proposal of the caller's."""

    code = "thread.not_found"
    hint = "`toolvet threads PROPOSAL` lists them."


class ThreadNotYoursError(ForbiddenError):
    """The caller may not settle this thread."""

    code = "thread.not_yours"
    hint = "Whoever opened it, or a reviewer, says when it is settled."


async def open_thread(
    services: Services,
    caller: Caller,
    proposal: str,
    anchor: Anchor,
    remark: Remark,
    *,
    revision: int | None = None,
) -> ReviewState:
    """Open a thread about a place.

    Args:
        revision: That was looked at; None is the newest.

    Raises:
        AnchorError: The place is none, or not in that revision.
        CommentError: Nothing was said, or too much.
        ForbiddenError: It is to block, and the caller is no person who reviews.
    """

    def add(unit: Unit) -> None:
        row = stored.find(unit, caller, proposal)
        said = remarks.checked(remark)
        remarks.begin(services, unit, caller, row, anchor, said, revision=revision)
        after.happened(unit, row.number, "said", caller.id)

    with services.refusals.recorded(caller, Verb.COMMENT_ADD, ("proposal", proposal)):
        await services.store.write(add)
    return await review_state.review_state(services, caller, proposal)


async def reply(services: Services, caller: Caller, thread: str, remark: Remark) -> ReviewState:
    """Answer in a thread.

    Raises:
        ThreadNotFoundError: None such, or the caller does not see its proposal.
        CommentError: Nothing was said, or too much.
    """

    def add(unit: Unit) -> str:
        found, row = _find(unit, caller, thread)
        moves.apply(stored.facts(row), "comment", caller.principal)
        is_author = caller.id == row.author
        is_flag = caller.principal.kind != "human" and not is_author
        kind = "flag" if is_flag or remark.flag else "remark"
        remarks.say(services, unit, caller, row, found, remarks.checked(remark), kind=kind)
        what = "answered" if is_author and found.author != caller.id else "said"
        after.happened(unit, row.number, what, caller.id)
        return f"P-{row.number}"

    return await _moved(services, caller, Verb.COMMENT_ADD, thread, add)


async def resolve(services: Services, caller: Caller, thread: str, text: str = "") -> ReviewState:
    """Say that a thread is settled; a proposal that waited for nothing else is published.

    Raises:
        ThreadNotFoundError: None such, or the caller does not see its proposal.
        ThreadNotYoursError: The caller is neither who opened it nor a reviewer; or the author, and
            it blocks.
        NotAPersonError: It blocks, and a machine asked.
        SessionNeededError: It blocks, and no key opened the session.
    """
    return await _settle(services, caller, thread, text, resolved=True)


async def reopen(services: Services, caller: Caller, thread: str, text: str = "") -> ReviewState:
    """Say that a thread is not settled after all. Raises as `resolve` does."""
    return await _settle(services, caller, thread, text, resolved=False)


async def _settle(
    services: Services, caller: Caller, thread: str, text: str, *, resolved: bool
) -> ReviewState:
    verb = Verb.THREAD_RESOLVE if resolved else Verb.THREAD_REOPEN

    def settle(unit: Unit) -> str:
        found, row = _find(unit, caller, thread)
        proposal = f"P-{row.number}"
        _check_may_settle(caller, row, found)
        if found.resolved == resolved:
            return proposal  # asked for twice, or a reply was lost
        unit.threads.save(replace(found, resolved=resolved))
        facts = {"proposal": proposal, "revision": row.revision}
        payloads = {"text": text} if text else {}
        target = ("thread", found.id)
        unit.append(entry.by(caller, verb, target, facts=facts, payloads=payloads))
        kind = "resolve" if resolved else "reopen"
        remark = Remark(text[: remarks.LONGEST])
        remarks.say(services, unit, caller, row, found, remark, kind=kind)
        after.happened(unit, row.number, "resolved" if resolved else "reopened", caller.id)
        if resolved and found.blocking:
            publish.try_publish(services, unit, row)
        return proposal

    return await _moved(services, caller, verb, thread, settle)


def _check_may_settle(caller: Caller, row: ProposalRow, thread: ThreadRow) -> None:
    is_reviewer = caller.has("reviewer") and caller.id != row.author
    if thread.blocking:
        need_person(caller, "settling what blocks")
        if caller.id != thread.author and not is_reviewer:
            raise ThreadNotYoursError("this thread blocks: its opener or a reviewer settles it")
    elif caller.id not in (thread.author, row.author) and not is_reviewer:
        raise ThreadNotYoursError("only its opener, the author or a reviewer settles a thread")


def _find(view: View, caller: Caller, thread: str) -> tuple[ThreadRow, ProposalRow]:
    found = view.threads.get(thread)
    if found is None:
        raise ThreadNotFoundError(f"no thread {thread[:40]!r}")
    row = view.proposals.get(found.proposal)
    if row is None or not may_see_proposal(caller, row.author, row.sponsor):
        raise ThreadNotFoundError(f"no thread {thread[:40]!r}")
    return found, row


async def _moved(
    services: Services, caller: Caller, verb: Verb, thread: str, step: Callable[[Unit], str]
) -> ReviewState:
    with services.refusals.recorded(caller, verb, ("thread", thread)):
        proposal = await services.store.write(step)
    return await review_state.review_state(services, caller, proposal)
