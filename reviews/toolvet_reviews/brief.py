"""What a reviewer reads first, the same in every face and in the same order. Pure; no I/O.

First what must not be missed (other results than the version before, undeclared effects, effects
lost or doubled), then what it is, what it may do, what changed, what is wrong with it, what was
tried on it, the rubric with the evidence behind each line, what was said. Every text is one harmless line already (`words.one_line`), save a description, which keeps its lines.
"""

from collections.abc import Iterable, Iterator, Sequence

from toolvet_reviews import brief_evidence, effect_ledger, terms
from toolvet_reviews.brief_lines import BriefLine, BriefSection, Key, Tone
from toolvet_reviews.drafts import in_words
from toolvet_reviews.effect_ledger import Verdict
from toolvet_reviews.findings import Severity
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.sides import FileChange
from toolvet_reviews.values import Digest, Json, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView, Mark, ProposalView, RubricLine
from toolvet_reviews.words import (
    STATES,
    counted,
    flat,
    kind_in_words,
    may_do,
    one_line,
    visible,
)

__all__ = ["BriefLine", "BriefSection", "Tone", "brief", "ordered_findings"]

MOST_FINDINGS = 20
"""Remarks that are spelled out; the rest is counted."""
MOST_EFFECTS = 20
"""Effects that are spelled out, the worst first; the rest is counted."""
MOST_PACKAGES = 40
"""Packages that are spelled out; the rest is counted."""
MOST_TERMS = 12
"""Changed terms that are spelled out; the rest is counted."""
_LONGEST = 400


def brief(
    view: ProposalView,
    *,
    manifest: Manifest | None,
    base: Manifest | None,
    files: Sequence[FileChange],
) -> tuple[BriefSection, ...]:
    """Write the brief of one revision.

    Args:
        view: The proposal; a face that decides gives the evidence and the rubric it checked.
        manifest: What would be served; None while the machine has not passed it.
        base: What is served now.
        files: The bundle compared with the one served now.
    """
    sections: tuple[tuple[Key, str, Iterable[BriefLine]], ...] = (
        ("first", "Look at this first", brief_evidence.first(view.evidence)),
        ("is", "What it is", _what_it_is(view, manifest)),
        ("may", "What it may do", _what_it_may(view, manifest)),
        ("changed", "What changed", _what_changed(view, manifest, base, files)),
        ("wrong", "What is wrong with it", _what_is_wrong(view)),
        ("tried", "What was tried on it", brief_evidence.tried(view.evidence)),
        ("rubric", "Rubric", _rubric(view)),
        ("talk", "Conversation", _what_was_said(view)),
    )
    written = [BriefSection(key, title, tuple(lines)) for key, title, lines in sections]
    return tuple(one for one in written if one.lines or one.key not in _OPTIONAL)


_OPTIONAL: frozenset[Key] = frozenset({"first", "tried"})
"""Sections that are left out when there is nothing to say."""


# --- what it is ------------------------------------------------------------------------------


def _what_it_is(view: ProposalView, manifest: Manifest | None) -> Iterator[BriefLine]:
    change = "a change to what is served" if view.base_release else "new"
    yield BriefLine("tool", f"{one_line(view.toolset)}/{one_line(view.tool)}, {change}")
    if manifest is not None:
        yield BriefLine("served as", one_line(manifest.definition.name))
        yield BriefLine("says", visible(manifest.definition.description))
        yield from _signature(manifest)
    yield BriefLine(
        "author", f"{one_line(view.author)}, revision {view.revision} of {len(view.revisions)}"
    )
    yield BriefLine("state", STATES[view.state], "quiet")
    if view.reason:
        yield BriefLine("reason", one_line(view.reason, 2000))


def _signature(manifest: Manifest) -> Iterator[BriefLine]:
    schema = manifest.definition.input_schema
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    for name, said in _members(schema.get("properties")):
        optional = "" if name in needed else ", optional"
        doc = said.get("description")
        words = f": {doc}" if isinstance(doc, str) else ""
        yield BriefLine(
            "takes", one_line(f"{name} ({_type(said)}{optional}){words}", _LONGEST), "quiet"
        )
    yield BriefLine("gives", one_line(_type(manifest.definition.output_schema), _LONGEST), "quiet")


