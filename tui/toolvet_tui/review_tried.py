"""The pages of what was run: tests and everything else that was tried, and what it was seen doing."""

from collections.abc import Iterator

from toolvet_reviews import effect_ledger
from toolvet_reviews.brief import Tone, ordered_findings
from toolvet_reviews.brief_evidence import measured
from toolvet_reviews.effect_ledger import Verdict
from toolvet_reviews.review_views import Anchor, CaseView
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView
from toolvet_reviews.words import counted, kind_in_words, may_do, one_line
from toolvet_tui.pages import STATUS_TONES, about_finding, draft_calls
from toolvet_tui.paper import Block
from toolvet_tui.plain import in_json
from toolvet_tui.review_reading import Reading
from toolvet_tui.review_terms import changed

TRIED = (
    "tests", "examples", "held_out", "strength", "properties", "hostile", "idempotency",
    "behaviour", "observability", "rollback", "cost",
)  # fmt: skip
"""Checks that run the tool, in the order they are read."""
MOST_FINDINGS = 50
MOST_TESTS = 300
_LONGEST = 600
_SEEN: dict[Verdict, tuple[str, Tone]] = {
    "undeclared": ("undeclared", "bad"),
    "unclear": ("unclear", "unsure"),
    "unseen": ("never seen", "unsure"),
    "seen": ("seen", "good"),
}


def tests(reading: Reading) -> list[Block]:
    """Write the page of what was tried."""
    checks = {one.check: one for one in reading.view.evidence}
    blocks = changed(reading.things("test"), reading.against)
    for name in TRIED:
        if name in checks:
            blocks += _check(checks[name])
    if not blocks:
        nothing = "nothing was run yet"
        blocks += [Block("Tests", is_heading=True), Block(nothing, tone="quiet")]
    blocks += _written(checks.get("intake"))
    blocks += _cases(reading.state.cases if reading.state else ())
    return [*blocks, *draft_calls(reading.view)]


def effects(reading: Reading) -> list[Block]:
    """Write the page of effects: what it was seen doing beside what it says it may."""
    blocks = changed(reading.things("effect"), reading.against)
    found = next((one for one in reading.view.evidence if one.check == "effects"), None)
    ledger = effect_ledger.from_json(found.measurements.get("ledger")) if found else None
    blocks.append(Block("Seen while it ran", is_heading=True))
    if ledger is None:
        blocks.append(Block("nothing that ran was watched", tone="unsure"))
    else:
        for entry in ledger.entries:
            label, tone = _SEEN[entry.verdict]
            said = one_line(effect_ledger.in_words(entry), _LONGEST)
            blocks.append(
                Block(
                    said, label, tone, one_line(entry.path), entry.line,
                    about=Anchor("effect", name=f"{entry.area}:{entry.name}"),
                    wanted=entry.verdict == "undeclared",
                )
            )  # fmt: skip
        if not ledger.entries:
            blocks.append(Block("no effects", tone="good"))
        if ledger.left_out:
            blocks.append(Block(f"and {counted(ledger.left_out, 'more effect')}", tone="unsure"))
        blocks.append(Block(effect_ledger.how_watched(ledger), "watched", "quiet"))
    if found is not None:
        blocks += [Block(f"did not look at {one_line(blind)}", "", "unsure")
                   for blind in found.not_looked_at]  # fmt: skip
    return [*blocks, *_may(reading)]


def _may(reading: Reading) -> Iterator[Block]:
    shown = reading.review.shown
    yield Block("Declared", is_heading=True)
    yield Block(kind_in_words(reading.view.kind), "kind")
    if shown is not None:
        for said in may_do(shown.manifest.effects):
            yield Block(said, "may")


def _check(found: EvidenceView) -> Iterator[Block]:
    tone = STATUS_TONES.get(found.status, "unsure")
    name = one_line(found.check)
    yield Block(f"{name}  {found.status}", is_heading=True)
    yield Block(one_line(found.summary, _LONGEST), "", tone)
    for line in measured(found):
        yield Block(line.text, line.label, line.tone, line.path, line.line)
    remarks = ordered_findings([found])
    for one in remarks[:MOST_FINDINGS]:
        yield _remark(one)
    if len(remarks) > MOST_FINDINGS:
        yield Block(f"and {len(remarks) - MOST_FINDINGS} more", tone="unsure")
    for blind in found.not_looked_at:
        yield Block(one_line(f"did not look at {blind}", _LONGEST), "", "unsure")


def _remark(found: FindingView) -> Block:
    tones: dict[str, Tone] = {"error": "bad", "warning": "unsure", "note": "quiet"}
    text = one_line(found.message or found.category, _LONGEST)
    return Block(
        text, found.severity, tones[found.severity], one_line(found.path), found.line,
        about=about_finding(found),
        wanted=found.severity != "note" and not found.path,
    )  # fmt: skip


def _written(intake: EvidenceView | None) -> Iterator[Block]:
    """Name the tests that were found in the bundle, each a place to say something about."""
    by_path = intake.measurements.get("tests") if intake else None
    names = [*_names(by_path)]
    if names:
        yield Block(f"Written tests  ({len(names)})", is_heading=True)
    for path, name in names[:MOST_TESTS]:
        about = Anchor("test", path, name=f"{path}::{name}")
        yield Block(f"{one_line(path)}::{one_line(name)}", "", "quiet", one_line(path), about=about)
    if len(names) > MOST_TESTS:
        yield Block(f"and {len(names) - MOST_TESTS} more", tone="unsure")


def _names(by_path: Json) -> Iterator[tuple[str, str]]:
    for path, found in (by_path if isinstance(by_path, dict) else JsonObject()).items():
        for name in found if isinstance(found, list) else []:
            if isinstance(name, str):
                yield path, name


def _cases(cases: tuple[CaseView, ...]) -> Iterator[Block]:
    if cases:
        yield Block(f"Kept cases  ({len(cases)})", is_heading=True)
    for one in cases:
        head = f"{one_line(one.name)}, kept by {one_line(one.by)}, {one.at}"
        yield Block(head, "case", about=Anchor("test", name=one.id))
        yield Block(one_line(in_json(one.arguments), _LONGEST), "with", "quiet")
        end = f"fails with {one_line(one.code)}" if one.code else in_json(one.expected)
        yield Block(one_line(end, _LONGEST), "must give", "quiet")
        if one.note:
            yield Block(one_line(one.note, _LONGEST), "note", "quiet")
