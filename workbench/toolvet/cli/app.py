"""The command line put together, and its one place for errors."""

import sys
from typing import Annotated

import typer

from toolvet.cli import (
    audit,
    authoring,
    comparing,
    dead,
    faces,
    history,
    home,
    keys,
    mounts,
    people,
    policy,
    queue,
    reviewing,
    secrets,
    threads,
    tools,
    trying,
    verifying,
    waive,
)
from toolvet.cli.attest import attest
from toolvet.cli.connect import connect
from toolvet.cli.exits import leave
from toolvet.cli.export import export
from toolvet.cli.output import say
from toolvet.config import VERSION
from toolvet.errors import KNOWN

app = typer.Typer(
    name="toolvet",
    help="The human gate between tools that AI agents write and the place where they run.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def _root(  # pyright: ignore[reportUnusedFunction] - Typer calls it
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version."),
    ] = False,
) -> None:
    """Take what stands before the command."""


for _command in (
    home.init,
    home.serve,
    home.stop,
    connect,
    faces.tui,
    faces.lab,
    authoring.new,
    verifying.verify,
    authoring.submit,
    queue.queue,
    queue.assign,
    queue.claim,
    queue.snooze,
    queue.notices,
    reviewing.show,
    comparing.diff,
    comparing.seen,
    threads.comment,
    threads.threads,
    threads.resolve,
    threads.reopen,
    threads.requests,
    reviewing.approve,
    reviewing.request_changes,
    reviewing.reject,
    reviewing.lift,
    waive.waive,
    waive.waivers,
    authoring.withdraw,
    tools.tools,
    tools.call,
    tools.rollback,
    tools.disable,
    export,
    attest,
    home.doctor,
    home.consent,
    home.mcp,
):
    app.command(context_settings=faces.PASS_ON if _command is faces.lab else None)(_command)
app.command("try")(trying.try_out)
app.add_typer(trying.case, name="case")
app.add_typer(people.user, name="user")
app.add_typer(people.token, name="token")
app.add_typer(people.grant, name="grant")
app.add_typer(policy.policy, name="policy")
app.add_typer(keys.key, name="key")
app.add_typer(secrets.secret, name="secret")
app.add_typer(mounts.mount, name="mount")
app.add_typer(dead.dead, name="dead")
app.add_typer(audit.audit, name="audit")
app.add_typer(history.history, name="history")


def main() -> None:
    """Run one command and end the process with its exit code."""
    try:
        app()
    except KNOWN as error:
        leave(error, as_json="--json" in sys.argv)
    except BrokenPipeError:
        sys.exit(0)  # whoever read our output has enough
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