def _members(value: Json) -> Iterator[tuple[str, JsonObject]]:
    for name, said in (value if isinstance(value, dict) else {}).items():
        yield name, said if isinstance(said, dict) else {}


def _type(schema: JsonObject) -> str:
    """Name a JSON Schema type in a word or two."""
    title, kind = schema.get("title"), schema.get("type")
    if isinstance(title, str) and title:
        return title
    if "enum" in schema or "const" in schema:
        return flat(schema.get("enum", schema.get("const")))
    if kind == "array" and isinstance(schema.get("items"), dict):
        items = schema["items"]
        return f"list of {_type(items if isinstance(items, dict) else {})}"
    if isinstance(kind, str):
        return kind
    return flat(kind) if isinstance(kind, list) else "any"


# --- what it may do --------------------------------------------------------------------------


def _what_it_may(view: ProposalView, manifest: Manifest | None) -> Iterator[BriefLine]:
    tone: Tone = "good" if view.kind == "pure" else "bad" if view.kind == "destructive" else "plain"
    yield BriefLine("kind", kind_in_words(view.kind), tone)
    if manifest is not None:
        for what in may_do(manifest.effects):
            yield BriefLine("may", what, tone)
    yield from _what_it_did(view.evidence)
    if manifest is None:
        return
    if manifest.idempotency:
        yield BriefLine("once", one_line(flat(manifest.idempotency), _LONGEST))
    walls = f"walls at least {manifest.lowest_tier}"
    yield BriefLine("limits", f"{flat(manifest.limits)}; {walls}", "quiet")
    if manifest.environment:
        yield from _packages(manifest.environment, view.evidence)
    for need in view.needs:
        said = f"the {need.kind} {need.name} {need.why}; an operator runs: {need.command}"
        yield BriefLine("needs", one_line(said, _LONGEST), "unsure")


def _packages(environment: Digest, evidence: Iterable[EvidenceView]) -> Iterator[BriefLine]:
    """Name what runs inside the tool and is nobody's code under review."""
    built = next((one for one in evidence if one.check == "environment"), None)
    found = built.measurements if built else JsonObject()
    listed = found.get("packages")
    packages = listed if isinstance(listed, list) and found.get("digest") == environment else []
    yield BriefLine("packages", f"{len(packages) or 'unknown'}: {environment}", "unsure")
    for package in packages[:MOST_PACKAGES]:
        said = package if isinstance(package, dict) else {}
        licence = said.get("licence") or "no licence named"
        text = f"{said.get('name')} {said.get('version')}, {licence}"
        yield BriefLine("package", one_line(text, _LONGEST), "quiet")
    if len(packages) > MOST_PACKAGES:
        more = counted(len(packages) - MOST_PACKAGES, "more package")
        yield BriefLine("package", f"and {more}", "unsure")
    dropped = found.get("dropped")
    for path in (dropped if isinstance(dropped, list) else [])[:MOST_PACKAGES]:
        yield BriefLine("left out", one_line(f"{path} of a wheel", _LONGEST), "quiet")


_SEEN: dict[Verdict, tuple[str, Tone]] = {
    "seen": ("seen", "good"),
    "unseen": ("never seen", "unsure"),
    "unclear": ("unclear", "unsure"),
    "undeclared": ("undeclared", "bad"),
}


def _what_it_did(evidence: Iterable[EvidenceView]) -> Iterator[BriefLine]:
    """Hold what it may do against what it was seen doing: the effect ledger."""
    found = next((one for one in evidence if one.check == "effects"), None)
    ledger = effect_ledger.from_json(found.measurements.get("ledger")) if found else None
    if ledger is None:
        return
    for entry in ledger.entries[:MOST_EFFECTS]:
        label, tone = _SEEN[entry.verdict]
        said = one_line(effect_ledger.in_words(entry), _LONGEST)
        yield BriefLine(label, said, tone, one_line(entry.path), entry.line)
    more = len(ledger.entries) - MOST_EFFECTS + ledger.left_out
    if more > 0:
        yield BriefLine("more", f"and {counted(more, 'more effect')}", "unsure")
    tone: Tone = "unsure" if ledger.watched_by == "hook" else "quiet"
    yield BriefLine("watched", effect_ledger.how_watched(ledger), tone)


