"""Looking back: what was decided, by whom, on what, and one decision with the evidence as it stood.

Everything is read from the log and from bytes that it names; tables only give names to ids. What a
service tells about itself proves nothing: `toolvet.client.proof` checks it where the reader sits.
"""

from dataclasses import dataclass

from toolvet.audit.entries import Entry, parse_entry
from toolvet.engine.audit import may_audit
from toolvet.engine.moments import first_of
from toolvet.engine.recalled import Recalled
from toolvet.engine.services import Services
from toolvet.errors import ToolvetError
from toolvet.storage import View
from toolvet.storage.history import About
from toolvet_reviews.events import ACTS, Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import HistoryLine
from toolvet_reviews.words import one_line

DECISIONS = ACTS | {
    Verb.PROPOSAL_REQUEST_CHANGES,
    Verb.PROPOSAL_REJECT,
    Verb.PROPOSAL_WITHDRAW,
    Verb.PROPOSAL_STALE,
    Verb.OBJECTION_LIFT,
    Verb.RELEASE_PUBLISH,
    Verb.RELEASE_STOP,
    Verb.CHANNEL_STOP,
    Verb.PRINCIPAL_REVOKE,
    Verb.KEY_PIN,
    Verb.KEY_REVOKE,
    Verb.GRANT_REVOKE,
    Verb.SECRET_DELETE,
    Verb.MOUNT_UNBIND,
    Verb.DEAD_DISCARD,
    Verb.PAYLOAD_ERASE,
}
"""What is history: decisions, and what changes who may do what. Calls and drafts are not."""

MOST = 200
"""Lines of a page."""
SCANNED = 5_000
"""Entries looked at for one page: words are looked for one by one, and the rest comes with the next."""
_BATCH = 500
_SAID = 200
"""Characters of what was said in a line."""


class NoSuchVerbError(ToolvetError):
    """Nothing in the history begins with that."""

    code = "history.verb"
    status = 422
    hint = f"One of {', '.join(sorted(DECISIONS))}, or the beginning of some."


@dataclass(frozen=True)
class Wanted:
    """What is looked for; empty texts leave everything in."""

    words: str = ""
    """Every one is in tool, person, proposal or what was said."""
    verb: str = ""
    """A verb, or the beginning of some."""
    tool: str = ""
    """`toolset/name`, a name, or an advertised name."""
    person: str = ""
    since: str = ""
    until: str = ""
    """Not included."""


@dataclass(frozen=True)
class Page:
    """Lines, newest first."""

    items: tuple[HistoryLine, ...]
    next: int | None
    """Index that the next page is older than; None when this was the last."""


async def history(
    services: Services,
    caller: Caller,
    wanted: Wanted,
    *,
    before: int | None = None,
    limit: int = 50,
) -> Page:
    """List decisions and changes of what is served, newest first.

    Args:
        before: Only what is older than this index.
        limit: At most `MOST`.

    Raises:
        ForbiddenError: The caller may not read the log.
        MomentError: `since` or `until` is no time.
        NoSuchVerbError: No decision is called that.
    """
    may_audit(caller)
    verbs = _verbs(wanted.verb)
    return await services.store.query(
        lambda view: _page(
            view,
            Recalled(view, services.service_id),
            wanted,
            verbs,
            view.log_size() if before is None else before,
            max(1, min(limit, MOST)),
        )
    )


def _verbs(beginning: str) -> frozenset[Verb]:
    found = frozenset(verb for verb in DECISIONS if verb.startswith(beginning))
    if not found:
        raise NoSuchVerbError(f"no decision begins with {beginning[:40]!r}")
    return found


def _page(
    view: View,
    recalled: Recalled,
    wanted: Wanted,
    verbs: frozenset[Verb],
    before: int,
    limit: int,
) -> Page:
    end = min(before, view.log_size())
    start = view.history.size_before(first_of(wanted.since), end) if wanted.since else 0
    end = view.history.size_before(first_of(wanted.until), end) if wanted.until else end
    words = wanted.words.casefold().split()
    actors, about = _actors(view, wanted.person), _about(view, wanted.tool)
    lines: list[HistoryLine] = []
    scanned = 0
    while scanned < SCANNED:
        rows = view.history.newest(start, end, verbs, actors=actors, about=about, limit=_BATCH)
        for row in rows:
            line = _line(view, recalled, parse_entry(row.leaf))
            end = row.index
            if _has(line, words):
                lines.append(line)
            if len(lines) == limit:
                return Page(tuple(lines), end if end > start else None)
        scanned += len(rows)
        if len(rows) < _BATCH:
            return Page(tuple(lines), None)
    return Page(tuple(lines), end)


def _actors(view: View, person: str) -> tuple[str, ...] | None:
    if not person:
        return None
    found = view.principals.by_name(person) or view.principals.get(person)
    return (found.id,) if found else (person,)


def _about(view: View, tool: str) -> About | None:
    if not tool:
        return None
    toolset, slash, name = tool.partition("/")
    if not slash:
        toolset, _, name = tool.rpartition("__")
    return view.history.of_tool(toolset or None, name)


def _has(line: HistoryLine, words: list[str]) -> bool:
    if not words:
        return True
    texts = (line.tool, line.actor, line.proposal, line.said, line.verb)
    text = "\n".join(texts).casefold()
    return all(word in text for word in words)


def _line(view: View, recalled: Recalled, entry: Entry) -> HistoryLine:
    proposal = recalled.proposal_of(entry)
    return HistoryLine(
        index=entry.index,
        time=entry.time,
        verb=entry.verb,
        actor=recalled.name(entry.actor),
        actor_kind=entry.actor_kind,
        tool=recalled.tool_of(entry, proposal),
        proposal=proposal,
        digest=entry.digest or "",
        outcome=entry.outcome,
        code=entry.code,
        pace=str(entry.facts.get("pace") or ""),
        said=one_line(recalled.said(entry), _SAID),
    )
