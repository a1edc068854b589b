"""What authors do: scaffold, submit, withdraw."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from toolvet.cli import render
from toolvet.cli.desk import sit_down
from toolvet.cli.exits import NO, UsageError
from toolvet.cli.options import AsJson, ProposalId, Reason
from toolvet.cli.output import emit, say
from toolvet.cli.papers import Paper
from toolvet.cli.threads import answers_of
from toolvet.cli.verdict_text import check_line
from toolvet.client import bundles
from toolvet.client.client import Client
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import ProposalView
from toolvet_reviews.words import one_line

LOOK_AGAIN_S = 0.4
"""How often it is asked what else was found while the checks run."""

BundlePath = Annotated[Path, typer.Argument(metavar="PATH", help="One .py file, or a folder.")]
Toolset = Annotated[str | None, typer.Option(help="For a file whose metadata names none.")]

Answers = Annotated[
    list[str] | None,
    typer.Option("--answer", metavar="REQUEST=WORDS", help="To a change request; repeat it."),
]


def new(
    name: Annotated[str, typer.Argument(help="snake_case; becomes the tool's name.")],
    folder: Annotated[bool, typer.Option("--folder", help="The full form, with tests.")] = False,
    as_json: AsJson = False,
) -> None:
    """Scaffold a bundle: one file, or a folder."""
    from toolvet.cli import scaffold

    written = [str(path) for path in scaffold.write(Path.cwd(), name, folder_form=folder)]
    emit({"written": written}, as_json=as_json, render=lambda: "\n".join(written) + "\n")
    say(f"Next: edit, then `toolvet verify {name if folder else f'{name}.py'}`.")


def submit(
    path: BundlePath,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the machine's verdict.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Open a new proposal for bytes decided before.")
    ] = False,
    revise: Annotated[
        str | None, typer.Option(metavar="PROPOSAL", help="Hand in another revision of it.")
    ] = None,
    answer: Answers = None,
    toolset: Toolset = None,
    as_json: AsJson = False,
) -> None:
    """Submit a bundle. With --wait, exit 1 when its checks object."""
    if again and revise:
        raise UsageError("--again opens a proposal, --revise changes one")
    if answer and not revise:
        raise UsageError("--answer goes with --revise")
    files, examples = bundles.read(path), sidecar(path)
    client = sit_down().client
    answers = answers_of(client, answer or [])
    view = _send(client, files, examples, toolset, again=again, revise=revise, answers=answers)
    if wait:
        view = _verdict(client, view)
    emit(view, as_json=as_json, render=lambda: render.proposal(view))
    if wait and view.verdict not in ("passed", "needs_secret"):
        sys.exit(NO)


def withdraw(proposal: ProposalId, reason: Reason = "", as_json: AsJson = False) -> None:
    """Take a proposal of your own, or of your agent's, back."""
    desk = sit_down()
    client = desk.client if _is_own(desk.client, proposal) else desk.person()
    view = client.withdraw(proposal, reason)
    emit(view, as_json=as_json, render=lambda: render.proposal(view))


def _is_own(client: Client, proposal: str) -> bool:
    """Tell whether the token at hand is the author's: then nobody has to sign in."""
    me = client.service().me
    return me is not None and client.show(proposal).author_id == me.id


def sidecar(path: Path) -> list[JsonObject] | None:
    """Read the examples beside a single file, `NAME.examples.json`; None when there are none.

    Raises:
        UsageError: The file is there and not a list of objects.
    """
    beside = path.with_suffix(".examples.json")
    if path.suffix != ".py" or not beside.is_file():
        return None
    from toolvet_reviews import canonical

    found = canonical.parse(beside.read_bytes())
    if not isinstance(found, list):
        raise UsageError(f"{beside} is not a list of examples")
    examples = [item for item in found if isinstance(item, dict)]
    if len(examples) != len(found):
        raise UsageError(f"{beside} holds something other than examples")
    return examples


def _send(
    client: Client,
    files: dict[str, bytes],
    examples: list[JsonObject] | None,
    toolset: str | None,
    *,
    again: bool,
    revise: str | None,
    answers: Mapping[str, str],
) -> ProposalView:
    if examples is None and toolset is None:
        if revise is None:
            return client.submit(files, again=again)
        return client.revise(revise, files, answers=answers)
    if len(files) != 1:
        raise UsageError("--toolset is for a single file; a folder's tool.toml names it")
    [(filename, data)] = files.items()
    source = data.decode("utf-8", "surrogateescape")
    if revise is None:
        return client.submit_inline(
            source, examples or [], filename=filename, toolset=toolset, again=again
        )
    return client.revise_inline(
        revise, source, examples or [], filename=filename, toolset=toolset, answers=answers
    )


def _verdict(client: Client, view: ProposalView) -> ProposalView:
    """Wait, showing on a terminal what each check brings back and which are still to come."""
    told: set[str] = set()
    with Paper(sys.stderr, quiet=True) as paper:
        paper.follow(lambda: _still(view))
        while True:
            new = [found for found in view.evidence if found.check not in told]
            told.update(found.check for found in new)
            paper.write(*map(check_line, new))
            if view.state != "verifying":
                return view
            view = client.wait(view.id, LOOK_AGAIN_S)


def _still(view: ProposalView) -> str:
    waits = f", waits for {', '.join(view.awaiting)}" if view.awaiting else ""
    return one_line(f"verifying {view.id}{waits}", 400)