# --- what changed ----------------------------------------------------------------------------


def _what_changed(
    view: ProposalView,
    manifest: Manifest | None,
    base: Manifest | None,
    files: Sequence[FileChange],
) -> Iterator[BriefLine]:
    if manifest is not None and base is not None:
        yield from _changed_terms(base, manifest)
    if view.base_release is None:
        yield BriefLine("new", "nothing is served under this name yet", "quiet")
    touched = [change for change in files if change.status != "same"]
    for change in touched:
        yield BriefLine("file", _file(change), _FILE_TONES[change.status], change.path)
    if view.base_release is not None and not touched:
        yield BriefLine("files", "the same, byte for byte", "quiet")


_FILE_TONES: dict[str, Tone] = {"added": "good", "removed": "bad", "changed": "plain"}


def _file(change: FileChange) -> str:
    if change.binary:
        return f"{change.path}: {change.status}, not text: {change.old_size} → {change.new_size} B"
    return f"{change.path}: {change.status}, +{change.added} -{change.removed}"


def _changed_terms(base: Manifest, manifest: Manifest) -> Iterator[BriefLine]:
    """Name every term of the approval that is another one now, code aside."""
    found = list(terms.differing(terms.of_manifest(base), terms.of_manifest(manifest)))
    for name, old, new in found[:MOST_TERMS]:
        tone: Tone = "bad" if name == "kind" else "unsure"
        yield BriefLine(one_line(name), f"{terms.said(old)}  →  {terms.said(new)}", tone)
    if len(found) > MOST_TERMS:
        yield BriefLine("more", f"and {counted(len(found) - MOST_TERMS, 'more term')}", "unsure")


# --- what is wrong with it -------------------------------------------------------------------

_BY_SEVERITY: dict[Severity, tuple[int, Tone]] = {
    "error": (0, "bad"),
    "warning": (1, "unsure"),
    "note": (2, "quiet"),
}


def _what_is_wrong(view: ProposalView) -> Iterator[BriefLine]:
    if view.verdict == "pending":
        waits = f"; waits for {', '.join(view.awaiting)}" if view.awaiting else ""
        said = one_line(f"not there yet: it is being verified{waits}", _LONGEST)
        yield BriefLine("verdict", said, "unsure")
    elif view.verdict == "failed":
        yield BriefLine("verdict", one_line(f"failed: {view.summary}", _LONGEST), "bad")
    for found in view.evidence:
        if found.status in ("failed", "unknown"):
            tone: Tone = "bad" if found.status == "failed" else "unsure"
            said = one_line(f"{found.status}: {found.summary}", _LONGEST)
            yield BriefLine(one_line(found.check), said, tone)
    yield from _rubric_gaps(view.rubric)
    yield from _remarks(ordered_findings(view.evidence))
    for found in view.evidence:
        for blind in found.not_looked_at:
            said = one_line(f"did not look at {blind}", _LONGEST)
            yield BriefLine(one_line(found.check), said, "quiet")
    if view.verdict in ("passed", "needs_secret") and not any(
        _objects(found) for found in view.evidence
    ):
        yield BriefLine("checks", f"{counted(len(view.evidence), 'check')}, none objects", "good")


def _objects(found: EvidenceView) -> bool:
    return found.status in ("failed", "unknown") or any(
        remark.severity != "note" for remark in found.findings
    )


def _rubric_gaps(lines: Iterable[RubricLine]) -> Iterator[BriefLine]:
    for line in lines:
        if line.mark == "unmet" or (line.required and line.mark == "unknown"):
            yield _rubric_line(line)


