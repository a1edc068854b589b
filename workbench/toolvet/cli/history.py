"""Looking back: decisions over time, one of them in full, and what was callable on a day."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from toolvet.cli.audit import audit
from toolvet.cli.desk import Desk, sit_down
from toolvet.cli.exits import NO
from toolvet.cli.options import AsJson
from toolvet.cli.output import emit, say, table
from toolvet_reviews.review_views import HistoryLine
from toolvet_reviews.words import one_line

if TYPE_CHECKING:
    from toolvet.client.proof import Proof
    from toolvet.client.review_shapes import CallableList, HistoryPage

history = typer.Typer(help="What was decided, and by whom.")


@history.callback(invoke_without_command=True)
def list_history(
    context: typer.Context,
    words: Annotated[str, typer.Option(help="Each in tool, person or what was said.")] = "",
    verb: Annotated[str, typer.Option(help="Such as vote:approve, or release.")] = "",
    tool: Annotated[str, typer.Option(help="A name, or TOOLSET/NAME.")] = "",
    person: Annotated[str, typer.Option(help="Who did it.")] = "",
    since: Annotated[str, typer.Option(help="A day or a time.")] = "",
    until: Annotated[str, typer.Option(help="The same; not included.")] = "",
    before: Annotated[str | None, typer.Option(help="Only before this index.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: AsJson = False,
) -> None:
    """List decisions and changes of what is served, newest first."""
    if context.invoked_subcommand is not None:
        return
    page = sit_down().client.history(
        words=words,
        verb=verb,
        tool=tool,
        person=person,
        since=since,
        until=until,
        cursor=before,
        limit=limit,
    )
    emit(page, as_json=as_json, render=lambda: _listed(page))


def _listed(page: "HistoryPage") -> str:
    headers = ("INDEX", "TIME", "VERB", "BY", "ABOUT", "OUTCOME", "SAID")
    listed = table(headers, [_row(line) for line in page.items])
    if page.next is not None:
        say(f"There is more: --before {page.next}")
    return listed


def _row(line: HistoryLine) -> tuple[object, ...]:
    kind = "" if line.actor_kind == "human" or line.actor == "service" else f" ({line.actor_kind})"
    outcome = " ".join(word for word in (line.outcome, line.code) if word)
    pace = f" [{line.pace}]" if line.pace == "fast" else ""
    about = " ".join(word for word in (line.proposal, line.tool) if word)
    when = f"{line.time[:19]}Z"
    return line.index, when, line.verb, f"{line.actor}{kind}", about, outcome + pace, line.said


@history.command("show")
def show_decision(
    index: Annotated[int, typer.Argument(min=0, help="Of the entry.")], as_json: AsJson = False
) -> None:
    """Show one decision in full, and check it here.

    The evidence is as it stood. Exit 1 when signature, log or words do not hold.
    """
    from toolvet.client import proof

    desk = sit_down()
    found = proof.check(desk.client, desk.service, index)
    emit({**vars(found), "ok": found.ok}, as_json=as_json, render=lambda: _decision(desk, found))
    sys.exit(0 if found.ok else NO)


def _decision(desk: Desk, found: "Proof") -> str:
    shown = found.decision
    lines: list[str] = []
    if shown is not None:
        is_plain = shown.person_kind == "human" or shown.person == shown.person_kind
        kind = "" if is_plain else f" ({shown.person_kind})"
        lines += [
            f"{shown.verb} by {one_line(shown.person)}{kind}, {shown.time}",
            *_term("tool", shown.tool),
            *_term(
                "proposal", f"{shown.proposal} revision {shown.revision}" * bool(shown.proposal)
            ),
            *_term("digest", shown.digest),
            *_term("policy", shown.policy),
            *_term("tier", shown.tier),
            *_term("sponsor", "the voter is the author's sponsor" * shown.as_sponsor),
            *_term("pace", shown.pace),
            *_term("said", one_line(shown.note, 2000)),
            *(f"  {one_line(name)}: {one_line(mark)}" for name, mark in shown.rubric.items()),
            *_term("waived", " ".join(shown.waived)),
            *(f"  {one_line(line, 300)}" for line in shown.evidence),
        ]
    signed = {True: f"holds: {found.signer}", False: "DOES NOT HOLD", None: "none is asked for"}
    lines += [
        f"signature {signed[found.signature_ok]}",
        f"log       {'holds this entry: ' if found.in_log else 'NOT PROVED '}{found.checkpoint}",
        *(f"  {line}" for line in found.statement),
        *(f"NOT SO: {problem}" for problem in found.problems),
    ]
    return "\n".join(lines) + "\n"


def _term(name: str, value: str) -> list[str]:
    return [f"{name:9} {one_line(value, 2000)}"] if value else []


@audit.command("callable")
def callable_at(
    at: Annotated[str, typer.Argument(metavar="DATE", help="A day, or a time.")],
    as_json: AsJson = False,
) -> None:
    """List what could be called on a day, and by whom."""
    found = sit_down().client.callable_at(at)
    emit(found, as_json=as_json, render=lambda: _callable(found))


def _callable(found: "CallableList") -> str:
    say(f"as of the first {found.size} entries of the log, before {found.at}")
    headers = ("TOOL", "VERSION", "CHANNEL", "KIND", "SINCE", "WHO")
    rows = [
        (
            f"{one.toolset}/{one.name}",
            one.version,
            one.channel,
            one.kind,
            one.since[:19],
            "; ".join(one.grants) or "nobody",
        )
        for one in found.items
    ]
    return table(headers, rows)
