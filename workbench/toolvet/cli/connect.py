"""`toolvet connect`: an agent, its token, and a configuration that works, in one command."""

import re
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from toolvet.cli.connecting import Connected, Connecting, UpTo, Wish
from toolvet.cli.desk import sit_down
from toolvet.cli.exits import NO, UsageError
from toolvet.cli.options import AsJson
from toolvet.cli.output import emit, say
from toolvet.client import mcp_config
from toolvet.client.connections import checked_name
from toolvet.client.mcp_config import Config
from toolvet_reviews.words import one_line

Host = Literal["claude", "json"]
PROJECT_FILE = ".mcp.json"
"""Where Claude Code looks for the servers of a project."""
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


def connect(
    host: Annotated[Host, typer.Argument(metavar="claude|json", help="Whose configuration.")],
    agent: Annotated[
        str | None, typer.Option("--as", metavar="AGENT", help="Its name in the log.")
    ] = None,
    over_http: Annotated[
        bool, typer.Option("--http/--stdio", help="Ask a port, or start the bridge.")
    ] = False,
    printed: Annotated[bool, typer.Option("--print", help="Write no file.")] = False,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="PATH", help="Merge it into this file.")
    ] = None,
    server: Annotated[str, typer.Option(metavar="KEY", help="Below mcpServers.")] = "toolvet",
    up_to: Annotated[
        UpTo | None, typer.Option("--up-to", help="Grant calling what is published.")
    ] = None,
    show_token: Annotated[
        bool, typer.Option("--show-token", help="Print it too, where --http needs it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Connect an agent over MCP, with a token of its own."""
    wish = Wish(
        agent=checked_name(agent or ("claude" if host == "claude" else "agent")),
        server=server,
        up_to=up_to,
        config=_config(host, printed=printed, write=write),
        over_http=over_http,
        show_token=show_token,
    )
    if not _KEY.fullmatch(server):
        raise UsageError(
            f"not a key for a server: {server[:80]!r}", hint="Letters, digits, _ and -."
        )
    if over_http and wish.config is None and not show_token:
        hint = "Add --show-token to print it, or --write PATH to put it into a file of yours."
        raise UsageError("over HTTP the configuration holds the token", hint=hint)
    _tell(Connecting(sit_down(), wish).run(), as_json=as_json)


def _config(host: Host, *, printed: bool, write: Path | None) -> Config | None:
    if printed and write:
        raise UsageError("--print and --write do not go together")
    if printed or (host == "json" and not write):
        return None
    return mcp_config.read((write or Path(PROJECT_FILE)).expanduser().absolute())


def _tell(made: Connected, *, as_json: bool) -> None:
    if made.path or as_json:
        emit(made, as_json=as_json, render=lambda: _summary(made))
    else:
        say(_summary(made).rstrip())
        emit(made, as_json=False, render=lambda: mcp_config.as_text(made.config))
    if not made.works:
        sys.exit(NO)


def _summary(made: Connected) -> str:
    rows = [
        ("agent", f"{made.agent}, {'new' if made.is_new else 'as before, with a new token'}"),
        ("token", f"{made.token_file}, readable by you only"),
        ("may call", _may_call(made)),
        ("works" if made.works else "WRONG", made.checked),
    ]
    if made.path:
        rows.insert(3, ("written", f"{made.path}, as {made.server!r} over {made.transport}"))
    lines = [f"{label:<10}{one_line(text, 1000)}" for label, text in rows]
    if not made.is_new:
        lines.append("Sessions it has open end: the host has to connect anew.")
    lines += [f"{one_line(path)} holds the old token: connect there again." for path in made.others]
    if made.path.endswith(PROJECT_FILE):
        lines.append("Start `claude` in that folder; it asks once whether to use the server.")
    return "\n".join(lines) + "\n"


def _may_call(made: Connected) -> str:
    if made.up_to != "none":
        return f"every published tool up to {made.up_to}"
    more = f"`toolvet grant add --to {made.agent} --tool '*/*' --up-to pure`"
    return f"nothing yet of what is published: {more}"
