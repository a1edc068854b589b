"""The policy: shown, tried on its cases and on the past, and put in force with a key."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolvet.cli.desk import sit_down
from toolvet.cli.exits import NO, UsageError
from toolvet.cli.options import AsJson
from toolvet.cli.output import emit, say, table
from toolvet.client import terminal
from toolvet_reviews.words import counted, one_line

if TYPE_CHECKING:
    from toolvet.client.review_shapes import PolicyTrial
    from toolvet_reviews.policy_cases import CaseResult, PolicyCase

policy = typer.Typer(help="The policy in force.", no_args_is_help=True)

PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="TOML.")]


@policy.command("show")
def show_policy(as_json: AsJson = False) -> None:
    """Print the policy in force."""
    found = sit_down().client.policy()
    say(f"policy {found.digest}")
    emit(found, as_json=as_json, render=lambda: found.text)


@policy.command("cases")
def show_cases(
    preset: Annotated[str, typer.Argument(metavar="PRESET", help="solo, team or regulated.")],
) -> None:
    """Print the cases that a preset comes with, to begin one's own."""
    from toolvet_reviews.preset_cases import cases_of

    sys.stdout.write(cases_of(preset))


@policy.command("test")
def run_cases(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Cases, TOML.")],
    policy_file: Annotated[
        Path | None, typer.Option("--policy", help="By default the one in force.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run cases: what the policy must let through, keep waiting or stop. Exit 1 when one fails."""
    text = _read(policy_file) if policy_file else sit_down().client.policy().text
    results = _run(text, _parsed(file))
    emit([_plain(one) for one in results], as_json=as_json, render=lambda: _results(file, results))
    sys.exit(0 if all(one.holds for one in results) else NO)


@policy.command("try")
def try_policy(file: PolicyFile, as_json: AsJson = False) -> None:
    """Try a policy on what was decided before. Nothing is applied."""
    text = _read(file)
    _run(text, ())
    trial = sit_down().client.try_policy(text)
    emit(trial, as_json=as_json, render=lambda: _trial(trial))


@policy.command("apply")
def apply_policy(file: PolicyFile, as_json: AsJson = False) -> None:
    """Put a policy in force, with your key. Cases in NAME.cases.toml beside it must hold."""
    from toolvet_reviews.policy import parse_policy

    text = _read(file)
    parsed = parse_policy(text)
    _must_hold(file, text)
    desk = sit_down()
    _show_change(desk.client.policy().text, text)
    if not terminal.confirm(f"Put this {parsed.preset} policy in force?"):
        say("Nothing was signed.")
        sys.exit(NO)
    applied = desk.client.apply_policy(desk.pen().apply_policy(text), text)
    emit(applied, as_json=as_json, render=lambda: f"{applied.digest}\n")


def _must_hold(file: Path, text: str) -> None:
    """Run the cases beside a policy, before anything is signed.

    Raises:
        PolicyCasesError: One does not hold, or they cannot be read.
    """
    from toolvet_reviews.policy_cases import PolicyCasesError

    beside = file.with_name(f"{file.stem}.cases.toml")
    if not beside.exists():
        return
    results = _run(text, _parsed(beside))
    failed = [one for one in results if not one.holds]
    if failed:
        terminal.say(_results(beside, failed))
        raise PolicyCasesError(
            f"{len(failed)} of {counted(len(results), 'case')} in {beside.name} do not hold",
            hint="Nothing was signed. Change the policy, or the case that is wrong.",
        )
    say(f"{counted(len(results), 'case')} in {beside.name} hold")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {error}") from error


def _parsed(file: Path) -> "tuple[PolicyCase, ...]":
    from toolvet_reviews.policy_cases import parse_cases

    return parse_cases(_read(file))


def _run(text: str, cases: "tuple[PolicyCase, ...]") -> "tuple[CaseResult, ...]":
    from toolvet_reviews.policy import parse_policy
    from toolvet_reviews.policy_cases import run

    return run(parse_policy(text), cases)


def _plain(result: "CaseResult") -> dict[str, object]:
    return {
        "name": result.case.name,
        "kind": result.case.kind,
        "holds": result.holds,
        "expect": result.case.expect,
        "because": result.case.because,
        "outcome": result.outcome.word,
        "reasons": result.outcome.reasons,
    }


def _results(file: Path, results: "list[CaseResult] | tuple[CaseResult, ...]") -> str:
    lines: list[str] = []
    for one in results:
        lines.append(f"{'ok  ' if one.holds else 'FAIL'}  {one_line(one.case.name)}")
        if not one.holds:
            wanted = one.case.expect + (f" because {one.case.because!r}" * bool(one.case.because))
            lines.append(f"      expected {one_line(wanted)}, it {one.outcome.word}")
            lines += [f"      {one_line(reason)}" for reason in one.outcome.reasons]
    failed = sum(not one.holds for one in results)
    told = f"{failed} of {len(results)} do not hold" if failed else f"all {len(results)} hold"
    return "\n".join([*lines, f"{file.name}: {told}"]) + "\n"


def _trial(trial: "PolicyTrial") -> str:
    told = f"{counted(len(trial.differences), 'decision')} of {trial.decisions} would go otherwise"
    lost = f"; {trial.not_tried} have no evidence any more" if trial.not_tried else ""
    if not trial.differences:
        return f"{told}{lost}\n"
    rows = [
        (one.proposal, one.tool, one.kind, one.then, one.now, "; ".join(one.why))
        for one in trial.differences
    ]
    return table(("PROPOSAL", "TOOL", "KIND", "THEN", "NOW", "WHY"), rows) + f"{told}{lost}\n"


def _show_change(old: str, new: str) -> None:
    from toolvet_reviews.diffs import unified

    terminal.say(unified({"policy.toml": old.encode()}, {"policy.toml": new.encode()}))
