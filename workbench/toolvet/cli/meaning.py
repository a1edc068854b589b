"""What an approval means, in words, from the checked bytes that would be signed."""

from toolvet.cli.output import counted, one_line, safe
from toolvet.cli.render import kind_in_words
from toolvet.client.shown import Shown
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import ServiceView

MOST_FINDINGS = 20


def meaning(shown: Shown, service: ServiceView) -> str:
    """Say what would be served, what it may do, and how sure the machine is."""
    approved = shown.manifest
    change = f"replaces {shown.base}" if shown.base else "new"
    lines = [
        "",
        f"{shown.view.id}  {approved.toolset}/{approved.name}, revision {shown.view.revision}"
        f" by {one_line(shown.view.author)} ({change})",
        f"  served as   {approved.definition.name}",
        *_indented("  says        ", approved.definition.description),
        f"  kind        {kind_in_words(shown.kind)}",
        *(f"  may         {what}" for what in may_do(approved.effects)),
        f"  limits      {_flat(approved.limits)}; walls at least {approved.lowest_tier}",
        *_checks(shown),
        "  rubric      " + ", ".join(f"{name} {mark}" for name, mark in shown.marks.items()),
        *_findings(shown),
        f"  files       {', '.join(f'{one_line(p)} ({len(d)} B)' for p, d in shown.files.items())}",
        f"  release     {shown.release}",
        f"  policy      {service.preset}, {shown.policy}",
        "",
        "Approved, it is served at once to every caller with a grant for it,"
        if shown.view.people_needed <= 1
        else f"It waits for {shown.view.people_needed} people; with the last it is served,",
        "byte for byte as above. You sign with your key; the log keeps it for ever.",
        "",
    ]
    return "\n".join(lines)


def may_do(effects: JsonObject) -> list[str]:
    """List everything a tool declares beyond computing."""
    found: list[str] = []
    for name, value in effects.items():
        if name != "kind" and value:
            items = value if isinstance(value, list) else [value]
            found += [f"{name}: {_flat(item)}" for item in items]
    return found or ["nothing but compute"]


def _checks(shown: Shown) -> list[str]:
    return [
        f"  {found.check:<12}{found.status}: {one_line(found.summary)}" for found in shown.evidence
    ]


def _findings(shown: Shown) -> list[str]:
    errors = sum(found.severity == "error" for found in shown.findings)
    warnings = sum(found.severity == "warning" for found in shown.findings)
    lines = [f"  findings    {counted(errors, 'error')}, {counted(warnings, 'warning')}"]
    remarks = [found for found in shown.findings if found.severity != "note"]
    for found in remarks[:MOST_FINDINGS]:
        where = f"{one_line(found.path)}:{found.line}: " if found.path else ""
        lines.append(f"    {found.severity}: {where}{one_line(found.message)}")
    if len(remarks) > MOST_FINDINGS:
        lines.append(f"    and {len(remarks) - MOST_FINDINGS} more: `toolvet show`")
    return lines


def _indented(label: str, text: str) -> list[str]:
    lines = safe(text).splitlines() or [""]
    return [label + lines[0], *(" " * len(label) + line for line in lines[1:])]


def _flat(value: Json) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_flat(item)}" for name, item in value.items() if item)
    if isinstance(value, list):
        return " ".join(map(_flat, value))
    return one_line(str(value))
