"""What is said about proposals: comment, threads, resolve, reopen, and what an author is asked."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from toolvet.cli import talk
from toolvet.cli.desk import sit_down
from toolvet.cli.exits import UsageError
from toolvet.cli.options import AsJson, ProposalId
from toolvet.cli.output import emit
from toolvet.client.client import Client
from toolvet_reviews.review_views import Anchor, AnchorKind, ChangeRequests, ReviewState
from toolvet_reviews.words import visible

ThreadId = Annotated[str, typer.Argument(metavar="THREAD", help="Such as P-12#3, or its id.")]
Words = Annotated[str, typer.Option("--text", help="Words beside it.")]

_NAMED: dict[str, AnchorKind] = {
    "finding": "finding",
    "test": "test",
    "field": "field",
    "effect": "effect",
    "criterion": "criterion",
}


def comment(
    proposal: Annotated[
        str, typer.Argument(metavar="PROPOSAL", help="Such as P-12; P-12#3 answers in a thread.")
    ],
    text: Annotated[str, typer.Option("--text", help="What to say.")] = "",
    path: Annotated[str, typer.Option("--path", help="File in the bundle.")] = "",
    line: Annotated[int, typer.Option("--line", min=0, help="From 1; 0: the whole file.")] = 0,
    to: Annotated[int, typer.Option("--to", metavar="N", min=0, help="Last line.")] = 0,
    about: Annotated[
        str, typer.Option(metavar="WHAT:NAME", help="finding, test, field, effect, criterion.")
    ] = "",
    blocking: Annotated[
        bool, typer.Option("--blocking", help="Not published before it is resolved.")
    ] = False,
    suggest: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Lines in place of these; - reads them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say something about a proposal, or in a thread of it."""
    suggestion = None if suggest is None else _read(suggest)
    client = sit_down().person()
    if "#" in proposal:
        if path or line or to or about or blocking:
            raise UsageError("an answer is about what its thread is about")
        state = client.reply(_id_of(client, proposal), text, suggestion=suggestion)
    else:
        place = _about(path, line, to, about)
        state = client.open_thread(proposal, place, text, suggestion=suggestion, blocking=blocking)
    _show(state, as_json=as_json)


def threads(
    proposal: ProposalId,
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones, too.")] = False,
    revision: Annotated[
        int | None, typer.Option(min=1, help="Where they are in another than the newest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read what is said about a proposal, and where."""
    state = sit_down().client.review_state(proposal, revision)
    _show(state, as_json=as_json, everything=everything)


def resolve(thread: ThreadId, text: Words = "", as_json: AsJson = False) -> None:
    """Say that a thread is settled."""
    client = sit_down().person()
    _show(client.resolve(_id_of(client, thread), text), as_json=as_json)


def reopen(thread: ThreadId, text: Words = "", as_json: AsJson = False) -> None:
    """Say that a thread is not settled after all."""
    client = sit_down().person()
    _show(client.reopen(_id_of(client, thread), text), as_json=as_json)


def requests(
    proposal: ProposalId,
    patch: Annotated[
        bool, typer.Option("--patch", help="Print the suggested edits as one patch.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read what the next revision is asked to settle."""
    client = sit_down().client
    asked = client.change_requests(proposal)
    if not patch:
        emit(asked, as_json=as_json, render=lambda: talk.requests(asked))
        return
    data = _patch(client, asked)
    if as_json or sys.stdout.isatty():
        text = data.decode("utf-8")
        emit({"patch": text}, as_json=as_json, render=lambda: visible(text))
        return
    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def answers_of(client: Client, said: Sequence[str]) -> dict[str, str]:
    """Read an author's answers, each `REQUEST=WORDS`; a request may be called `P-12#3`.

    Raises:
        UsageError: One has no words, or a request is answered twice.
    """
    answers: dict[str, str] = {}
    for one in said:
        request, _, words = one.partition("=")
        request = _id_of(client, request)
        if not words.strip() or request in answers:
            raise UsageError("--answer takes REQUEST=WORDS, once for each request")
        answers[request] = words
    return answers


def _patch(client: Client, asked: ChangeRequests) -> bytes:
    from toolvet_reviews import patches
    from toolvet_reviews.change_requests import Edit, apply_suggestions

    edits = [Edit(one.place, one.suggestion) for one in asked.items if one.suggestion is not None]
    files = client.files(asked.proposal, asked.revision)
    return patches.export(files, apply_suggestions(files, edits))


def _show(state: ReviewState, *, as_json: bool, everything: bool = False) -> None:
    emit(state, as_json=as_json, render=lambda: talk.threads(state, everything=everything))


def _about(path: str, line: int, to: int, about: str) -> Anchor:
    if about:
        if path or line or to:
            raise UsageError("--about excludes --path and --line")
        kind, _, name = about.partition(":")
        if kind not in _NAMED or not name:
            raise UsageError(f"--about takes {', '.join(_NAMED)}, a colon and the name")
        return Anchor(_NAMED[kind], name=name)
    if not path:
        if line or to:
            raise UsageError("--line needs --path")
        return Anchor()
    return Anchor("line", path, line, max(line, to)) if line else Anchor("file", path)


def _id_of(client: Client, thread: str) -> str:
    """Find the thread that `P-12#3` names; anything else is an id already."""
    proposal, sign, number = thread.partition("#")
    if not sign:
        return thread
    found = client.review_state(proposal).threads
    if not number.isdecimal() or not 1 <= int(number) <= len(found):
        raise UsageError(
            f"{proposal} has {len(found)} threads, no {number[:20]!r}",
            hint=f"`toolvet threads {proposal} --all` lists them.",
        )
    return found[int(number) - 1].id


def _read(path: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--suggest: {path}: {error}") from error
