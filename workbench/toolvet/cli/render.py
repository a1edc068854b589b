"""Proposals, tools and people as text."""

from collections.abc import Sequence

from toolvet.cli.output import table
from toolvet_reviews import drafts
from toolvet_reviews.brief_evidence import measured
from toolvet_reviews.views import (
    CallView,
    EvidenceView,
    FindingView,
    ProposalView,
    ToolMatch,
    ToolView,
)
from toolvet_reviews.words import STATES, counted, kind_in_words, one_line, visible


def proposal(view: ProposalView) -> str:
    """Show a proposal with its verdict."""
    lines = [
        f"{view.id}  {view.toolset}/{view.tool}  {STATES[view.state]}",
        f"  author        {one_line(view.author)}, revision {view.revision} of {len(view.revisions)}",
        f"  kind          {kind_in_words(view.kind)}",
        f"  verdict       {view.verdict}" + (f": {one_line(view.summary)}" if view.summary else ""),
        f"  revision      {view.revision_digest}",
    ]
    if view.release_digest:
        lines.append(f"  release       {view.release_digest}")
    for need in view.needs:
        lines.append(f"  needs         the {need.kind} {one_line(need.name)} {one_line(need.why)}:")
        lines.append(f"                {one_line(need.command, 4000)}")
    if view.reason:
        lines.append(f"  reason        {one_line(view.reason, 2000)}")
    for line in view.rubric:
        need = "" if line.required else " (not required)"
        lines.append(f"  {line.criterion:<14}{line.mark:<8}{one_line(line.why)}{need}")
        if line.evidence:
            lines.append(f"{'':<24}from {one_line(', '.join(line.evidence))}")
    for found in view.evidence:
        lines += evidence(found)
    if view.awaiting:
        lines.append(f"  awaiting      {one_line(', '.join(view.awaiting), 400)}")
    lines += drafted(view)
    for vote in view.votes:
        sponsor = ", as sponsor" if vote.as_sponsor else ""
        lines.append(
            f"  vote          {one_line(vote.voter)}: {vote.verdict}{sponsor}, {vote.time}"
        )
    if view.people_needed:
        more = counted(view.people_needed, "more approval")
        lines.append(f"  waits for {more}")
    for said in view.comments:
        where = f" at {one_line(said.path)}:{said.line}" if said.path else ""
        lines.append(f"  {one_line(said.author)} ({said.author_kind}){where}, {said.time}:")
        lines += [f"    {part}" for part in visible(said.text).splitlines()]
    return "\n".join(lines) + "\n"


def drafted(view: ProposalView) -> list[str]:
    """Show the calls that its author made of the revision before anybody approved it."""
    if not view.draft_count:
        return []
    more = f", {len(view.drafts)} shown" if len(view.drafts) < view.draft_count else ""
    heading = f"  drafts        {counted(view.draft_count, 'call')} by its author{more}"
    return [heading, *(f"    {one.time}  {drafts.in_words(one)}" for one in view.drafts)]


def evidence(found: EvidenceView) -> list[str]:
    """Show what one check brought back."""
    lines = [f"  {found.check:<14}{found.status:<8}{one_line(found.summary)}"]
    lines += [f"    {one.label}: {one.text}" for one in measured(found)]
    for remark in found.findings:
        lines += finding(remark)
    return lines


def finding(found: FindingView) -> list[str]:
    """Show one remark: where, what, and how to fix it."""
    line = f":{found.line}" if found.line else ""
    where = f"{one_line(found.path)}{line}: " if found.path else ""
    what = one_line(found.message or found.category)
    lines = [f"    {found.severity}: {where}{what} [{one_line(found.rule or found.category)}]"]
    if found.fix:
        lines.append(f"      fix: {one_line(found.fix)}")
    return lines


def tools(views: Sequence[ToolView]) -> str:
    """Lay out the catalogue."""
    if not views:
        return "No tool. `toolvet tools --all` shows what you have no grant for.\n"
    headers = ("NAME", "VERSION", "KIND", "RELEASE", "SERVED")
    rows = [
        (
            view.advertised_name,
            view.version or "",
            view.kind,
            view.release_digest[:19],
            "yes" if view.served else f"no: {view.reason}",
        )
        for view in views
    ]
    return table(headers, rows)


def matches(found: Sequence[ToolMatch]) -> str:
    """Lay out what was searched for: a line to choose by, and one to call by."""
    if not found:
        return "Nothing you may call fits. Try other words, or `toolvet tools`.\n"
    lines: list[str] = []
    for one in found:
        lines.append(f"{one_line(one.name)}  {one.kind}, v{one.version}  {one_line(one.summary)}")
        lines.append(f"    {one_line(one.signature)}")
    return "\n".join(lines) + "\n"


def call(view: CallView) -> str:
    """Show the answer to a call: its result alone, as JSON; nothing when there is none."""
    import json

    if view.status not in ("succeeded", "incomplete"):
        return ""
    return json.dumps(view.result, indent=1, ensure_ascii=True) + "\n"
