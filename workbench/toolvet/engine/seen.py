"""What a person has looked at: marked by that person's own session, never by a program of theirs.

A mark names the digest that the thing had in a revision, so it is a word about bytes: when they
change it says nothing about the new ones any more.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, cast

from toolvet.config import stamp
from toolvet.engine import revision_side
from toolvet.engine.services import Services
from toolvet.engine.stored import find, revision_of
from toolvet.errors import ConflictError, ForbiddenError, ToolvetError
from toolvet.storage import Unit, View
from toolvet.storage.review_rows import SeenRow
from toolvet.storage.rows import ProposalRow
from toolvet_reviews.comparison import Thing
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import SeenMark
from toolvet_reviews.words import one_line

MOST_AT_ONCE = 500
"""Marks of one request: more things than a bundle and its evidence have."""


class NotAPersonError(ForbiddenError):
    """What was seen is marked by the person who saw it, signed in with their key."""

    code = "seen.person"
    hint = "Open your key, or sign in: the local token is an agent's."


class MarkError(ToolvetError):
    """A mark of nothing there is."""

    code = "seen.mark"
    status = 422
    hint = "A mark has a kind, a name where there are several, and a revision of this proposal."


class MarkStaleError(ConflictError):
    """A mark whose digest the thing does not have in that revision."""

    code = "seen.stale"
    hint = "Fetch it again: what was marked is not what is there."


_Kind = Literal["file", "evidence", "spec", "definition", "tests", "effects", "rubric"]


def is_person(caller: Caller) -> bool:
    """Tell whether it is a person who proved it with their key, not a program that acts for them."""
    return caller.principal.kind == "human" and caller.auth == "key"


async def seen(services: Services, caller: Caller, proposal: str) -> tuple[SeenMark, ...]:
    """List what the caller has looked at of a proposal; whoever is no person has seen nothing.

    A definition and a rubric are listed by each of their names: their own digest, and that of the
    release or dossier that held them.

    Raises:
        ProposalNotFoundError: None such, or not the caller's.
    """
    return await services.store.query(
        lambda view: _list(services, view, caller, find(view, caller, proposal))
    )


async def mark(
    services: Services,
    caller: Caller,
    proposal: str,
    marks: Sequence[SeenMark],
    *,
    off: bool = False,
) -> tuple[SeenMark, ...]:
    """Note that the caller has looked at things, or with `off` that they have not; all or nothing.

    Args:
        marks: With the digests that the things have in the revisions they name. A file that is not
            there any more has none: an empty one.

    Returns:
        Everything that is marked now.

    Raises:
        NotAPersonError: The caller did not come with a key.
        MarkError: A mark is of nothing there is, or there are too many.
        MarkStaleError: A digest is not that of the thing.
    """
    if not is_person(caller):
        raise NotAPersonError("marks of what was seen are a person's own")
    if len(marks) > MOST_AT_ONCE:
        raise MarkError(f"expected at most {MOST_AT_ONCE} marks, got {len(marks)}")

    def note(unit: Unit) -> tuple[SeenMark, ...]:
        row = find(unit, caller, proposal)
        if off:
            for one in marks:
                unit.seen.forget(caller.id, row.number, one.kind, one.name)
        else:
            _save(services, unit, caller, row, marks)
        return _list(services, unit, caller, row)

    return await services.store.write(note)


def things_seen(rows: Sequence[SeenRow], digests: Mapping[Thing, str]) -> frozenset[Thing]:
    """Pick what was seen exactly as it is now.

    Args:
        rows: Marks of one person.
        digests: Of everything there is now.
    """
    marked = {(row.kind, row.name): row.digest for row in rows}
    return frozenset(thing for thing, digest in digests.items() if marked.get(thing) == digest)


def _list(services: Services, view: View, caller: Caller, row: ProposalRow) -> tuple[SeenMark, ...]:
    rows = view.seen.of(caller.id, row.number) if is_person(caller) else []
    return tuple(
        SeenMark(cast("_Kind", one.kind), one.name, digest, one.at, one.revision)
        for one in rows
        for digest in _names(services, view, caller, row, one)
    )


def _names(
    services: Services, view: View, caller: Caller, row: ProposalRow, mark: SeenRow
) -> Sequence[str]:
    """Give every digest by which a face may know what was marked; see `revision_side.named`."""
    if mark.kind not in ("definition", "rubric"):
        return (mark.digest,)
    revision = revision_of(view.proposals.revisions(row.number), row, mark.revision)
    known = revision_side.named(services, view, caller, row, revision).get((mark.kind, mark.name))
    return known if known is not None and known[0] == mark.digest else (mark.digest,)


def _save(
    services: Services, unit: Unit, caller: Caller, row: ProposalRow, marks: Sequence[SeenMark]
) -> None:
    revisions = unit.proposals.revisions(row.number)
    known: dict[int, Mapping[Thing, Sequence[str]]] = {}
    now = stamp(services.clock())
    for one in marks:
        if one.revision not in known:
            wanted = revision_of(revisions, row, one.revision)
            known[one.revision] = revision_side.named(services, unit, caller, row, wanted)
        digest = _checked(one, known[one.revision])
        unit.seen.save(
            SeenRow(caller.id, row.number, one.kind, one.name, digest, one.revision, now)
        )


def _checked(one: SeenMark, named: Mapping[Thing, Sequence[str]]) -> str:
    """Give the digest to keep: the thing's own, though a mark may name what contains it."""
    known = named.get((one.kind, one.name))
    if known is None and one.kind == "file" and one.name:
        known = ("",)
    if known is None:
        said = one_line(f"{one.kind} {one.name}", 100)
        raise MarkError(f"revision {one.revision} has no {said}")
    if one.digest not in known:
        said = one_line(f"{one.kind} {one.name}", 100)
        raise MarkStaleError(f"the {said} of revision {one.revision} is another one")
    return known[0]
