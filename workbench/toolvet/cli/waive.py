"""Overruling a finding, with one's key and a reason, and looking at what was overruled."""

import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from toolvet.cli.desk import Desk, sit_down
from toolvet.cli.exits import NO, UsageError
from toolvet.cli.needs import moment
from toolvet.cli.options import AsJson, ProposalId
from toolvet.cli.output import emit, say, table
from toolvet.client import terminal
from toolvet_reviews.findings import Finding, may_waive
from toolvet_reviews.policy import Policy
from toolvet_reviews.views import ProposalView, WaiverView
from toolvet_reviews.words import counted, one_line, visible

if TYPE_CHECKING:
    from toolvet.client.shown import Shown

_SHORTEST = 6
"""Digits of a fingerprint that name a finding, when they name one only."""


def waive(
    proposal: ProposalId,
    fingerprint: Annotated[
        list[str] | None,
        typer.Argument(metavar="FINGERPRINT…", help="Of findings; without one they are listed."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it does not matter here.")] = "",
    days: Annotated[
        int | None,
        typer.Option("--days", metavar="N", min=1, help="How long; else as the policy allows."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Overrule findings for a while, with your key. Asks first, on the terminal."""
    from toolvet.client import shown

    desk = sit_down()
    client = desk.person()
    seen = shown.fetch(client, desk.service, proposal)
    policy = shown.policy_in_force(client, desk.service)
    findings = _standing(seen)
    if not fingerprint:
        _list(seen, policy, findings, as_json=as_json)
        return
    chosen = [_named(findings, one) for one in dict.fromkeys(fingerprint)]
    if not terminal.is_there():
        raise UsageError("a waiver is signed by a person at a terminal", hint="Run it in one.")
    days = days or policy.waiver_days
    words = reason.strip() or terminal.ask("Why does this not matter here? ").strip()
    terminal.say(_meaning(seen, policy, chosen, words, days))
    if not terminal.confirm(f"Overrule {counted(len(chosen), 'finding')} of {proposal}?"):
        say("Nothing was signed.")
        sys.exit(NO)
    view = _sign(desk, seen, chosen, words, days)
    emit(view, as_json=as_json, render=lambda: _outcome(view))


def _sign(
    desk: Desk, seen: "Shown", chosen: Sequence[Finding], words: str, days: int
) -> ProposalView:
    from toolvet.client.acts import Words
    from toolvet.config import now, stamp

    view = seen.view
    for finding in chosen:
        said = Words(words)
        expires = stamp(now() + timedelta(days=days))
        envelope = desk.pen().waive(seen, finding, expires, said)
        view = desk.person().waive(seen.view.id, envelope, said.to_json())
    return view


def _standing(seen: "Shown") -> list[Finding]:
    """List every error of what was checked, each fingerprint once."""
    errors = {one.fingerprint: one for one in seen.findings if one.severity == "error"}
    return list(errors.values())


def _named(findings: Sequence[Finding], word: str) -> Finding:
    matching = [one for one in findings if one.fingerprint.startswith(word.lower())]
    if len(matching) == 1 and len(word) >= _SHORTEST:
        return matching[0]
    hint = "Without a fingerprint they are listed."
    if matching:
        raise UsageError(f"{one_line(word)} names {len(matching)} findings", hint=hint)
    raise UsageError(f"no error of it has the fingerprint {one_line(word)}", hint=hint)


def _list(seen: "Shown", policy: Policy, findings: Sequence[Finding], *, as_json: bool) -> None:
    by = {one.fingerprint: one for one in seen.view.waivers if one.counts}
    items = [
        {
            "fingerprint": one.fingerprint,
            "rule": one.rule,
            "path": one.path,
            "line": one.line,
            "message": one.message,
            "can_be_waived": may_waive(one.rule, policy.never_waive),
            "waived_until": by[one.fingerprint].expires if one.fingerprint in by else None,
        }
        for one in findings
    ]

    def render() -> str:
        if not items:
            return f"{seen.view.id} has no finding to overrule.\n" + (
                _still(seen.view) if seen.view.state == "changes_wanted" else ""
            )
        rows = [(one.fingerprint[:12], one.rule, _place(one), _state(one)) for one in findings]
        return table(("FINGERPRINT", "RULE", "PLACE", ""), rows)

    def _state(one: Finding) -> str:
        given = by.get(one.fingerprint)
        if given is not None:
            return f"overruled by {given.voter} until {moment(given.expires)}"
        return "stands" if may_waive(one.rule, policy.never_waive) else "nobody can overrule it"

    emit({"items": items}, as_json=as_json, render=render)


def _place(finding: Finding) -> str:
    if not finding.path:
        return "the whole bundle"
    return f"{finding.path}:{finding.line}" if finding.line else finding.path


def _meaning(
    seen: "Shown", policy: Policy, chosen: Sequence[Finding], words: str, days: int
) -> str:
    """Say what is overruled, for how long, and who else it takes."""
    lines = ["", f"{seen.view.id}  {seen.manifest.toolset}/{seen.manifest.name}", ""]
    for finding in chosen:
        lines += [f"{finding.rule}  {_place(finding)}", f"  {one_line(finding.message)}"]
        lines += [f"  | {visible(line)}" for line in finding.snippet.splitlines()]
        lines += [f"  why: {one_line(finding.why, 600)}"] if finding.why else []
        lines += [f"  fix: {one_line(finding.fix, 600)}"] if finding.fix else []
        lines += [""]
    after = "its owner is told" if policy.expired_waiver == "queue" else "it is served no more"
    people = policy.waiver_people
    lines += [
        f"You say that this does not matter here: {one_line(words, 600)}",
        f"For {counted(days, 'day')}; when that is over, {after}.",
        f"For exactly the release {seen.release}: any change of the bytes ends it.",
        *([f"It takes {people} people, whoever votes included."] if people > 1 else []),
        "You sign with your key; the log keeps it for ever.",
    ]
    return "\n".join(lines)


def _outcome(view: ProposalView) -> str:
    if view.state == "reviewing":
        return f"{view.id}: overruled. Nothing stands against it; it waits for votes.\n"
    if view.state == "published":
        return f"{view.id}: overruled. What is served stays served.\n"
    return f"{view.id}: overruled. It is still stopped:\n{_still(view)}"


def _still(view: ProposalView) -> str:
    """Say what keeps a proposal back beside the findings that people overruled."""
    waived = {one.fingerprint for one in view.waivers if one.counts}
    lines: list[str] = []
    for check in view.evidence:
        if check.status == "unknown":
            lines.append(f"{check.check} is unknown, which nobody can overrule: {check.summary}")
        errors = [one for one in check.findings if one.severity == "error"]
        standing = {one.fingerprint for one in errors} - waived
        if standing:
            lines.append(f"{check.check}: {counted(len(standing), 'finding')}")
        elif check.status == "failed" and not errors:
            lines.append(f"{check.check} failed: {check.summary}")
    said = lines or ["its policy asks for evidence that is not there"]
    return "".join(f"  {one_line(line)}\n" for line in said)


def waivers(
    expired: Annotated[bool, typer.Option("--expired", help="Those that ran out as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what people overruled, what ends first first."""
    items = [one for one in sit_down().person().waivers() if expired or not one.expired]
    emit({"items": items}, as_json=as_json, render=lambda: _rows(items))


def _rows(items: Sequence[WaiverView]) -> str:
    if not items:
        return "Nothing is overruled.\n"
    headers = ("PROPOSAL", "TOOL", "RULE", "FINDING", "BY", "UNTIL", "SERVED", "REASON")
    rows = [
        (
            one.proposal,
            one.tool,
            one.rule,
            one.fingerprint[:12],
            one.voter,
            f"{moment(one.expires)}{' (over)' if one.expired else ''}",
            "yes" if one.serving else "",
            one.reason,
        )
        for one in items
    ]
    return table(headers, rows)
