"""The queue: what waits, for whom, who takes it, and what one was told."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from toolvet.cli.desk import Desk, sit_down
from toolvet.cli.exits import UsageError
from toolvet.cli.options import AsJson, ProposalId
from toolvet.cli.output import emit, table
from toolvet.client.client import Client
from toolvet.client.queues import Order, Whose
from toolvet_reviews.review_views import ClockView, NoticeView, QueueHealth, ReviewState
from toolvet_reviews.views import QueueItem
from toolvet_reviews.words import STATES, counted, one_line

_ORDERS: dict[str, Order] = {
    "rank": "rank",
    "risk": "risk",
    "age": "age",
    "updated": "updated",
    "number": "number",
}
_PAUSED = {
    "author": "stands still: the author's turn",
    "machine": "stands still: being verified",
    "snoozed": "stands still: put away",
    "closed": "closed",
}


def queue(
    health: Annotated[
        bool, typer.Option("--health", help="How the queue does, as a team.")
    ] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Only where it is my turn.")] = False,
    free: Annotated[bool, typer.Option("--free", help="Only what nobody has taken.")] = False,
    snoozed: Annotated[bool, typer.Option("--snoozed", help="Only what I put away.")] = False,
    order: Annotated[
        str, typer.Option("--order", metavar="ORDER", help=f"{', '.join(_ORDERS)}.")
    ] = "rank",
    words: Annotated[
        str, typer.Option("--words", help="All of them in id, tool, author or summary.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List what is open, the most urgent first."""
    desk = sit_down()
    if health:
        found = desk.client.queue_health()
        emit(found, as_json=as_json, render=lambda: _health(found))
        return
    if order not in _ORDERS:
        raise UsageError(f"--order is one of {', '.join(_ORDERS)}")
    whose = _whose(mine=mine, free=free, snoozed=snoozed)
    client = desk.person() if whose in ("mine", "snoozed") else desk.client
    items = [*_all(client, _ORDERS[order], whose, words)]
    emit({"items": items, "next": None}, as_json=as_json, render=lambda: _lines(items))


def _whose(*, mine: bool, free: bool, snoozed: bool) -> Whose:
    if mine + free + snoozed > 1:
        raise UsageError("--mine, --free and --snoozed are one at a time")
    if mine:
        return "mine"
    if free:
        return "nobody"
    return "snoozed" if snoozed else "everybody"


