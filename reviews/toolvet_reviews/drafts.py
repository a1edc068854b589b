"""Drafts: an author calls its own revision before anybody reviewed it.

Who may, when, how often, and how much of it is kept for those who decide. Pure; no I/O.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from toolvet_reviews.principals import Caller
from toolvet_reviews.views import DraftStatus, DraftView, ProposalState
from toolvet_reviews.words import one_line

GATE: tuple[str, ...] = ("intake", "environment", "interface", "ruff", "mypy", "semgrep")
"""Checks that come before the first draft call: all that run nothing but the import."""
MAX_CALLS = 100
"""Draft calls of one author within `WINDOW`."""
WINDOW = timedelta(hours=24)
AT_ONCE = 4
"""Draft calls of one author that run at the same time."""
KEPT_BYTES = 32 * 1024
"""Of the arguments, and of the result of one draft call, in the log."""
SHOWN = 20
"""Draft calls of a revision that a reviewer sees; the rest is counted."""
SHOWN_CHARACTERS = 2000
"""Of arguments, result or message of one of them."""

_CLOSED: frozenset[ProposalState] = frozenset({"rejected", "withdrawn"})
_GOOD = frozenset({"passed", "warned", "skipped"})
"""What evidence may say of a check before a draft call; any other word stops it."""


class Gate(NamedTuple):
    """What keeps a revision from being drafted; nothing when both are empty."""

    stopped: tuple[str, ...]
    """Checks that object, or could not tell."""
    pending: tuple[str, ...]
    """Checks that are not done yet."""

    @property
    def is_open(self) -> bool:
        """Tell whether the revision may be called as a draft."""
        return not self.stopped and not self.pending


class Kept(NamedTuple):
    """A text as far as it is kept."""

    text: str
    size: int
    """Bytes of the whole, in UTF-8."""


def may_draft(caller: Caller, author: str) -> bool:
    """Tell whether a caller may try a revision out: its author only, no sponsor and no sibling."""
    return caller.principal.active and caller.id == author and caller.has("author")


def is_closed(state: ProposalState) -> bool:
    """Tell whether a proposal came to an end at which nothing of it runs any more."""
    return state in _CLOSED


def gate(found: Mapping[str, str], *, verifying: bool) -> Gate:
    """Hold the evidence there is against what a draft call needs.

    Args:
        found: Status by check, as far as the checks are done.
        verifying: More may come; a check that brought nothing by the verdict counts as unknown.
    """
    missing = tuple(check for check in GATE if check not in found)
    stopped = tuple(check for check in GATE if found.get(check, "passed") not in _GOOD)
    return Gate(stopped, missing) if verifying else Gate((*stopped, *missing), ())


def wait_for_quota(started: Sequence[str], now: datetime) -> float | None:
    """Say how long an author has to wait for the next draft call, in seconds; None when not at all.

    Args:
        started: When the author's draft calls within the window began, RFC 3339, in any order.
        now: The moment.
    """
    if len(started) < MAX_CALLS:
        return None
    frees = datetime.fromisoformat(sorted(started)[-MAX_CALLS]) + WINDOW
    return max(1.0, (frees - now).total_seconds())


def keep(text: str) -> Kept:
    """Cut a text to what is kept of it, never within a character."""
    data = text.encode("utf-8", "replace")
    return Kept(data[:KEPT_BYTES].decode("utf-8", "ignore"), len(data))


def choose(calls: Sequence[tuple[str, DraftStatus]], most: int = SHOWN) -> list[str]:
    """Choose which calls a reviewer sees: half of the room is for those that went wrong.

    So nobody buries a failure under calls that work.

    Args:
        calls: Id and status of each, oldest first.
        most: How many to show.

    Returns:
        Their ids, oldest first.
    """
    wrong = [id for id, status in calls if status != "succeeded"]
    right = [id for id, status in calls if status == "succeeded"]
    room_right = max(most // 2, most - len(wrong))
    room_wrong = most - min(len(right), room_right)
    shown = {*_last(wrong, room_wrong), *_last(right, room_right)}
    return [id for id, _ in calls if id in shown]


def lasting(
    status: DraftStatus, started: str, now: datetime, *, lease_s: float, is_ours: bool
) -> DraftStatus:
    """Say what became of a call: one that runs after its time, or its service, was cut off.

    Args:
        status: As it was written last.
        started: When it began, RFC 3339.
        now: The moment.
        lease_s: How long it may run.
        is_ours: The service that runs it still does.
    """
    if status != "running":
        return status
    ends = datetime.fromisoformat(started) + timedelta(seconds=lease_s)
    return "running" if is_ours and now < ends else "interrupted"


def in_words(call: DraftView) -> str:
    """Say in one harmless line what a draft call was and what came of it."""
    given = one_line(call.arguments) if call.arguments else "arguments unknown"
    if call.erased:
        given = "arguments erased"
    came = one_line(call.result) if call.result else call.status
    if call.status not in ("succeeded", "incomplete"):
        why = f": {one_line(call.message)}" if call.message else ""
        came = f"{call.status}{why}" + (f" [{call.code}]" if call.code else "")
    elif call.status == "incomplete":
        came = f"{came} (incomplete)"
    aside = [f"{call.duration_ms:.0f} ms"] if call.duration_ms else []
    aside += ["shortened"] if call.cut else []
    return f"{given} -> {came}" + (f" ({', '.join(aside)})" if aside else "")


def _last(ids: list[str], most: int) -> list[str]:
    return ids[-most:] if most > 0 else []
