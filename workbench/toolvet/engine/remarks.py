"""Saying something in a thread: the part that every way of speaking shares, inside a write."""

from dataclasses import dataclass

from toolvet.audit.entries import parse_entry
from toolvet.config import stamp, uuid7
from toolvet.engine import bundles, entry, places, stored
from toolvet.engine.seated import need_person
from toolvet.engine.services import Services
from toolvet.engine.verdict_shown import sees_hidden
from toolvet.errors import BusyError, ForbiddenError, ToolvetError
from toolvet.storage import Unit
from toolvet.storage.review_rows import ThreadRow
from toolvet.storage.rows import CommentRow, ProposalRow
from toolvet_reviews import anchors, moves
from toolvet_reviews.anchors import AnchorError
from toolvet_reviews.events import EntryDraft, Fact, Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import Anchor, SaidKind
from toolvet_reviews.values import Digest, Json

LONGEST = 20_000
"""Characters of one remark, and of one suggestion."""
MOST_REMARKS = 1_000
"""Of one person or agent on one proposal."""
MOST_SAID = 400_000
"""Characters of all of them, about: everybody who looks at the proposal is sent them."""

_SETTLING = (Verb.THREAD_RESOLVE, Verb.THREAD_REOPEN)


class CommentError(ToolvetError):
    """An empty or overlong comment."""

    code = "comment.text"


@dataclass(frozen=True)
class Remark:
    """Something to be said."""

    text: str
    suggestion: str | None = None
    """Lines in place of those the thread is about."""
    blocking: bool = False
    flag: bool = False


def checked(remark: Remark) -> Remark:
    """Hold a remark to its caps.

    Raises:
        CommentError: Nothing was said, or too much.
    """
    if not remark.text.strip() and remark.suggestion is None:
        raise CommentError(f"a comment has 1 to {LONGEST} characters")
    if max(len(remark.text), len(remark.suggestion or "")) > LONGEST:
        raise CommentError(f"a comment, or a suggested edit, has at most {LONGEST} characters")
    return remark


def begin(
    services: Services,
    unit: Unit,
    caller: Caller,
    row: ProposalRow,
    anchor: Anchor,
    remark: Remark,
    *,
    revision: int | None = None,
    kind: SaidKind | None = None,
) -> ThreadRow:
    """Open a thread with its first remark.

    Args:
        revision: That was looked at; None is the newest.
        kind: Of the remark; None says `flag` of a machine that is not the author, else `remark`.

    Raises:
        AnchorError: The place is none, or not in that revision.
        ForbiddenError: It is to block, and the caller is no person who reviews.
    """
    place = _placed(unit, caller, row, anchor, revision or row.revision)
    return begin_at(services, unit, caller, row, place, remark, revision=revision, kind=kind)


def begin_at(
    services: Services,
    unit: Unit,
    caller: Caller,
    row: ProposalRow,
    place: Anchor,
    remark: Remark,
    *,
    revision: int | None = None,
    kind: SaidKind | None = None,
) -> ThreadRow:
    """Open a thread at a place that is known to be there. See `begin`."""
    moves.apply(stored.facts(row), "comment", caller.principal)
    if remark.blocking:
        _check_may_block(caller, row)
    thread = ThreadRow(
        id=uuid7(),
        proposal=row.number,
        revision=revision or row.revision,
        author=caller.id,
        kind=place.kind,
        path=place.path,
        line=place.line,
        end_line=place.end_line,
        name=place.name,
        blocking=remark.blocking,
        resolved=False,
        opened_at=stamp(services.clock()),
    )
    unit.threads.open(thread)
    said = kind or ("flag" if remark.flag or _is_machine(caller, row) else "remark")
    say(services, unit, caller, row, thread, remark, kind=said, opens=True)
    return thread


