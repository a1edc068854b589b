"""Mounts: folders of the service's host under the names that tools give them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from toolvet.cli.desk import Desk, sit_down
from toolvet.cli.exits import NO, UsageError
from toolvet.cli.needs import moment, still_needed
from toolvet.cli.options import AsJson, Reason
from toolvet.cli.output import emit, say, table
from toolvet.client import terminal
from toolvet.client.client import Client
from toolvet_reviews.bindings import MountMode
from toolvet_reviews.views import MountView, Need
from toolvet_reviews.words import one_line

mount = typer.Typer(help="Folders that tools are given.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As tools name it: traces.")]


@mount.command("bind")
def bind(
    name: Name,
    folder: Annotated[
        str | None,
        typer.Argument(
            metavar="FOLDER", help="Its whole path where the service runs; else the one in force."
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Tools that declare it may write there.")
    ] = False,
    tool: Annotated[
        list[str] | None,
        typer.Option("--tool", metavar="PATTERN", help="For these, over toolset/name. Repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bind a folder, with your key. Without --tool: for what tools declare by now."""
    desk = sit_down()
    found = desk.client.mounts()
    before = next((one for one in found.items if one.name == name), None)
    declared = [need for need in found.missing if need.name == name]
    path = _path(name, folder, before)
    tools = tool or _declared(name, before, declared)
    keeps_mode = folder is None and before is not None and before.mode == "write"
    mode: MountMode = "write" if write or keeps_mode else "read"
    terminal.say(f"{one_line(path)} is given as {one_line(name)} {_terms(mode, tools)}.")
    if mode == "read" and any(need.writes for need in declared):
        terminal.say("A tool declares that it writes there; without --write it only reads.")
    if before is not None and not terminal.confirm(f"It replaces {_before(before)}. Do that?"):
        say("Nothing was signed.")
        sys.exit(NO)
    signed = desk.pen().bind_mount(name, path, mode, tools)
    view = _carrier(desk).bind_mount(signed.envelope, signed.document)
    emit(view, as_json=as_json, render=lambda: f"{view.name} is {one_line(view.folder)} now.\n")


def _path(name: str, folder: str | None, before: MountView | None) -> str:
    if folder is None and before is None:
        raise UsageError(f"{one_line(name)} is bound to nothing yet", hint="Name its FOLDER.")
    path = before.folder if folder is None and before is not None else folder or ""
    if not path.startswith("/"):
        hint = f"Here that would be {Path(path).absolute()}."
        raise UsageError("a folder is named by its whole path", hint=hint)
    return path.rstrip("/") or "/"


def _declared(name: str, before: MountView | None, needs: Sequence[Need]) -> list[str]:
    """Take the tools it is in force for, and those that declare it beyond.

    Raises:
        UsageError: No tool declares it.
    """
    tools = {*(before.tools if before else ()), *(need.tool for need in needs)}
    if not tools:
        raise UsageError(
            f"no tool that is served or up for review declares {one_line(name)}",
            hint="Say which tools are given it: --tool PATTERN.",
        )
    return sorted(tools)


def _before(view: MountView) -> str:
    how = _terms(view.mode, view.tools)
    return f"{one_line(view.folder)}, {how}, bound at {moment(view.bound_at)}"


def _terms(mode: MountMode, tools: Sequence[str]) -> str:
    how = "to read and write" if mode == "write" else "to read"
    return f"{how}, to {' and '.join(map(one_line, sorted(set(tools))))}"


def _carrier(desk: Desk) -> Client:
    return desk.client if desk.client.token else desk.person()


@mount.command("list")
def list_mounts(as_json: AsJson = False) -> None:
    """List the folders that are bound, and what tools still need."""
    found = sit_down().client.mounts()
    headers = ("NAME", "FOLDER", "MODE", "TOOLS", "BOUND", "BY")
    rows = [
        (one.name, one.folder, one.mode, ", ".join(one.tools), moment(one.bound_at), one.bound_by)
        for one in found.items
    ]

    def render() -> str:
        shown = table(headers, rows) if rows else "No folder is bound.\n"
        return shown + still_needed(found.missing)

    emit(found, as_json=as_json, render=render)


@mount.command("unbind")
def unbind(name: Name, reason: Reason = "", as_json: AsJson = False) -> None:
    """Take a folder away; from the next call on no tool is given it."""
    done = sit_down().person().unbind_mount(name, reason)
    emit(done, as_json=as_json, render=lambda: f"{one_line(name)} is bound to nothing.\n")
