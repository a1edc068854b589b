"""Dead letters: list, show, replay with a person's key, discard."""

import json
import sys
from typing import Annotated

import typer

from toolvet.cli.desk import Desk, sit_down
from toolvet.cli.exits import NO, UsageError
from toolvet.cli.options import AsJson, Reason
from toolvet.cli.output import emit, say, table
from toolvet.client import terminal
from toolvet.client.client import Client
from toolvet.client.dead import ReplayedLetter
from toolvet_reviews.views import DeadView
from toolvet_reviews.words import counted, one_line

dead = typer.Typer(help="What was given up: look, replay, discard.", no_args_is_help=True)

Letters = Annotated[list[str], typer.Argument(metavar="ID...", help="Their beginning will do.")]
Letter = Annotated[str, typer.Argument(metavar="ID", help="Its beginning will do.")]

SHORT = 13
"""Characters of an id that a list shows: the time in it, to the millisecond."""


@dead.command("list")
def list_letters(
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was replayed or discarded.")
    ] = False,
    tool: Annotated[
        str | None, typer.Option("--tool", metavar="TOOLSET/NAME", help="Of this tool only.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what waits for somebody, oldest first."""
    found = [
        one
        for one in sit_down().client.all_dead_letters(everything=everything)
        if tool is None or one.tool in (tool, f"default/{tool}")
    ]
    emit({"items": found, "next": None}, as_json=as_json, render=lambda: _table(found))


@dead.command("show")
def show_letter(letter: Letter, as_json: AsJson = False) -> None:
    """Show what was called and why it failed."""
    client = sit_down().client
    view = client.dead_letter(_id(client, letter))
    emit(view, as_json=as_json, render=lambda: _whole(view))


@dead.command("replay")
def replay_letters(letters: Letters, as_json: AsJson = False) -> None:
    """Call again as the same caller, with your signature."""
    desk = sit_down()
    shown = [_fresh(desk.client, letter) for letter in letters]
    for view in shown:
        terminal.say(_whole(view))
    if not terminal.confirm(f"Sign, and call {_named(shown)} again?"):
        say("Nothing was signed.")
        sys.exit(NO)
    done = [_replay(desk, view) for view in shown]
    emit(
        done[0] if len(done) == 1 else {"items": done, "next": None},
        as_json=as_json,
        render=lambda: "".join(map(_outcome, done)),
    )
    if any(one.letter.state != "replayed" for one in done):
        sys.exit(NO)


@dead.command("discard")
def discard_letters(letters: Letters, reason: Reason = "", as_json: AsJson = False) -> None:
    """Give letters up for good; their arguments are forgotten here."""
    desk = sit_down()
    wanted = [_id(desk.client, letter) for letter in letters]
    person = desk.person()
    gone = [person.discard_dead(letter, reason) for letter in wanted]
    emit(
        gone[0] if len(gone) == 1 else {"items": gone, "next": None},
        as_json=as_json,
        render=lambda: "".join(f"{one.id} is discarded.\n" for one in gone),
    )


def _id(client: Client, beginning: str) -> str:
    """Find the letter that is meant by the beginning of its id.

    Raises:
        UsageError: None begins so, or more than one does.
    """
    if len(beginning) == 36:
        return beginning
    found = [
        one.id for one in client.all_dead_letters(everything=True) if one.id.startswith(beginning)
    ]
    if len(found) != 1:
        what = "no dead letter" if not found else counted(len(found), "dead letter")
        raise UsageError(f"{what} with an id that begins {beginning!r}", hint="toolvet dead list")
    return found[0]


def _fresh(client: Client, letter: str) -> DeadView:
    """Get a letter that may be replayed.

    Raises:
        UsageError: The service would refuse it.
    """
    view = client.dead_letter(_id(client, letter))
    if view.state != "open":
        raise UsageError(f"{view.id} was {view.state} by {view.settled_by} at {view.settled_at}")
    if view.blocked:
        raise UsageError(f"{view.id} cannot be replayed: {one_line(view.blocked)}")
    return view


def _replay(desk: Desk, view: DeadView) -> ReplayedLetter:
    signed = desk.pen().replay(view)
    carrier = desk.client if desk.client.token else desk.person()
    return carrier.replay_dead(view.id, signed.envelope, signed.document)


def _named(shown: list[DeadView]) -> str:
    return one_line(shown[0].tool) if len(shown) == 1 else counted(len(shown), "tool call")


def _table(found: list[DeadView]) -> str:
    if not found:
        return "Nothing was given up.\n"
    headers = ("ID", "TOOL", "STATE", "SINCE", "CALLER", "TRIED", "WHY")
    rows = [
        (
            one.id[:SHORT] if _is_alone(one, found) else one.id,
            one.tool,
            one.state,
            one.at[:16].replace("T", " "),
            one.caller,
            "item" if one.is_item else f"{one.attempts or 0}x",
            one_line(f"{one.reason} [{one.code}]" if one.code else one.reason, 80),
        )
        for one in found
    ]
    return table(headers, rows)


def _is_alone(one: DeadView, found: list[DeadView]) -> bool:
    return sum(other.id[:SHORT] == one.id[:SHORT] for other in found) == 1


def _whole(view: DeadView) -> str:
    what = "item of" if view.is_item else "call of"
    lines = [
        f"{view.id}  {what} {one_line(view.tool)}  {view.state}",
        f"  since         {view.at}",
        f"  caller        {one_line(view.caller) or 'not known any more'}",
        f"  call          {view.call}",
        f"  why           {one_line(view.reason, 2000)}" + (f" [{view.code}]" if view.code else ""),
    ]
    if view.attempts is not None:
        lines.append(f"  tried         {counted(view.attempts, 'time')}")
    if view.key:
        lines.append(f"  key           {one_line(view.key)}")
    if view.item is not None:
        lines.append(f"  item          {_json(view.item)}")
    if view.arguments is not None:
        lines.append(f"  arguments     {_json(view.arguments)}")
    if view.settled_at:
        lines.append(f"  {view.state:<14}{view.settled_at} by {one_line(view.settled_by)}")
    elif view.blocked:
        lines.append(f"  no replay     {one_line(view.blocked)}")
    elif view.serving:
        changed = "" if view.serving == view.release_digest else ", another than failed"
        lines.append(f"  would run     {view.serving}{changed}")
    return "\n".join(lines) + "\n"


def _json(value: object) -> str:
    return one_line(json.dumps(value, ensure_ascii=True), 2000)


def _outcome(done: ReplayedLetter) -> str:
    answer, letter = done.answer, done.letter
    if letter.state == "replayed":
        again = " (it had succeeded before; its answer was given again)" if answer.replayed else ""
        return f"{letter.id}: call {answer.id} succeeded{again}.\n"
    if answer.status == "succeeded":
        return f"{letter.id}: the operation had ended, so the item was not tried; still open.\n"
    why = one_line(f"{answer.message} [{answer.code}]" if answer.code else answer.status)
    return f"{letter.id}: still open, {answer.status}: {why}\n"
