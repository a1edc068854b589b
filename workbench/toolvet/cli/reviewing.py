"""Looking and deciding: queue, show, approve, request changes, reject."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from toolvet.cli import outcome, render
from toolvet.cli.desk import Desk, sit_down
from toolvet.cli.exits import NO, UsageError
from toolvet.cli.options import AsJson, Digest, Note, ProposalId
from toolvet.cli.output import emit, say
from toolvet.client import terminal
from toolvet.client.client import Client

if TYPE_CHECKING:
    from toolvet.client.shown import Shown


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


def request_changes(
    proposal: ProposalId,
    note: Note = "",
    digest: Digest = None,
    as_json: AsJson = False,
) -> None:
    """Give a proposal back to its author, with words. It stands against it until you lift it."""
    client, looked_at, words = _against(proposal, digest, note, "What would have to change? ")
    view = client.request_changes(proposal, looked_at, words)
    emit(view, as_json=as_json, render=lambda: render.proposal(view))


def reject(
    proposal: ProposalId,
    note: Note = "",
    digest: Digest = None,
    similar: Annotated[
        str | None,
        typer.Option("--similar", metavar="TOOLSET/NAME", help="Served: extend that one instead."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Close a proposal, with words."""
    client, looked_at, words = _against(proposal, digest, note, "Why is it rejected? ")
    view = client.reject(proposal, looked_at, words, similar=similar)
    emit(view, as_json=as_json, render=lambda: render.proposal(view))


def lift(proposal: ProposalId, note: Note = "", as_json: AsJson = False) -> None:
    """Take your request for changes back. What waited for nothing else is published."""
    desk = sit_down()
    state = desk.person().lift(proposal, note)
    view = desk.person().show(proposal)
    emit(state, as_json=as_json, render=lambda: outcome.lifted(view, state))


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
    proposals: Annotated[
        list[str], typer.Argument(metavar="PROPOSAL…", help="Such as P-12; several are one batch.")
    ],
    digest: Digest = None,
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Approve exactly what is shown, with your key. Asks first, on the terminal."""
    chosen = list(dict.fromkeys(proposals))
    _check_can_ask(chosen, digest)
    desk = sit_down()
    seen = [_show(desk, proposal, digest) for proposal in chosen]
    question = f"Approve {chosen[0]}?"
    if len(seen) > 1:
        terminal.say(outcome.batch(seen))
        question = f"Approve these {len(seen)}, each with a signature of its own?"
    if not terminal.confirm(question):
        say("Nothing was signed.")
        sys.exit(NO)
    if len(seen) > 1:
        _approve_all(desk, seen, note, as_json=as_json)
        return
    words = outcome.words_of(note)
    envelope = desk.pen().vote(seen[0], words)
    carrier = desk.client if desk.client.token else desk.person()
    view = carrier.vote(chosen[0], envelope, words.to_json() if words else None)
    emit(view, as_json=as_json, render=lambda: outcome.of_vote(view, carrier))


def _check_can_ask(chosen: list[str], digest: str | None) -> None:
    from toolvet.client.errors import NoTerminalError

    if digest is not None and len(chosen) > 1:
        raise UsageError("--digest goes with one proposal", hint="The terminal shows them all.")
    if terminal.is_there():
        return
    if digest is None:
        raise UsageError(
            "--digest is required without a terminal",
            hint="Run this in a terminal: it shows what would be approved, and asks.",
        )
    raise NoTerminalError("an approval is signed by a person at a terminal")


def _show(desk: Desk, proposal: str, digest: str | None) -> "Shown":
    from toolvet.cli.meaning import meaning
    from toolvet.client.review import review_of

    client, shown = _fetch(desk, proposal)
    _check_digest(shown, digest)
    terminal.say(meaning(review_of(client, shown), shown, desk.service))
    return shown


def _approve_all(desk: Desk, seen: "list[Shown]", note: str, *, as_json: bool) -> None:
    result = desk.approve_many([(one, note) for one in seen])
    emit(result, as_json=as_json, render=lambda: outcome.of_batch(result))
    if not all(one.done for one in result.items):
        sys.exit(NO)


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
