"""What a person writes and has not published: kept at each pause, shown to nobody else, in no log."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from toolvet.config import stamp
from toolvet.engine import after, remarks, review_state, stored
from toolvet.engine.remarks import Remark
from toolvet.engine.seated import need_person
from toolvet.engine.services import Services
from toolvet.errors import BusyError, ConflictError, ToolvetError
from toolvet.storage import Unit, View
from toolvet.storage.review_rows import RemarkDraftRow
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import anchors
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import Anchor, DraftRemark, ReviewState

MOST = 200
"""Drafts of one person about one proposal."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_WORDS = "A suggested edit."


class DraftError(ToolvetError):
    """A draft that cannot be kept: too long, or with an id that is none."""

    code = "draft.invalid"


class DraftGoneError(ConflictError):
    """A draft that is to be published and is not there."""

    code = "draft.gone"
    hint = "It was published or dropped meanwhile; look again."


async def drafts(services: Services, caller: Caller, proposal: str) -> tuple[DraftRemark, ...]:
    """List the caller's own drafts about a proposal.

    Raises:
        NotAPersonError: A machine asks.
        SessionNeededError: No key opened the session.
    """
    need_person(caller, "keeping drafts")
    return await services.store.query(
        lambda view: of_person(view, caller, stored.find(view, caller, proposal))
    )


def of_person(view: View, caller: Caller, row: ProposalRow) -> tuple[DraftRemark, ...]:
    """Read a person's own drafts about a proposal, oldest first."""
    found = view.threads.drafts(caller.id, row.number)
    return tuple(_shown(one) for one in sorted(found, key=lambda one: (one.updated_at, one.id)))


async def keep(
    services: Services, caller: Caller, proposal: str, draft: DraftRemark
) -> DraftRemark:
    """Keep a draft, over the caller's one of the same id.

    Raises:
        NotAPersonError: A machine asks.
        SessionNeededError: No key opened the session.
        DraftError: It is too long, or its id is none.
        AnchorError: Its place is none.
        BusyError: There are too many.
    """
    need_person(caller, "keeping a draft")

    def put(unit: Unit) -> RemarkDraftRow:
        row = stored.find(unit, caller, proposal)
        before = _before(unit, caller, row, draft.id)
        made = _row(services, caller, row, draft, before)
        if draft.thread is not None:
            _check_thread(unit, row, draft.thread)
        unit.threads.keep_draft(made)
        return made

    return _shown(await services.store.write(put))


async def drop(services: Services, caller: Caller, proposal: str, draft: str) -> None:
    """Forget a draft of the caller's own; one that is not there is forgotten already."""
    need_person(caller, "dropping a draft")

    def forget(unit: Unit) -> None:
        row = stored.find(unit, caller, proposal)
        found = unit.threads.draft(caller.id, draft)
        if found is not None and found.proposal == row.number:
            unit.threads.drop_draft(caller.id, draft)

    await services.store.write(forget)


async def publish(
    services: Services, caller: Caller, proposal: str, ids: Sequence[str]
) -> ReviewState:
    """Publish drafts without deciding anything: all of them, or none.

    Raises:
        NotAPersonError: A machine asks.
        SessionNeededError: No key opened the session.
        DraftGoneError: One of them is not there.
    """

    def say(unit: Unit) -> None:
        row = stored.find(unit, caller, proposal)
        publish_in(services, unit, caller, row, ids)
        after.happened(unit, row.number, "said", caller.id)

    with services.refusals.recorded(caller, Verb.COMMENT_ADD, ("proposal", proposal)):
        need_person(caller, "publishing drafts")
        await services.store.write(say)
    return await review_state.review_state(services, caller, proposal)


