"""The pages of findings in full and of the rubric with the evidence behind it."""

from collections.abc import Iterator
from textwrap import dedent

from toolvet_reviews.brief import Tone, ordered_findings
from toolvet_reviews.brief_evidence import measured
from toolvet_reviews.review_views import Anchor
from toolvet_reviews.views import EvidenceView, FindingView, ProposalView
from toolvet_reviews.words import one_line, visible
from toolvet_tui.paper import Block

MOST_FINDINGS = 500
"""Findings spelled out on their page."""

_SEVERITIES: dict[str, Tone] = {"error": "bad", "warning": "unsure", "note": "quiet"}
STATUS_TONES: dict[str, Tone] = {
    "passed": "good",
    "failed": "bad",
    "warned": "unsure",
    "unknown": "unsure",
    "skipped": "quiet",
}
_MARKS: dict[str, Tone] = {"met": "good", "unmet": "bad", "unknown": "unsure"}


def findings(view: ProposalView) -> list[Block]:
    """Write every finding: what, where, why it matters, how to mend it."""
    found = ordered_findings(view.evidence)
    if not found:
        is_there = view.verdict in ("passed", "needs_secret")
        nothing = "nothing was found" if is_there else "nothing was found yet"
        return [Block("Findings", is_heading=True), Block(nothing, tone="quiet")]
    blocks: list[Block] = []
    for remark in found[:MOST_FINDINGS]:
        blocks += _finding(remark)
    if len(found) > MOST_FINDINGS:
        blocks.append(Block(f"and {len(found) - MOST_FINDINGS} more", tone="unsure"))
    return blocks


def _finding(found: FindingView) -> Iterator[Block]:
    tone = _SEVERITIES[found.severity]
    path, line = one_line(found.path), found.line
    where = f"{path}:{line}" if line else path or "whole bundle"
    rule = one_line(found.rule or found.category)
    about = about_finding(found)
    yield Block(f"{found.severity}  {where}  {rule}", is_heading=True, about=about)
    said = one_line(found.message or found.category, 2000)
    is_loud = found.severity != "note" and not found.path
    yield Block(said, "what", tone, path, line, about=about, wanted=is_loud)
    if found.snippet:
        code = visible(dedent(found.snippet[:2000])).rstrip("\n")
        yield Block(code, "code", "plain", path, line, about=about)
    for label, text in (("why", found.why), ("fix", found.fix)):
        if text:
            yield Block(one_line(text, 2000), label, about=about)
    if found.cwe:
        yield Block(one_line(found.cwe), "weakness", "quiet", about=about)


def about_finding(found: FindingView) -> Anchor | None:
    """Name a finding as something to speak about."""
    if not found.fingerprint:
        return None
    return Anchor("finding", found.path, found.line, found.end_line, found.fingerprint)


def rubric(view: ProposalView) -> list[Block]:
    """Write each criterion with the checks it stands on, then every check."""
    checks = {found.check: found for found in view.evidence}
    blocks: list[Block] = []
    for line in view.rubric:
        need = "required" if line.required else "not required"
        about = Anchor("criterion", name=line.criterion)
        is_missing = line.mark == "unmet" or (line.required and line.mark == "unknown")
        head = f"{line.criterion}  ({need})"
        blocks.append(Block(head, is_heading=True, about=about))
        why = one_line(line.why, 2000)
        tone = _MARKS[line.mark]
        blocks.append(Block(why, line.mark, tone, about=about, wanted=is_missing))
        blocks += [_check(checks[name]) for name in line.evidence if name in checks]
    blocks.append(Block("Checks", is_heading=True))
    if view.awaiting:
        blocks.append(Block(one_line(", ".join(view.awaiting), 600), "awaiting", "unsure"))
    for found in view.evidence:
        blocks.append(_check(found))
        blocks += _measured(found)
    return blocks


def draft_calls(view: ProposalView) -> Iterator[Block]:
    """Write the calls that the author made of its own revision: what the platform saw."""
    if not view.draft_count:
        return
    shown = f", {len(view.drafts)} shown" if len(view.drafts) < view.draft_count else ""
    yield Block(f"Draft calls  ({view.draft_count}{shown})", is_heading=True)
    for one in view.drafts:
        said = one_line(one.result or f"{one.code} {one.message}", 2000)
        cut = " (cut)" if one.cut else ""
        tone: Tone = "plain" if one.status == "succeeded" else "unsure"
        yield Block(f"{one.time}, revision {one.revision}, {one_line(one.by)}", "call", "quiet")
        yield Block("forgotten" if one.erased else one_line(one.arguments, 2000), "with", "plain")
        yield Block(f"{one.status}: {said}{cut}", "gave", tone)


def _check(found: EvidenceView) -> Block:
    """Write a check; `enter` on it leads to the worst place it found."""
    said = one_line(f"{found.status}: {found.summary}", 600)
    tone = STATUS_TONES.get(found.status, "unsure")
    worst = next((one for one in ordered_findings([found]) if one.path), None)
    path, line = (one_line(worst.path), worst.line) if worst else ("", 0)
    return Block(said, one_line(found.check), tone, path, line)


def _measured(found: EvidenceView) -> Iterator[Block]:
    tools = ", ".join(f"{name} {version}" for name, version in sorted(found.tools.items()))
    walls = f"walls {found.tier}" if found.tier else ""
    said = "; ".join(part for part in (f"{found.duration_ms} ms", walls, tools) if part)
    for line in measured(found):
        yield Block(line.text, line.label, line.tone, line.path, line.line)
    yield Block(one_line(said, 600), "", "quiet")
    for blind in found.not_looked_at:
        yield Block(one_line(f"did not look at {blind}", 600), "", "unsure")
