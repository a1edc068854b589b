"""The pages beside the brief: findings in full, the rubric with its evidence, what was said."""

from collections.abc import Iterator
from textwrap import dedent

from toolvet_reviews.brief import Tone, ordered_findings
from toolvet_reviews.brief_evidence import measured
from toolvet_reviews.views import EvidenceView, FindingView, ProposalView
from toolvet_reviews.words import counted, one_line, visible
from toolvet_tui.paper import Block

MOST_FINDINGS = 500
"""Findings spelled out on their page."""

_SEVERITIES: dict[str, Tone] = {"error": "bad", "warning": "unsure", "note": "quiet"}
_STATUSES: dict[str, Tone] = {
    "passed": "good",
    "failed": "bad",
    "warned": "unsure",
    "unknown": "unsure",
    "skipped": "quiet",
}
_MARKS: dict[str, Tone] = {"met": "good", "unmet": "bad", "unknown": "unsure"}
_REVISIONS: dict[str, Tone] = {"verifying": "quiet", "passed": "good", "failed": "bad"}


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
    yield Block(f"{found.severity}  {where}  {rule}", is_heading=True)
    yield Block(one_line(found.message or found.category, 2000), "what", tone, path, line)
    if found.snippet:
        yield Block(visible(dedent(found.snippet[:2000])).rstrip("\n"), "code", "plain", path, line)
    if found.why:
        yield Block(one_line(found.why, 2000), "why")
    if found.fix:
        yield Block(one_line(found.fix, 2000), "fix")
    if found.cwe:
        yield Block(one_line(found.cwe), "weakness", "quiet")


def rubric(view: ProposalView) -> list[Block]:
    """Write each criterion with the checks it stands on, then every check."""
    checks = {found.check: found for found in view.evidence}
    blocks: list[Block] = []
    for line in view.rubric:
        need = "required" if line.required else "not required"
        blocks.append(Block(f"{line.criterion}  ({need})", is_heading=True))
        blocks.append(Block(one_line(line.why, 2000), line.mark, _MARKS[line.mark]))
        blocks += [_check(checks[name]) for name in line.evidence if name in checks]
    blocks.append(Block("Checks", is_heading=True))
    if view.awaiting:
        blocks.append(Block(one_line(", ".join(view.awaiting), 600), "awaiting", "unsure"))
    for found in view.evidence:
        blocks.append(_check(found))
        blocks += _measured(found)
    return [*blocks, *_drafts(view)]


def _drafts(view: ProposalView) -> Iterator[Block]:
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
    tone = _STATUSES.get(found.status, "unsure")
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


def talk(view: ProposalView) -> list[Block]:
    """Write the votes, what was said, and the revisions there were."""
    blocks = [Block("Votes", is_heading=True)]
    for vote in view.votes:
        about = ", ".join(
            ["as sponsor"] * vote.as_sponsor + ["revoked"] * vote.revoked + [vote.time]
        )
        blocks.append(Block(f"{one_line(vote.voter)}, {about}", vote.verdict, "good"))
        if vote.note:
            blocks.append(Block(visible(vote.note), "words"))
    if view.people_needed:
        more = counted(view.people_needed, "more approval")
        blocks.append(Block(f"it waits for {more}", "", "quiet"))
    blocks.append(Block("Conversation", is_heading=True))
    if view.reason:
        blocks.append(Block(visible(view.reason), "reason"))
    for said in view.comments:
        path = one_line(said.path)
        where = f", {path}:{said.line}" if path else ""
        head = f"{one_line(said.author)} ({said.author_kind}), {said.time}{where}"
        blocks.append(Block(head, "", "quiet", path, said.line))
        blocks.append(Block(visible(said.text), "", "plain", path, said.line))
    if not view.comments and not view.reason:
        blocks.append(Block("nothing was said yet", "", "quiet"))
    return [*blocks, *_revisions(view)]


def _revisions(view: ProposalView) -> Iterator[Block]:
    yield Block("Revisions", is_heading=True)
    for one in view.revisions:
        tone: Tone = _REVISIONS[one.state]
        yield Block(f"{one.state}, {one.submitted_at}", str(one.number), tone)
        yield Block(one.digest, "", "quiet")