def _all(client: Client, order: Order, whose: Whose, words: str) -> Iterator[QueueItem]:
    cursor: str | None = None
    while True:
        page = client.queue(cursor=cursor, limit=200, order=order, whose=whose, words=words)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def assign(
    proposal: ProposalId,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Name.")],
    off: Annotated[bool, typer.Option("--off", help="Take them off it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a person to review a proposal, or take them off it."""
    view = sit_down().person().assign(proposal, person, off=off)
    emit(view, as_json=as_json, render=lambda: turn_lines(view))


def claim(
    proposal: ProposalId,
    give_back: Annotated[bool, typer.Option("--give-back", help="Let others have it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a proposal on yourself, for four hours."""
    view = sit_down().person().claim(proposal, give_back=give_back)
    emit(view, as_json=as_json, render=lambda: turn_lines(view))


def snooze(
    proposal: ProposalId,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Such as 3d, 12h or 2027-01-31T09:00:00Z."),
    ] = None,
    wake: Annotated[bool, typer.Option("--wake", help="Bring it back.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a proposal away until a moment."""
    if wake == (until is not None):
        raise UsageError("either --until or --wake")
    view = sit_down().person().snooze(proposal, _moment(until) if until else None)
    emit(view, as_json=as_json, render=lambda: turn_lines(view))


def _moment(text: str) -> str:
    """Read `3d`, `12h` or `30m` from now on; the service reads anything else."""
    from datetime import timedelta

    from toolvet.config import now, stamp

    units = {"d": "days", "h": "hours", "m": "minutes"}
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in units or len(number) > 5:
        return text
    return stamp(now() + timedelta(**{units[unit]: int(number)}))


def notices(
    everything: Annotated[bool, typer.Option("--all", help="Those you read as well.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave them unread.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what you were told, and mark it as read."""
    client = _person(sit_down())
    found = client.notices(unread=not everything, limit=200).items
    emit({"items": found}, as_json=as_json, render=lambda: _notices(found))
    unread = [one.id for one in found if one.read_at is None]
    if unread and not keep:
        client.read_notices(unread)


def _person(desk: Desk) -> Client:
    return desk.person()


# --- as text -------------------------------------------------------------------------------------


def _lines(items: Sequence[QueueItem]) -> str:
    if not items:
        return "Nothing waits.\n"
    headers = ("ID", "RISK", "RUBRIC", "TOOL", "KIND", "STATE", "WAITED", "WHOSE TURN", "AUTHOR")
    lines = [_line(item) for item in items]
    if not any(item.risk for item in items):  # it is told to people only
        return table((headers[0], *headers[2:]), [(line[0], *line[2:]) for line in lines])
    return table(headers, lines)


def _line(item: QueueItem) -> Sequence[object]:
    tool = item.tool if item.toolset == "default" else f"{item.toolset}/{item.tool}"
    return (
        item.id,
        item.risk or "",
        item.marks,
        f"{tool} ({item.change})",
        item.kind or "",
        _state(item),
        lasted(item.waited_s) + ("" if item.clock_runs or not item.waited_s else " ‖"),
        _whose_turn(item),
        item.author,
    )


def _state(item: QueueItem) -> str:
    parts = [STATES[item.state]]
    plain = {
        "reviewing": "passed",
        "verifying": "pending",
        "changes_wanted": "failed",
        "stale": "stale",
    }
    if item.verdict != plain.get(item.state, ""):
        parts.append(item.verdict)
    parts += [counted(item.errors, "error")] * bool(item.errors)
    parts += [counted(item.warnings, "warning")] * bool(item.warnings)
    parts += [counted(item.open_threads, "open thread")] * bool(item.open_threads)
    parts += [counted(item.objections, "objection")] * bool(item.objections)
    parts += [f"same as {item.same_as}"] * bool(item.same_as)
    return ", ".join(parts)


def _whose_turn(item: QueueItem) -> str:
    if item.claimed_by:
        return f"{item.claimed_by} (took it)"
    return ", ".join(item.whose[:3]) + (
        f" and {len(item.whose) - 3} more" if len(item.whose) > 3 else ""
    )


def lasted(seconds: float) -> str:
    """Say a span of time in one unit; nothing for less than a minute."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return ""


def turn_lines(view: ReviewState) -> str:
    """Say whose turn a proposal is, who was asked, and what the clock says."""
    lines = [f"{view.proposal}: {_clock(view.clock)}"]
    lines += [f"  {one_line(one.person)}: {one.reason.replace('_', ' ')}" for one in view.turns]
    if not view.turns:
        lines.append("  nobody's turn")
    for one in view.assigned:
        word = "took it" if one.claimed else f"was asked by {one_line(one.by)}"
        lines.append(f"  {one_line(one.person)} {word}, {one.at}")
    if view.snoozed_until:
        lines.append(f"  you put it away until {view.snoozed_until}")
    return "\n".join(lines) + "\n"


def _clock(clock: ClockView) -> str:
    waited = lasted(clock.waited_s) or "less than a minute"
    if clock.running:
        return f"waited {waited}, due {clock.due_at}"
    return f"waited {waited}; the clock {_PAUSED.get(clock.paused_by, 'stands still')}"


def _notices(items: Sequence[NoticeView]) -> str:
    if not items:
        return "Nothing new.\n"
    rows = [(one.at, one.proposal, one.tool, one.reason.replace("_", " ")) for one in items]
    return table(("TIME", "ID", "TOOL", "WHY"), rows)


def _health(found: QueueHealth) -> str:
    lines = [
        ("open", str(found.open)),
        ("wait for reviewers", f"{found.waiting}, {found.unassigned} of them taken by nobody"),
        ("waited", _span(found.median_waited_s, found.oldest_waiting_s)),
        ("overdue", str(found.overdue)),
        ("put away", str(found.snoozed)),
        ("with their authors", f"{found.with_author}, {found.stale} of them stale"),
        ("being verified", str(found.verifying)),
        ("decided in 7 days", str(found.decided_7d)),
        ("from verdict to decision", _or_none(found.median_decision_s)),
        ("attention a decision", _or_none(found.median_attention_s)),
        ("faster than reading", str(found.fast)),
        ("same as another", ", ".join(found.duplicates) or "none"),
        ("cannot be applied", ", ".join(found.stuck) or "none"),
    ]
    return "".join(f"{name:<26}{said}\n" for name, said in lines)


def _span(middle: float, longest: float) -> str:
    return f"median {lasted(middle) or '0 min'}, longest {lasted(longest) or '0 min'}"


def _or_none(seconds: float | None) -> str:
    if seconds is None:
        return "not known"
    return f"median {lasted(seconds) or f'{seconds:.0f} s'}"
