"""Comparing: differences to read, patches that apply, and what you have looked at."""

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import typer

from toolvet.cli.desk import Desk, sit_down
from toolvet.cli.exits import UsageError
from toolvet.cli.options import AsJson, ProposalId
from toolvet.cli.output import emit, say, table
from toolvet.client.client import Client
from toolvet_reviews.review_views import (
    Comparison,
    FileComparison,
    SeenMark,
    ThingChanged,
    Whitespace,
)
from toolvet_reviews.views import ProposalView
from toolvet_reviews.words import counted, one_line, visible

_MODES: dict[str, Whitespace] = {"exact": "exact", "trailing": "trailing", "ignore": "ignore"}
_SPEC = "tool.toml"
_Alone = Literal["spec", "definition", "tests", "effects", "rubric"]


def diff(
    proposal: ProposalId,
    from_: Annotated[
        str,
        typer.Option("--from", metavar="WHAT", help="published, seen (your last look), or N."),
    ] = "published",
    to: Annotated[
        int | None, typer.Option("--to", metavar="N", min=1, help="Revision; else the newest.")
    ] = None,
    whitespace: Annotated[
        str, typer.Option("--whitespace", help="exact, trailing or ignore: space passed over.")
    ] = "exact",
    context: Annotated[
        int, typer.Option("--context", min=0, max=100_000, help="Equal lines around a change.")
    ] = 3,
    summary: Annotated[
        bool, typer.Option("--summary", help="Files, and what else differs: findings, tests, …")
    ] = False,
    patch: Annotated[
        bool, typer.Option("--patch", help="As a patch that applies to the byte.")
    ] = False,
    apply_check: Annotated[
        bool, typer.Option("--apply-check", help="Apply the patch here and compare by hash.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare with the release, or since your last look."""
    if whitespace not in _MODES:
        raise UsageError(f"--whitespace is {', '.join(_MODES)}, not {whitespace!r}")
    if summary + patch + apply_check > 1:
        raise UsageError("one of --summary, --patch and --apply-check")
    if patch:
        _check_no_terminal()
    desk = sit_down()
    if summary:
        compared = _client(desk, from_).compare(proposal, from_=from_, to=to)
        emit(compared, as_json=as_json, render=lambda: _summary(compared))
    elif apply_check:
        _check(desk, proposal, from_, to, as_json=as_json)
    elif patch:
        sys.stdout.buffer.write(_client(desk, from_).patch(proposal, from_=from_, to=to))
        sys.stdout.buffer.flush()
    else:
        text = _client(desk, from_).unified(
            proposal, from_=from_, to=to, whitespace=_MODES[whitespace], context=context
        )
        emit({"diff": text}, as_json=as_json, render=lambda: visible(text))


def seen(
    proposal: ProposalId,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE…]", help="Files you have looked at.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="The newest revision, evidence and all.")
    ] = False,
    off: Annotated[bool, typer.Option("--off", help="You have not, after all.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what you have looked at, or list it. `diff --from seen` starts there."""
    if everything and paths:
        raise UsageError("either files or --everything")
    client = sit_down().person()
    wanted = paths or []
    if everything or wanted:
        view = client.show(proposal)
        known = {one.path: one for one in client.compare(proposal, to=view.revision).files}
        marks = [
            *(_mark_of(view, known, path) for path in (known if everything else wanted)),
            *(_marks_of_rest(view, known) if everything else ()),
        ]
        items = client.mark_seen(proposal, marks, off=off)
    else:
        items = client.seen(proposal)
    emit({"items": items}, as_json=as_json, render=lambda: _seen(items))


def _client(desk: Desk, from_: str) -> Client:
    return desk.person() if from_ == "seen" else desk.client


def _check_no_terminal() -> None:
    """Refuse to write bytes as they are to a terminal, which would obey what is hidden in them."""
    if sys.stdout.isatty():
        raise UsageError(
            "a patch is written to a file, not to a terminal",
            hint="Add `> changes.patch`; without --patch the difference can be read here.",
        )


def _check(desk: Desk, proposal: str, from_: str, to: int | None, *, as_json: bool) -> None:
    from toolvet.client.patching import checked

    data, compared = checked(_client(desk, from_), proposal, from_=from_, to=to)
    changed = sum(one.status != "same" for one in compared.files)
    said = f"{len(data)} bytes, {counted(changed, 'file')}: applies to {compared.old}"
    body = {"applies": True, "files": changed, "bytes": len(data)}
    emit(body, as_json=as_json, render=lambda: f"{said}, and gives {compared.new} to the byte.\n")


# --- the summary -----------------------------------------------------------------------------


def _summary(compared: Comparison) -> str:
    if compared.first_look:
        say("You have looked at nothing of it yet: this is against what is published.")
    differing = [one for one in compared.files if one.status != "same"]
    old = _OLD.get(compared.old, compared.old)
    parts = [f"{compared.proposal}: {compared.new} against {old}\n"]
    if differing:
        rows = [_file(one) for one in differing]
        parts.append(table(("FILE", "STATUS", "LINES", "SEEN"), rows))
    same = len(compared.files) - len(differing)
    if same:
        parts.append(f"{counted(same, 'file')} the same, byte for byte\n")
    told = [one for one in compared.things if not _is_quiet(one)]
    if told:
        rows = [_thing(one) for one in told]
        parts.append("\n" + table(("WHAT", "SIGN", "NAME", "BEFORE", "AFTER", "SEEN"), rows))
    quiet = len(compared.things) - len(told)
    if quiet:
        parts.append(
            f"\n{counted(quiet, 'check')} ran for the first time, and none of them objects\n"
        )
    return "".join(parts)


_OLD = {
    "published": "what is published",
    "seen": "what you looked at last",
    "nothing": "nothing: the tool is new",
}


def _is_quiet(one: ThingChanged) -> bool:
    """Tell whether it is the first word of a check that has nothing to say."""
    is_first = one.area == "check" and one.sign == "new"
    return is_first and one.after.partition(":")[0] in ("passed", "skipped")


def _file(one: FileComparison) -> tuple[str, ...]:
    lines = f"+{one.added} -{one.removed}{' of the first lines' * one.cut}"
    if one.binary:
        lines = f"not text: {one.old_size} → {one.new_size} B"
    return one.path, one.status, lines, "yes" if one.seen else ""


def _thing(one: ThingChanged) -> tuple[str, ...]:
    place = f" at {one.path}:{one.line}" if one.path and one.line else ""
    return (
        one.area,
        one.sign,
        one_line(f"{one.name}{place}", 120),
        one_line(one.before, 80),
        one_line(one.after, 80),
        "" if one.unseen else "yes",
    )


# --- what was seen ---------------------------------------------------------------------------


def _mark_of(view: ProposalView, known: dict[str, FileComparison], path: str) -> SeenMark:
    if path not in known:
        raise UsageError(f"{view.id} has no file {path!r}", hint="`toolvet diff --summary` lists them.")  # fmt: skip
    return SeenMark("file", path, known[path].new_digest or "", "", view.revision)


def _marks_of_rest(view: ProposalView, known: dict[str, FileComparison]) -> Iterator[SeenMark]:
    revision = next(one for one in view.revisions if one.number == view.revision)
    evidence = {one.check: one.digest for one in view.evidence if one.digest}
    for check, digest in evidence.items():
        yield SeenMark("evidence", check, digest, "", view.revision)
    spec = known.get(_SPEC)
    alone: tuple[tuple[_Alone, str | None], ...] = (
        ("spec", spec.new_digest if spec else None),
        ("definition", revision.release_digest),
        ("tests", evidence.get("tests")),
        ("effects", evidence.get("effects")),
        ("rubric", revision.dossier_digest if view.rubric else None),
    )
    for kind, digest in alone:
        if digest:
            yield SeenMark(kind, "", digest, "", view.revision)


def _seen(items: Sequence[SeenMark]) -> str:
    if not items:
        return "You have looked at nothing of it yet.\n"
    rows = dict.fromkeys(
        (one.kind, one.name, f"revision {one.revision}", one.at[:16]) for one in items
    )
    return table(("WHAT", "NAME", "AS IN", "WHEN"), [*rows])
