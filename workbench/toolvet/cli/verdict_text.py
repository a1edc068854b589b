"""A verdict for people: each check as it comes, then findings with their lines, then the rubric."""

from collections.abc import Iterator, Mapping, Sequence

from toolvet.cli.papers import Line
from toolvet_reviews.brief import Tone, ordered_findings
from toolvet_reviews.brief_evidence import measured
from toolvet_reviews.views import EvidenceView, FindingView, RubricLine, VerdictView
from toolvet_reviews.words import counted, one_line, visible

STATUS_TONES: dict[str, Tone] = {
    "passed": "good",
    "failed": "bad",
    "warned": "unsure",
    "unknown": "unsure",
    "skipped": "quiet",
}
_SEVERITIES: dict[str, Tone] = {"error": "bad", "warning": "unsure", "note": "quiet"}
_MARKS: dict[str, Tone] = {"met": "good", "unmet": "bad", "unknown": "unsure"}
_MOST = 100
"""Findings spelled out; the rest is counted."""
_MOST_MEASURED = 3
"""Lines of what one check measured, beside those that are bad; --json holds all of it."""
_MOST_LINES = 6
"""Lines of one snippet."""
_WIDEST = 160


def check_line(found: EvidenceView, *, known: bool = False) -> Line:
    """Say in one line what a check brought back."""
    time = "as before" if known else f"{found.duration_ms} ms"
    said = one_line(found.summary, 100)
    text = f"  {one_line(found.check):<15}{found.status:<8} {said}  ({time})"
    return Line(text, STATUS_TONES.get(found.status, "unsure"))


def whole(view: VerdictView, files: Mapping[str, bytes]) -> Iterator[Line]:
    """Say everything that was found, once all checks are there; the verdict comes last."""
    found = ordered_findings(view.evidence)
    loud = [one for one in found if one.severity != "note"]
    for remark in loud[:_MOST]:
        yield Line()
        yield from finding(remark, files)
    if len(loud) > _MOST:
        yield Line(f"and {len(loud) - _MOST} more of these", "unsure")
    notes = [one for one in found if one.severity == "note"]
    if notes:
        yield Line()
        yield Line(f"{counted(len(notes), 'note')}; --json holds them", "quiet")
    yield from _blind(view)
    yield from _rubric(view)
    yield from _conclusion(view)


def finding(found: FindingView, files: Mapping[str, bytes]) -> Iterator[Line]:
    """Show one remark on its lines: what, why, and how to mend it."""
    place = f"{one_line(found.path)}{f':{found.line}' if found.line else ''}"
    rule = one_line(found.rule or found.category)
    weakness = f" {one_line(found.cwe)}" if found.cwe else ""
    head = f"{found.severity}: {one_line(found.message or found.category, 400)}"
    yield Line(head, _SEVERITIES[found.severity])
    yield Line(f"  {place or 'the whole bundle'}  [{rule}{weakness}]", "quiet")
    yield from _snippet(found, files)
    if found.why:
        yield Line(f"  why: {one_line(found.why, 800)}")
    if found.fix:
        yield Line(f"  fix: {one_line(found.fix, 800)}")


def _snippet(found: FindingView, files: Mapping[str, bytes]) -> Iterator[Line]:
    """Show the lines a remark is about, numbered, a line before them, and marks below."""
    lines = _lines_of(found, files)
    if not lines or found.line < 1:
        return
    width = len(str(max(number for number, _ in lines)))
    for number, text in lines:
        shown = visible(text.expandtabs(4)).rstrip()
        yield Line(f"  {number:>{width}} | {_cut(shown)}")
        if number >= found.line and shown.strip():
            indent = len(shown) - len(shown.lstrip())
            marks = "^" * min(len(shown) - indent, _WIDEST - indent)
            if marks:
                yield Line(f"  {'':>{width}} | {' ' * indent}{marks}", _SEVERITIES[found.severity])


def _lines_of(found: FindingView, files: Mapping[str, bytes]) -> list[tuple[int, str]]:
    last = min(max(found.end_line, found.line), found.line + _MOST_LINES - 1)
    if found.path in files:
        text = files[found.path].decode("utf-8", "replace").split("\n")
        first = max(1, found.line - 1)
        return [
            (number, text[number - 1]) for number in range(first, last + 1) if number <= len(text)
        ]
    rows = found.snippet.split("\n")[:_MOST_LINES] if found.snippet else []
    return [(found.line + place, text) for place, text in enumerate(rows)]


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _blind(view: VerdictView) -> Iterator[Line]:
    said = [
        f"  {one_line(found.check)}: {one_line(blind, 300)}"
        for found in view.evidence
        for blind in found.not_looked_at
    ]
    said += [f"  {one_line(blind, 300)}" for blind in view.not_looked_at]
    if said:
        yield Line()
        yield Line("Not looked at")
        for line in said[:40]:
            yield Line(line, "quiet")


def _rubric(view: VerdictView) -> Iterator[Line]:
    if not view.rubric:
        return
    checks = {found.check: found for found in view.evidence}
    yield Line()
    yield Line("Rubric")
    for line in view.rubric:
        need = "" if line.required else " (not required)"
        quiet = line.mark == "unknown" and not line.required
        text = f"  {line.criterion:<15}{line.mark:<8} {one_line(line.why, 400)}{need}"
        yield Line(text, "quiet" if quiet else _MARKS[line.mark])
        yield from _behind(line, checks)


def _behind(line: RubricLine, checks: Mapping[str, EvidenceView]) -> Iterator[Line]:
    """Name the evidence behind a line, and what was measured."""
    names = [name for name in line.evidence if name in checks]
    if names:
        said = ", ".join(f"{one_line(name)} {checks[name].status}" for name in names)
        yield Line(f"{'':<26}from {said}", "quiet")
    for name in names:
        for place, one in enumerate(measured(checks[name])):
            if place >= _MOST_MEASURED and one.tone != "bad":
                continue
            yield Line(
                f"{'':<26}{one.label}: {one.text}", one.tone if one.tone == "bad" else "quiet"
            )


def _conclusion(view: VerdictView) -> Iterator[Line]:
    name = f"{one_line(view.toolset)}/{one_line(view.tool)}"
    time = f"{view.duration_ms / 1000:.1f} s"
    yield Line()
    if view.verdict == "failed":
        yield Line(f"{name}  failed  ({time}, walls {view.tier})", "bad")
        for reason in view.reasons:
            yield Line(f"  {one_line(reason, 400)}")
        return
    said = "the checks that were asked for do not object" if view.verdict == "partial" else "passed"
    yield Line(f"{name}  {said}  ({time}, walls {view.tier})", "good")


def texts(lines: Sequence[Line] | Iterator[Line]) -> str:
    """Write lines without any colour."""
    return "".join(f"{line.text}\n" for line in lines)
