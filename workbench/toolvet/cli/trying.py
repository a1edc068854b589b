"""Trying a candidate with one's own arguments, and keeping what it must give as a case."""

import json
from typing import Annotated

import typer

from toolvet.cli.desk import sit_down
from toolvet.cli.exits import UsageError
from toolvet.cli.options import AsJson, Note, ProposalId
from toolvet.cli.output import emit, table
from toolvet.cli.tools import parse_arguments
from toolvet_reviews import canonical
from toolvet_reviews.review_views import CaseView, ReviewState, TryView
from toolvet_reviews.words import counted, one_line, visible

Arguments = Annotated[
    str, typer.Option("--arguments", metavar="JSON|@FILE", help="Of the call; @- reads stdin.")
]

case = typer.Typer(help="Cases that reviewers keep as tests of a proposal.", no_args_is_help=True)


def try_out(
    proposal: ProposalId,
    arguments: Arguments = "{}",
    revision: Annotated[int | None, typer.Option(min=1, help="Another than the newest.")] = None,
    keep: Annotated[
        str, typer.Option("--keep", metavar="NAME", help="Keep what it gave as a case.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Run a candidate with arguments of your own. In the sandbox, on fakes, without secrets."""
    given = parse_arguments(arguments)
    client = sit_down().person()
    tried = client.try_out(proposal, given, revision=revision)
    if keep:
        is_good = tried.status in ("succeeded", "incomplete")
        client.keep_case(
            proposal,
            keep,
            given,
            tried.result if is_good else None,
            code="" if is_good else tried.code,
        )
    emit(tried, as_json=as_json, render=lambda: _tried(tried, keep))


@case.command("add")
def add(
    proposal: ProposalId,
    name: Annotated[str, typer.Option("--name", help="What it is about, in a few words.")],
    arguments: Arguments = "{}",
    expected: Annotated[
        str | None, typer.Option("--expected", metavar="JSON", help="What it must give.")
    ] = None,
    code: Annotated[
        str, typer.Option("--code", help="Of the error that is right, in place of a result.")
    ] = "",
    note: Note = "",
    again: Annotated[
        bool, typer.Option("--again", help="Verify the newest revision again, with this case.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Keep a case that each later revision is run on."""
    if (expected is None) == (not code):
        raise UsageError(
            "either --expected or --code", hint="What is right: a result, or an error?"
        )
    wanted = canonical.parse(expected) if expected is not None else None
    client = sit_down().person()
    state = client.keep_case(
        proposal, name, parse_arguments(arguments), wanted, code=code, note=note
    )
    if again:
        state = client.verify_again(proposal)
    emit(state, as_json=as_json, render=lambda: _cases(state))


@case.command("list")
def list_(proposal: ProposalId, as_json: AsJson = False) -> None:
    """List the cases of a proposal."""
    state = sit_down().client.review_state(proposal)
    emit({"items": state.cases}, as_json=as_json, render=lambda: _cases(state))


@case.command("drop")
def drop(
    proposal: ProposalId,
    id: Annotated[str, typer.Argument(metavar="CASE", help="As `case list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Keep a case no longer."""
    client = sit_down().person()
    state = client.drop_case(proposal, _whole(client.review_state(proposal).cases, id))
    emit(state, as_json=as_json, render=lambda: _cases(state))


@case.command("run")
def run(proposal: ProposalId, as_json: AsJson = False) -> None:
    """Verify the newest revision again, with new cases."""
    state = sit_down().person().verify_again(proposal)
    emit(state, as_json=as_json, render=lambda: f"{state.proposal} is being verified again.\n")


def _whole(cases: tuple[CaseView, ...], word: str) -> str:
    """Find a case by the end of its id, which is what tells two of them apart."""
    found = [one.id for one in cases if one.id.endswith(word.lower())]
    return found[0] if len(found) == 1 and word else word


def _tried(tried: TryView, kept: str) -> str:
    took = f"{tried.duration_ms:.0f} ms"
    lines = [f"{tried.status.replace('_', ' ')} in {took}, tier {tried.tier or 'none'}"]
    if tried.code:
        lines.append(f"{one_line(tried.code)}: {one_line(tried.message, 2000)}")
    else:
        lines += ["", visible(json.dumps(tried.result, indent=2, ensure_ascii=False))]
    lines += _listed("What it did", tried.effects)
    lines += _listed("Not declared", tried.undeclared)
    lines += _listed("What it logged", [json.dumps(one, sort_keys=True) for one in tried.log])
    lines += ["", f"Kept as the case {one_line(kept)!r}."] if kept else []
    return "\n".join(lines) + "\n"


def _listed(title: str, lines: "tuple[str, ...] | list[str]") -> list[str]:
    return ["", title, *(f"  {one_line(line, 400)}" for line in lines)] if lines else []


def _cases(state: ReviewState) -> str:
    if not state.cases:
        return f"No cases are kept of {state.proposal}.\n"
    rows = [
        (
            one.id[-8:],
            one.name,
            json.dumps(one.arguments, sort_keys=True),
            one.code or json.dumps(one.expected, sort_keys=True),
            one.by,
        )
        for one in state.cases
    ]
    total = f"{counted(len(rows), 'case')}; each later revision is run on them.\n"
    return table(("CASE", "NAME", "CALLED WITH", "MUST GIVE", "BY"), rows) + total
