"""Published tools: list, call, roll back, stop."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from toolvet.cli import render
from toolvet.cli.desk import sit_down
from toolvet.cli.exits import NO, UsageError
from toolvet.cli.options import AsJson, Reason
from toolvet.cli.output import emit, say
from toolvet.client import terminal
from toolvet.client.client import Client
from toolvet.client.shapes import ReleaseItem
from toolvet_reviews.values import Digest, JsonObject
from toolvet_reviews.words import may_do, one_line

ToolName = Annotated[str, typer.Argument(metavar="NAME", help="As advertised.")]


def tools(
    everything: Annotated[
        bool, typer.Option("--all", help="Also what you may not call, and what is not served.")
    ] = False,
    search: Annotated[
        str | None,
        typer.Option("--search", metavar="WORDS", help="Find those that do what the words say."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the tools you may call, or find one by what it does."""
    if search is not None:
        if everything:
            raise UsageError("--search finds what you may call: it goes without --all")
        matches = sit_down().client.search(search)
        emit(
            {"items": matches, "next": None},
            as_json=as_json,
            render=lambda: render.matches(matches),
        )
        return
    found = sit_down().client.tools(everything=everything)
    emit({"items": found, "next": None}, as_json=as_json, render=lambda: render.tools(found))


def call(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="As advertised; not with --draft.")
    ] = None,
    arguments: Annotated[
        str, typer.Option("--arguments", metavar="JSON|@FILE", help="@- reads stdin.")
    ] = "{}",
    key: Annotated[
        str | None, typer.Option("--key", help="The same key never does the work twice.")
    ] = None,
    draft: Annotated[
        str | None,
        typer.Option(
            "--draft", metavar="DIGEST|P-N", help="Your own revision, before it is approved."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Call a tool and print its result."""
    if (name is None) == (draft is None) or (draft and key):
        raise UsageError("name a tool, or a revision of yours with --draft and no --key")
    client, given = sit_down().client, parse_arguments(arguments)
    if draft is not None:
        view = client.draft(_revision(client, draft), given)
    else:
        view = client.call(name or "", given, key=key)
    if not view.reviewed:
        say("draft: not reviewed; effects are fakes, and reviewers see this call")
    if view.replayed:
        say(f"replayed: call {view.id} was answered before")
    if view.status != "succeeded" and not as_json:
        say(f"toolvet: {view.status}: {one_line(view.message)} [{view.code}]")
        if view.hint:
            say(f"  {one_line(view.hint)}")
    emit(view, as_json=as_json, render=lambda: render.call(view))
    if view.status != "succeeded":
        sys.exit(NO)


def _revision(client: Client, draft: str) -> str:
    """Find the revision digest that is meant: of a proposal, that of its newest revision."""
    return client.show(draft).revision_digest if draft.startswith("P-") else draft


def rollback(
    name: ToolName,
    to: Annotated[
        int | None,
        typer.Option("--to", metavar="V", min=1, help="Version; the one before by default."),
    ] = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Serve an earlier version again, with your key."""
    from toolvet.client.acts import Words
    from toolvet.client.shown import fetch_manifest

    desk = sit_down()
    releases = desk.client.releases(name)
    target = choose(releases, to)
    approved = fetch_manifest(desk.client, target.digest)
    if approved.definition.name != name:
        raise UsageError(f"release {target.digest} is of {approved.definition.name!r}")
    terminal.say(f"{name} version {target.version}, published {target.published_at} as")
    terminal.say(f"  {target.digest}; may {'; '.join(may_do(approved.effects))}")
    if not terminal.confirm(f"Serve version {target.version} of {name} again?"):
        say("Nothing was signed.")
        sys.exit(NO)
    words = Words(reason) if reason.strip() else None
    current = next((Digest(one.digest) for one in releases if one.current), None)
    envelope = desk.pen().rollback(approved, Digest(target.digest), current, words)
    carrier = desk.client if desk.client.token else desk.person()
    view = carrier.rollback(name, envelope, words.to_json() if words else None)
    emit(view, as_json=as_json, render=lambda: render.tools([view]))


def choose(releases: list[ReleaseItem], version: int | None) -> ReleaseItem:
    """Find the version meant; without one, the last before the one served now.

    Raises:
        UsageError: There is no such version, or it was stopped.
    """
    served = next((one.version for one in releases if one.current), None)
    if version is None:
        earlier = [
            one for one in releases if not one.stopped and (not served or one.version < served)
        ]
        if not earlier:
            raise UsageError("there is no earlier version to go back to")
        return earlier[-1]
    for one in releases:
        if one.version == version and not one.stopped:
            return one
    raise UsageError(f"there is no version {version} that may be served")


def disable(name: ToolName, reason: Reason = "", as_json: AsJson = False) -> None:
    """Stop serving a tool, at once and for everybody."""
    done = sit_down().person().disable(name, reason)
    emit(done, as_json=as_json, render=lambda: f"{name} is not served any more.\n")


def parse_arguments(text: str) -> JsonObject:
    """Read `--arguments`: JSON, or `@FILE`, or `@-` for stdin.

    Raises:
        UsageError: The file cannot be read.
        CanonicalError: Not strict JSON.
    """
    from toolvet_reviews import canonical

    if not text.startswith("@"):
        return canonical.parse_object(text)
    try:
        data = sys.stdin.buffer.read() if text == "@-" else Path(text[1:]).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {text[1:]}: {error.strerror}") from error
    return canonical.parse_object(data)
