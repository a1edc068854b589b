"""Looking and deciding: queue, show, diff, comment, approve, request changes, reject."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from toolvet.cli import render
from toolvet.cli.desk import Desk, sit_down
from toolvet.cli.exits import NO, UsageError
from toolvet.cli.options import AsJson, Digest, Note, ProposalId
from toolvet.cli.output import emit, say
from toolvet.client import terminal
from toolvet.client.client import Client
from toolvet_reviews.views import ProposalView
from toolvet_reviews.words import visible

if TYPE_CHECKING:
    from toolvet.client.shown import Shown


def queue(as_json: AsJson = False) -> None:
    """List what is open; what waits for a decision first."""
    items = list(sit_down().client.whole_queue())
    emit({"items": items, "next": None}, as_json=as_json, render=lambda: render.queue(items))


def show(
    proposal: ProposalId,
    revision: Annotated[int | None, typer.Option(min=1, help="Another than the newest.")] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="As a reviewer, with your key: hidden remarks, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a proposal: verdict, findings, votes and comments."""
    desk = sit_down()
    view = (desk.person() if whole else desk.client).show(proposal, revision)
    emit(view, as_json=as_json, render=lambda: render.proposal(view))


def diff(
    proposal: ProposalId,
    from_: Annotated[
        int | None, typer.Option("--from", metavar="N", min=1, help="Revision.")
    ] = None,
    to: Annotated[int | None, typer.Option("--to", metavar="N", min=1, help="Revision.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare with what is published, or two revisions."""
    text = sit_down().client.diff(proposal, from_, to)
    emit({"diff": text}, as_json=as_json, render=lambda: visible(text))


def comment(
    proposal: ProposalId,
    text: Annotated[str, typer.Option("--text", help="What to say.")],
    path: Annotated[str, typer.Option("--path", help="File in the bundle.")] = "",
    line: Annotated[int, typer.Option("--line", min=0, help="From 1; 0: the whole file.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Say something about a proposal, or about a line of it."""
    view = sit_down().person().comment(proposal, text, path, line)
    emit(view, as_json=as_json, render=lambda: render.proposal(view))


def request_changes(
    proposal: ProposalId,
    note: Note = "",
    digest: Digest = None,
    as_json: AsJson = False,
) -> None:
    """Give a proposal back to its author, with words."""
    client, looked_at, words = _against(proposal, digest, note, "What would have to change? ")
    view = client.request_changes(proposal, looked_at, words)
    emit(view, as_json=as_json, render=lambda: render.proposal(view))


def reject(
    proposal: ProposalId,
    note: Note = "",
    digest: Digest = None,
    as_json: AsJson = False,
) -> None:
    """Close a proposal, with words."""
    client, looked_at, words = _against(proposal, digest, note, "Why is it rejected? ")
    view = client.reject(proposal, looked_at, words)
    emit(view, as_json=as_json, render=lambda: render.proposal(view))


def _against(
    proposal: str, digest: str | None, note: str, question: str
) -> tuple[Client, str, str]:
    asked = terminal.is_there()
    if digest is None and not asked:
        raise UsageError(
            "--digest is required without a terminal", hint="`toolvet show` has the digests."
        )
    desk = sit_down()
    if digest is None:
        digest = desk.client.show(proposal).revision_digest
    if not note.strip() and asked:
        note = terminal.ask(question)
    return desk.person(), digest, note


def approve(
    proposal: ProposalId,
    digest: Digest = None,
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Approve exactly what is shown, with your key. Asks first, on the terminal."""
    from toolvet.cli.meaning import meaning
    from toolvet.client.acts import Words
    from toolvet.client.errors import NoTerminalError
    from toolvet.client.review import review_of

    if not terminal.is_there():
        if digest is None:
            raise UsageError(
                "--digest is required without a terminal",
                hint="Run this in a terminal: it shows what would be approved, and asks.",
            )
        raise NoTerminalError("an approval is signed by a person at a terminal")
    desk = sit_down()
    client, shown = _fetch(desk, proposal)
    _check_digest(shown, digest)
    terminal.say(meaning(review_of(client, shown), shown, desk.service))
    if not terminal.confirm(f"Approve {proposal}?"):
        say("Nothing was signed.")
        sys.exit(NO)
    words = Words(note) if note.strip() else None
    envelope = desk.pen().vote(shown, words)
    carrier = desk.client if desk.client.token else desk.person()
    view = carrier.vote(proposal, envelope, words.to_json() if words else None)
    emit(view, as_json=as_json, render=lambda: _outcome(view))


def _fetch(desk: Desk, proposal: str) -> tuple[Client, "Shown"]:
    """Fetch what a vote is about; as the person, when the token at hand may not see it."""
    from toolvet.client import shown
    from toolvet.client.errors import RemoteError

    try:
        return desk.client, shown.fetch(desk.client, desk.service, proposal)
    except RemoteError as error:
        if error.status not in (401, 403) or desk.settings.token:
            raise
    return desk.person(), shown.fetch(desk.person(), desk.service, proposal)


def _check_digest(shown: "Shown", digest: str | None) -> None:
    from toolvet_reviews.errors import StaleVoteError

    if digest is not None and digest not in (shown.release, shown.revision):
        raise StaleVoteError(f"{shown.view.id} is at release {shown.release}, not {digest}")


def _outcome(view: ProposalView) -> str:
    if view.state == "published":
        return f"{view.id} is published: {view.toolset}/{view.tool} is served now.\n"
    more = view.people_needed
    return (
        f"{view.id}: your vote counts; {more} more {'person' if more == 1 else 'people'} needed.\n"
    )