def say(
    services: Services,
    unit: Unit,
    caller: Caller,
    row: ProposalRow,
    thread: ThreadRow,
    remark: Remark,
    *,
    kind: SaidKind,
    opens: bool = False,
) -> None:
    """Add a remark to a thread, and the entry to the log.

    The first remark carries the thread's own id, and its entry is about the proposal: so the log
    itself lists the threads of a proposal.

    Raises:
        BusyError: The caller has said too much about this proposal.
    """
    _check_room(unit, caller, row, remark)
    if remark.suggestion is not None and thread.kind != "line":
        raise AnchorError("an edit is suggested for lines", place=thread.kind)
    said = CommentRow(
        id=thread.id if opens else uuid7(),
        proposal=row.number,
        revision=thread.revision if opens else row.revision,
        author=caller.id,
        text=remark.text,
        path=thread.path,
        line=thread.line,
        time=stamp(services.clock()),
        thread=thread.id,
        kind=kind,
        suggestion=remark.suggestion,
    )
    unit.proposals.add_comment(said)
    if kind not in ("resolve", "reopen"):
        unit.append(_entry(caller, row, thread, said, opens=opens))


def forget(unit: Unit, leaf: bytes, name: str) -> None:
    """Forget words of a remark whose payload is erased from beside its entry.

    Args:
        unit: Of the write that erases.
        leaf: Of the entry, of any kind.
        name: Of the payload.
    """
    said = parse_entry(leaf)
    if said.verb in _SETTLING and name == "text":
        unit.threads.forget_settling(said.target_id, said.actor)
    if said.verb is Verb.COMMENT_ADD and (name == "text" or name == "suggestion"):
        id = said.target_id if said.target_kind == "comment" else said.facts.get("thread")
        unit.threads.forget(str(id), name)


def _entry(
    caller: Caller, row: ProposalRow, thread: ThreadRow, said: CommentRow, *, opens: bool
) -> EntryDraft:
    facts: dict[str, Fact] = {
        "proposal": f"P-{row.number}",
        "revision": said.revision,
        "thread": thread.id,
        "kind": said.kind,
    }
    payloads: dict[str, Json] = {"text": said.text, "path": said.path}
    if opens:
        facts |= {"line": thread.line, "anchor": thread.kind, "blocking": thread.blocking}
        payloads |= {"name": thread.name} if thread.name else {}
    if said.suggestion is not None:
        payloads["suggestion"] = said.suggestion
    target = ("proposal", f"P-{row.number}") if opens else ("comment", said.id)
    return entry.by(caller, Verb.COMMENT_ADD, target, facts=facts, payloads=payloads)


def _check_may_block(caller: Caller, row: ProposalRow) -> None:
    need_person(caller, "saying what blocks")
    if not caller.has("reviewer") or caller.id == row.author:
        raise ForbiddenError("a remark that blocks is for reviewers, on the work of others")


def _check_room(unit: Unit, caller: Caller, row: ProposalRow, remark: Remark) -> None:
    count, size = unit.threads.said_by(row.number, caller.id)
    if count >= MOST_REMARKS:
        raise BusyError(f"{MOST_REMARKS} remarks on one proposal are the most")
    if size + len(remark.text) + len(remark.suggestion or "") > MOST_SAID:
        raise BusyError(f"{MOST_SAID} characters about one proposal are the most")


def _is_machine(caller: Caller, row: ProposalRow) -> bool:
    return caller.principal.kind != "human" and caller.id != row.author


def _placed(unit: Unit, caller: Caller, row: ProposalRow, anchor: Anchor, revision: int) -> Anchor:
    place = anchors.checked(anchor)
    shown = stored.revision_of(unit.proposals.revisions(row.number), row, revision)
    if place.kind in ("file", "line"):
        digest = bundles.tree(unit, Digest(shown.digest)).get(place.path)
        anchors.check_there(place, None if digest is None else unit.blob(digest))
    if place.kind == "finding":
        evidence = stored.load_evidence(unit, row.number, shown.number)
        found = places.findings_of([one for one, _ in evidence], told=not sees_hidden(caller))
        if place.name not in found:
            raise AnchorError("the revision has no such finding", place=place.kind)
    return place