def ordered_findings(evidence: Iterable[EvidenceView]) -> list[FindingView]:
    """List every finding, the worst first, then by place."""
    found = [remark for check in evidence for remark in check.findings]
    return sorted(found, key=lambda one: (_BY_SEVERITY[one.severity][0], one.path, one.line))


def _remarks(found: Sequence[FindingView]) -> Iterator[BriefLine]:
    loud = [remark for remark in found if remark.severity != "note"]
    for remark in loud[:MOST_FINDINGS]:
        place = f"{one_line(remark.path)}:{remark.line}: " if remark.path else ""
        words = one_line(f"{place}{remark.message or remark.category}", _LONGEST)
        tone = _BY_SEVERITY[remark.severity][1]
        yield BriefLine(remark.severity, words, tone, one_line(remark.path), remark.line)
    quiet = len(found) - len(loud)
    if len(loud) > MOST_FINDINGS:
        yield BriefLine("more", f"and {len(loud) - MOST_FINDINGS} more of these", "unsure")
    if quiet:
        yield BriefLine("notes", counted(quiet, "note"), "quiet")


# --- rubric and conversation -----------------------------------------------------------------

_MARKS: dict[Mark, Tone] = {"met": "good", "unmet": "bad", "unknown": "unsure"}


def _rubric_line(line: RubricLine) -> BriefLine:
    need = "" if line.required else " (not required)"
    tone = "quiet" if line.mark == "unknown" and not line.required else _MARKS[line.mark]
    return BriefLine(line.criterion, one_line(f"{line.mark}: {line.why}{need}", _LONGEST), tone)


def _rubric(view: ProposalView) -> Iterator[BriefLine]:
    """Write each line, the evidence that made it, and where to look at what is not well."""
    checks = {found.check: found for found in view.evidence}
    for line in view.rubric:
        yield _rubric_line(line)
        behind = [checks[name] for name in line.evidence if name in checks]
        if behind:
            said = ", ".join(f"{one_line(one.check)} {one.status}" for one in behind)
            yield BriefLine("from", one_line(said, _LONGEST), "quiet")
        for one in behind:
            yield from _way_there(one)


def _way_there(found: EvidenceView) -> Iterator[BriefLine]:
    """Lead to the worst place of a check that does not simply pass."""
    if found.status in ("passed", "skipped"):
        return
    placed = next((one for one in ordered_findings([found]) if one.path), None)
    tone: Tone = "bad" if found.status == "failed" else "unsure"
    text = one_line(f"{found.status}: {found.summary}", _LONGEST)
    if placed is None:
        yield BriefLine(one_line(found.check), text, tone)
    else:
        yield BriefLine(one_line(found.check), text, tone, one_line(placed.path), placed.line)


def _what_was_said(view: ProposalView) -> Iterator[BriefLine]:
    for call in view.drafts:
        tone: Tone = "quiet" if call.status == "succeeded" else "unsure"
        yield BriefLine("tried", one_line(in_words(call), 2000), tone)
    if view.draft_count > len(view.drafts):
        more = counted(view.draft_count - len(view.drafts), "more draft call")
        yield BriefLine("tried", more, "quiet")
    for vote in view.votes:
        sponsor = ", as sponsor" if vote.as_sponsor else ""
        revoked = ", revoked" if vote.revoked else ""
        said = f"{one_line(vote.voter)}{sponsor}{revoked}, {vote.time}"
        note = f": {one_line(vote.note, _LONGEST)}" if vote.note else ""
        yield BriefLine(vote.verdict, said + note, "quiet" if vote.revoked else "good")
    for comment in view.comments:
        where = f"{one_line(comment.path)}:{comment.line} " if comment.path else ""
        who = f"{one_line(comment.author)} ({comment.author_kind})"
        text = f"{where}{one_line(comment.text, 2000)}"
        yield BriefLine(who, text, "plain", one_line(comment.path), comment.line)
    if view.people_needed:
        more = counted(view.people_needed, "more approval")
        yield BriefLine("waits for", more, "quiet")
