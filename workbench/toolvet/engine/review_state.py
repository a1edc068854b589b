"""What is said about a proposal and who waits for whom, put together for whoever looks."""

from typing import cast, get_args

from toolvet.engine import kept_cases, objections, remark_drafts, sittings, stored, turns
from toolvet.engine.places import Found, Places
from toolvet.engine.seated import is_seated
from toolvet.engine.services import Services
from toolvet.engine.verdict_shown import sees_hidden
from toolvet.storage import View
from toolvet.storage.review_rows import ThreadRow
from toolvet.storage.rows import CommentRow, ProposalRow, RevisionRow
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import ReviewState, Said, SaidKind, ThreadView


async def review_state(
    services: Services, caller: Caller, proposal: str, revision: int | None = None
) -> ReviewState:
    """Show threads, turns, objections and, to a person, the drafts of their own.

    Args:
        revision: The one that is looked at; None is the newest.

    Raises:
        ProposalNotFoundError: None such, or not the caller's.
    """
    return await services.store.query(
        lambda view: _state(services, view, caller, stored.find(view, caller, proposal), revision)
    )


def _state(
    services: Services, view: View, caller: Caller, row: ProposalRow, wanted: int | None
) -> ReviewState:
    shown = stored.revision_of(view.proposals.revisions(row.number), row, wanted)
    said = threads_of(view, caller, row, shown)
    waiting = [thread for thread in said if not thread.resolved]
    seen = turns.turns_of(services, view, row, caller)
    is_there = is_seated(caller)
    return ReviewState(
        proposal=f"P-{row.number}",
        threads=said,
        drafts=remark_drafts.of_person(view, caller, row) if is_there else (),
        objections=objections.of_proposal(services, view, row),
        turns=seen.turns,
        assigned=seen.assigned,
        clock=seen.clock,
        snoozed_until=seen.snoozed_until if is_there else None,
        sign_again=objections.sign_again(services, view, row, caller) if is_there else None,
        cases=kept_cases.of_proposal(view, row),
        stale_base=seen.stale_base,
        others=_others(services, view, row, caller),
        open_threads=len(waiting),
        blocking_threads=sum(thread.blocking for thread in waiting),
    )


def _others(services: Services, view: View, row: ProposalRow, caller: Caller) -> tuple[str, ...]:
    """Name the people who look at it now: to one another, not to whose work it is."""
    if not sees_hidden(caller):
        return ()
    return sittings.others(view, row, caller, services.clock())


def threads_of(
    view: View, caller: Caller, row: ProposalRow, shown: RevisionRow
) -> tuple[ThreadView, ...]:
    """Show the threads of a proposal, oldest first, at their places in one revision."""
    places = Places(view, row, shown, told=not sees_hidden(caller))
    spoken: dict[str, list[CommentRow]] = {}
    for comment in view.proposals.comments(row.number):
        spoken.setdefault(comment.thread or comment.id, []).append(comment)
    names = _Names(view)
    return tuple(
        _thread(thread, places.of(thread), spoken.get(thread.id, []), names)
        for thread in view.threads.of(row.number)
    )


class _Names:
    """Names of those who spoke, each looked up once."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._known: dict[str, tuple[str, str]] = {}

    def of(self, principal: str) -> tuple[str, str]:
        """Give name and kind; the id and nothing when they are not known."""
        if principal not in self._known:
            found = self._view.principals.get(principal)
            known = (found.name, found.kind) if found else (principal, "")
            self._known[principal] = known
        return self._known[principal]


def _thread(row: ThreadRow, found: Found, spoken: list[CommentRow], names: _Names) -> ThreadView:
    return ThreadView(
        id=row.id,
        anchor=found.anchor,
        revision=row.revision,
        place=found.place.anchor,
        followed=found.place.followed,
        blocking=row.blocking,
        resolved=row.resolved,
        said=tuple(_said(one, names) for one in spoken),
        quote=found.quote,
    )


def _said(row: CommentRow, names: _Names) -> Said:
    name, kind = names.of(row.author)
    return Said(
        id=row.id,
        author=name,
        author_id=row.author,
        author_kind=kind,
        text=row.text,
        time=row.time,
        revision=row.revision,
        suggestion=row.suggestion,
        kind=_kind(row),
    )


def _kind(row: CommentRow) -> SaidKind:
    known = [kind for kind in get_args(SaidKind) if kind == row.kind]
    return cast("SaidKind", known[0]) if known else "remark"
