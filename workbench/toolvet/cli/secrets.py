"""Secrets: set and rotated with a person's key; a value comes from a prompt, a file or a pipe only."""

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
from toolvet.cli.secret_value import read_value
from toolvet.client import terminal
from toolvet.client.client import Client
from toolvet_reviews.views import Need, SecretView
from toolvet_reviews.words import one_line

secret = typer.Typer(help="Secrets that tools name and do not see.", no_args_is_help=True)

_VISIBLE = ""

Name = Annotated[str, typer.Argument(metavar="NAME", help="As tools name it: MAIL_PASSWORD.")]
ValueFile = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", help="Take the value from a file; - is a pipe."),
]
Tools = Annotated[
    list[str] | None,
    typer.Option("--tool", metavar="PATTERN", help="For these, over toolset/name. Repeatable."),
]
Hosts = Annotated[
    list[str] | None,
    typer.Option("--host", metavar="HOST", help="It is sent nowhere else. Repeatable."),
]
Visible = Annotated[
    bool, typer.Option("--visible", help="Those tools may see it themselves, by ctx.secret.")
]


@secret.command("set")
def set_secret(
    name: Name,
    file: ValueFile = None,
    tool: Tools = None,
    host: Hosts = None,
    visible: Visible = False,
    as_json: AsJson = False,
) -> None:
    """Set a secret, with your key. Without --tool and --host: for what tools declare by now."""
    desk = sit_down()
    desk.client.check_private()
    found = desk.client.secrets()
    before = next((one for one in found.items if one.name == name), None)
    hosts = [*(host or []), *([_VISIBLE] if visible else [])]
    if not tool and not hosts:
        tool, hosts = _declared(name, before, found.missing)
    if not tool or not hosts:
        raise UsageError("--tool needs --host or --visible, and they need --tool")
    terminal.say(f"{one_line(name)} {_goes(hosts, tool)}.")
    if before is not None:
        _ask(
            f"It replaces the one that {one_line(before.set_by)} set at {moment(before.set_at)}. Do that?"
        )
    value = read_value(name, file)
    view = _carrier(desk).set_secret(*desk.pen().set_secret(name, tool, hosts, value))
    emit(view, as_json=as_json, render=lambda: f"{view.name} is set.\n")


def _declared(
    name: str, before: SecretView | None, missing: Sequence[Need]
) -> tuple[list[str], list[str]]:
    """Take the scope that is in force and what tools declare beyond it.

    Raises:
        UsageError: No tool declares it.
    """
    needs = [need for need in missing if need.name == name]
    tools = {*(before.tools if before else ()), *(need.tool for need in needs)}
    hosts = {*_hosts_of(before), *(one for need in needs for one in need.hosts)}
    if not tools:
        raise UsageError(
            f"no tool that is served or up for review declares {one_line(name)}",
            hint="Say where it may go: --tool PATTERN, and --host HOST or --visible.",
        )
    return sorted(tools), sorted(hosts)


def _hosts_of(view: SecretView | None) -> list[str]:
    if view is None:
        return []
    return [*view.hosts, *([_VISIBLE] if view.visible else [])]


def _goes(hosts: Sequence[str], tools: Sequence[str]) -> str:
    names = [one_line(host) for host in sorted(set(hosts)) if host != _VISIBLE]
    parts = [f"may be sent to {' and '.join(names)}"] if names else []
    parts += ["may be seen by the tool itself"] if _VISIBLE in hosts else []
    return f"{', and '.join(parts)}, for {' and '.join(map(one_line, sorted(set(tools))))}"


def _ask(question: str) -> None:
    if not terminal.confirm(question):
        say("Nothing was signed.")
        sys.exit(NO)


def _carrier(desk: Desk) -> Client:
    return desk.client if desk.client.token else desk.person()


@secret.command("list")
def list_secrets(as_json: AsJson = False) -> None:
    """List what is set, never the values, and what tools still need."""
    found = sit_down().client.secrets()
    headers = ("NAME", "TOOLS", "HOSTS", "TOOL SEES IT", "SET", "BY")
    rows = [
        (
            one.name,
            ", ".join(one.tools),
            ", ".join(one.hosts),
            "yes" if one.visible else "no",
            moment(one.set_at),
            one.set_by,
        )
        for one in found.items
    ]

    def render() -> str:
        shown = table(headers, rows) if rows else "No secret is set.\n"
        return shown + still_needed(found.missing)

    emit(found, as_json=as_json, render=render)


@secret.command("rotate")
def rotate(name: Name, file: ValueFile = None, as_json: AsJson = False) -> None:
    """Give a secret another value, with your key.

    It counts from the next call on.
    """
    desk = sit_down()
    desk.client.check_private()
    before = next((one for one in desk.client.secrets().items if one.name == name), None)
    if before is None:
        raise UsageError(f"no secret {one_line(name)}", hint="`toolvet secret list`")
    terminal.say(f"{name} {_goes(_hosts_of(before), before.tools)}; that stays.")
    value = read_value(name, file)
    view = _carrier(desk).rotate_secret(*desk.pen().rotate_secret(before, value))
    emit(view, as_json=as_json, render=lambda: f"{view.name} has another value now.\n")


@secret.command("delete")
def delete(name: Name, reason: Reason = "", as_json: AsJson = False) -> None:
    """Forget a secret, now."""
    done = sit_down().person().delete_secret(name, reason)
    emit(done, as_json=as_json, render=lambda: f"{one_line(name)} is forgotten.\n")