def publish_in(
    services: Services, unit: Unit, person: Caller, row: ProposalRow, ids: Sequence[str]
) -> None:
    """Publish a person's own drafts within a write that decides something: all of them, or none.

    Whoever calls it tells `after.happened` at the end of its own write.

    Args:
        person: Whose drafts they are; of a vote the one who signed it.
        ids: Of drafts; twice the same is once. An empty draft is dropped.

    Raises:
        NotAPersonError: A machine asks.
        SessionNeededError: No key opened the session.
        DraftGoneError: One of them is not there.
        AnchorError: The place of one is not in the revision it was written on.
    """
    if not ids:
        return
    need_person(person, "publishing drafts")
    for id in dict.fromkeys(ids):
        draft = unit.threads.draft(person.id, id)
        if draft is None or draft.proposal != row.number:
            raise DraftGoneError(f"no draft {id[:64]!r} of yours about P-{row.number}")
        _publish(services, unit, person, row, draft)
        unit.threads.drop_draft(person.id, id)


def _publish(
    services: Services, unit: Unit, person: Caller, row: ProposalRow, draft: RemarkDraftRow
) -> None:
    if not draft.text.strip() and draft.suggestion is None:
        return
    text = draft.text if draft.text.strip() else _NO_WORDS
    remark = remarks.checked(Remark(text, draft.suggestion, draft.blocking))
    if draft.thread is None:
        anchor, revision = _anchor(draft)
        remarks.begin(services, unit, person, row, anchor, remark, revision=revision)
        return
    thread = unit.threads.get(draft.thread)
    if thread is None or thread.proposal != row.number:
        raise DraftGoneError("the thread it answers is not there")
    remarks.say(services, unit, person, row, thread, remark, kind="remark")


def _before(unit: Unit, caller: Caller, row: ProposalRow, id: str) -> RemarkDraftRow | None:
    if _ID.fullmatch(id) is None:
        raise DraftError("a draft's id is 1 to 64 letters, digits, - and _")
    before = unit.threads.draft(caller.id, id)
    if before is None:
        if len(unit.threads.drafts(caller.id, row.number)) >= MOST:
            raise BusyError(f"{MOST} drafts about one proposal", hint="Publish or drop some.")
    elif before.proposal != row.number:
        raise DraftError("that draft is about another proposal")
    return before


def _row(
    services: Services,
    caller: Caller,
    row: ProposalRow,
    draft: DraftRemark,
    before: RemarkDraftRow | None,
) -> RemarkDraftRow:
    if max(len(draft.text), len(draft.suggestion or "")) > remarks.LONGEST:
        raise DraftError(f"a draft has at most {remarks.LONGEST} characters")
    anchor = anchors.checked(draft.anchor)
    revision = draft.revision or row.revision
    if before is not None and not draft.revision and _anchor(before)[0] == anchor:
        revision = _anchor(before)[1]  # the lines it is about are those of when it was begun
    if not 1 <= revision <= row.revision:
        raise DraftError(f"P-{row.number} has no revision {revision}")
    return RemarkDraftRow(
        person=caller.id,
        id=draft.id,
        proposal=row.number,
        thread=draft.thread,
        anchor={**asdict(anchor), "revision": revision},
        text=draft.text,
        suggestion=draft.suggestion,
        blocking=draft.blocking,
        updated_at=stamp(services.clock()),
    )


def _check_thread(unit: Unit, row: ProposalRow, id: str) -> None:
    thread = unit.threads.get(id)
    if thread is None or thread.proposal != row.number:
        raise DraftError("the thread it answers is not there")


def _anchor(draft: RemarkDraftRow) -> tuple[Anchor, int]:
    said: dict[str, Any] = dict(draft.anchor)
    revision = said.pop("revision")
    return Anchor(**said), revision


def _shown(draft: RemarkDraftRow) -> DraftRemark:
    anchor, revision = _anchor(draft)
    return DraftRemark(
        id=draft.id,
        anchor=anchor,
        text=draft.text,
        updated_at=draft.updated_at,
        thread=draft.thread,
        suggestion=draft.suggestion,
        blocking=draft.blocking,
        revision=revision,
    )
