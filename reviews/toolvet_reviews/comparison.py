"""Two revisions beside each other, everything but their bytes: terms, findings, tests, effects. Pure.

A finding keeps its name when lines move (its fingerprint), a test its path and name, an effect its
area and name; what has the same name on both sides and another place has moved, and what says
something else has changed. What is equal is left out.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Literal, NamedTuple

from toolvet_reviews import canonical, digests, effect_ledger, terms
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.review_views import ChangeSign, ThingChanged
from toolvet_reviews.values import Digest, Json, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView, RubricLine
from toolvet_reviews.words import counted, one_line

MOST = 400
"""Things of one area that are told; the rest is counted in one line more."""
_LONGEST = 400

_END_OF_NAME = re.compile(r"[ \[]")
"""What follows a test's name in a remark: words, or the parameters of a run."""

Area = Literal["spec", "definition", "finding", "test", "effect", "rubric", "check"]
Thing = tuple[str, str]
"""Kind and name of a mark, as `SeenMark` has them."""


@dataclass(frozen=True)
class Side:
    """One revision, as far as the caller may know it."""

    spec: JsonObject = field(default_factory=dict[str, Json])
    """`tool.toml` as JSON; empty when it cannot be read."""
    manifest: Manifest | None = None
    """None when nothing could be approved: verification is under way, or failed early."""
    evidence: tuple[EvidenceView, ...] = ()
    rubric: tuple[RubricLine, ...] = ()
    tests: tuple[str, ...] = ()
    """Names of the tests that are written in its files, `path::name`."""


NOTHING = Side()
"""What a new tool starts from."""


def things(old: Side, new: Side, seen: Collection[Thing] = ()) -> tuple[ThingChanged, ...]:
    """Tell everything that differs, area by area.

    Args:
        old: What it starts from.
        new: What is looked at.
        seen: What the caller has seen as it is on the new side.
    """
    areas = (
        _terms("spec", old.spec, new.spec),
        _definition(old, new),
        _findings(old.evidence, new.evidence, seen),
        _tests(old, new),
        _effects(old.evidence, new.evidence),
        _rubric(old.rubric, new.rubric),
        _checks(old.evidence, new.evidence, seen),
    )
    return tuple(_noted(one, seen) for area in areas for one in _capped(area))


def as_seen(base: Side, then: Mapping[Thing, Side]) -> Side:
    """Put together what somebody saw last, each thing as it was then; the rest is the base's.

    Args:
        base: What is published.
        then: The side on which each thing was seen.
    """
    checks = {one.check: one for one in base.evidence}
    for (kind, name), side in then.items():
        check = name if kind == "evidence" else kind
        found = next((one for one in side.evidence if one.check == check), None)
        if found is not None:
            checks[check] = found
    spec, definition = then.get(("spec", ""), base), then.get(("definition", ""), base)
    tests = then.get(("tests", ""), then.get(("evidence", "tests"), base))
    return Side(
        spec=spec.spec,
        manifest=definition.manifest,
        evidence=tuple(checks.values()),
        rubric=then.get(("rubric", ""), base).rubric,
        tests=tests.tests,
    )


def definition_digest(manifest: Manifest) -> Digest:
    """Digest the terms that people approve, code aside: equal for two releases that differ in code."""
    return digests.sha256(canonical.dumps(terms.of_manifest(manifest)))


def rubric_digest(lines: Sequence[RubricLine]) -> Digest:
    """Digest what a rubric says, its marks and its words."""
    said: Json = [[one.criterion, one.mark, one.required, one.why] for one in lines]
    return digests.sha256(canonical.dumps(said))


_KINDS: Mapping[str, Thing] = {
    "spec": ("spec", ""),
    "definition": ("definition", ""),
    "test": ("tests", ""),
    "effect": ("effects", ""),
    "rubric": ("rubric", ""),
}
_ALSO: Mapping[Thing, Thing] = {
    ("tests", ""): ("evidence", "tests"),
    ("effects", ""): ("evidence", "effects"),
}
"""Whoever has seen the evidence of a check has seen what is written from it."""


def _noted(one: ThingChanged, seen: Collection[Thing]) -> ThingChanged:
    kind = _KINDS.get(one.area)
    if kind is None or not (kind in seen or _ALSO.get(kind) in seen):
        return one
    return _seen(one)


def _seen(one: ThingChanged) -> ThingChanged:
    return replace(one, unseen=False)


def _capped(area: Iterable[ThingChanged]) -> Iterator[ThingChanged]:
    found = list(area)
    yield from found[:MOST]
    if len(found) > MOST:
        said = f"and {counted(len(found) - MOST, 'more change')}"
        yield ThingChanged(found[0].area, said, "changed")


# --- terms -----------------------------------------------------------------------------------


def _terms(area: Area, old: Json, new: Json) -> Iterator[ThingChanged]:
    for term in terms.differing(old, new, items=True):
        sign: ChangeSign = "new" if term.old is None else "gone" if term.new is None else "changed"
        yield ThingChanged(
            area,
            one_line(term.name),
            sign,
            "" if sign == "new" else terms.said(term.old),
            "" if sign == "gone" else terms.said(term.new),
        )


def _definition(old: Side, new: Side) -> Iterator[ThingChanged]:
    before, after = old.manifest, new.manifest
    if after is None:
        if before is not None:
            said = "not known: its verification has not come that far"
            yield ThingChanged("definition", "definition", "changed", "as approved", said)
        return
    yield from _terms(
        "definition", {} if before is None else terms.of_manifest(before), terms.of_manifest(after)
    )


# --- findings and checks ---------------------------------------------------------------------


class _Found(NamedTuple):
    check: str
    finding: FindingView


def _findings(
    old: Sequence[EvidenceView], new: Sequence[EvidenceView], seen: Collection[Thing]
) -> Iterator[ThingChanged]:
    before, after = _by_name(old), _by_name(new)
    for name in (*after, *(one for one in before if one not in after)):
        for one, other in _paired(before.get(name, []), after.get(name, [])):
            told = _finding(one, other)
            if told is None:
                continue
            check = (other or one or _NO_ONE).check
            yield _seen(told) if ("evidence", check) in seen else told


def _by_name(evidence: Sequence[EvidenceView]) -> dict[str, list[_Found]]:
    """Gather findings by what they keep when lines move; held-back ones have no fingerprint."""
    found: dict[str, list[_Found]] = {}
    for check in evidence:
        for one in check.findings:
            name = one.fingerprint or "\0".join((one.rule, one.category, one.path, one.message))
            found.setdefault(name, []).append(_Found(check.check, one))
    return found


def _paired(
    old: Sequence[_Found], new: Sequence[_Found]
) -> Iterator[tuple[_Found | None, _Found | None]]:
    """Pair findings of one name: those at the same place first, the rest in order."""
    places = {_place(one.finding) for one in old} & {_place(one.finding) for one in new}
    for place in sorted(places):
        yield from zip_longest(
            [one for one in old if _place(one.finding) == place],
            [one for one in new if _place(one.finding) == place],
        )
    yield from zip_longest(
        [one for one in old if _place(one.finding) not in places],
        [one for one in new if _place(one.finding) not in places],
    )


def _place(finding: FindingView) -> tuple[str, int]:
    return finding.path, finding.line


def _finding(old: _Found | None, new: _Found | None) -> ThingChanged | None:
    before, after = old.finding if old else None, new.finding if new else None
    shown = after or before
    if shown is None:
        return None
    sign: ChangeSign = "new" if before is None else "gone" if after is None else "same"
    if before is not None and after is not None:
        if _gist(before) != _gist(after):
            sign = "changed"
        elif _place(before) != _place(after):
            sign = "moved"
        if sign == "same":
            return None
    return ThingChanged(
        "finding",
        one_line(shown.rule or shown.category),
        sign,
        "" if before is None else _said(before),
        "" if after is None else _said(after),
        shown.severity,
        one_line(shown.path),
        shown.line,
    )


def _gist(finding: FindingView) -> tuple[str, str]:
    return finding.severity, finding.message


def _said(finding: FindingView) -> str:
    line = f":{finding.line}" if finding.line else ""
    where = f"{finding.path}{line}: " if finding.path else ""
    return one_line(f"{where}{finding.message or finding.category}", _LONGEST)


_NO_ONE = _Found("", FindingView("", "note", "", ""))


def _checks(
    old: Sequence[EvidenceView], new: Sequence[EvidenceView], seen: Collection[Thing]
) -> Iterator[ThingChanged]:
    before = {one.check: one for one in old}
    after = {one.check: one for one in new}
    for name in (*after, *(one for one in before if one not in after)):
        one, other = _status(before.get(name)), _status(after.get(name))
        told = None if _gist_of(one) == _gist_of(other) else _change("check", name, one, other)
        if told is not None:
            yield _seen(told) if ("evidence", name) in seen else told


def _status(evidence: EvidenceView | None) -> str | None:
    if evidence is None:
        return None
    said = f": {evidence.summary}" if evidence.summary else ""
    return one_line(evidence.status + said, _LONGEST)


def _gist_of(status: str | None) -> str | None:
    """Give what a check says without its figures: times and counts are others in every run."""
    return None if status is None else _FIGURES.sub("#", status)


_FIGURES = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


# --- tests, effects, rubric ------------------------------------------------------------------


def _tests(old: Side, new: Side) -> Iterator[ThingChanged]:
    before, after = _ends(old), _ends(new)
    for name in (*after, *(one for one in before if one not in after)):
        told = _change("test", name, before.get(name), after.get(name), name.partition("::")[0])
        if told is not None:
            yield told


def _ends(side: Side) -> dict[str, str]:
    """Say of each written test how it ended: what no remark is about has passed, if the check did."""
    check = next((one for one in side.evidence if one.check == "tests"), None)
    is_known = check is not None and check.status in ("passed", "failed", "warned")
    ends = dict.fromkeys(side.tests, "passed" if is_known else "not run")
    for finding in check.findings if check else ():
        path, _, said = finding.message.partition("::")
        name = f"{path}::{_END_OF_NAME.split(said, 1)[0]}"
        if name in ends:
            ends[name] = finding.rule.removeprefix("tests.").replace("-", " ")
    return ends


def _effects(old: Sequence[EvidenceView], new: Sequence[EvidenceView]) -> Iterator[ThingChanged]:
    before, after = _ledger(old), _ledger(new)
    for key in (*after, *(one for one in before if one not in after)):
        one, other = before.get(key), after.get(key)
        shown = other or one
        if shown is None or (one is not None and other is not None and _way(one) == _way(other)):
            continue
        told = _change(
            "effect", " ".join(key), _effect(one), _effect(other), shown.path, shown.line
        )
        if told is not None:
            yield told


def _ledger(evidence: Sequence[EvidenceView]) -> dict[tuple[str, str], effect_ledger.Entry]:
    said = next(
        (one.measurements.get("ledger") for one in evidence if one.check == "effects"), None
    )
    ledger = effect_ledger.from_json(said)
    return {(one.area, one.name): one for one in ledger.entries} if ledger else {}


def _way(entry: effect_ledger.Entry) -> tuple[str, tuple[str, ...], bool]:
    """Give what an effect comes to; how often it was seen is chance."""
    return entry.verdict, tuple(sorted(entry.ways)), bool(entry.refused)


def _effect(entry: effect_ledger.Entry | None) -> str | None:
    if entry is None:
        return None
    return one_line(f"{entry.verdict}: {effect_ledger.in_words(entry, place=False)}", _LONGEST)


def _rubric(old: Sequence[RubricLine], new: Sequence[RubricLine]) -> Iterator[ThingChanged]:
    before, after = ({one.criterion: _mark(one) for one in lines} for lines in (old, new))
    for name in (*after, *(one for one in before if one not in after)):
        told = _change("rubric", name, before.get(name), after.get(name))
        if told is not None:
            yield told


def _mark(line: RubricLine) -> str:
    need = "" if line.required else " (not required)"
    return one_line(f"{line.mark}: {line.why}{need}", _LONGEST)


def _change(
    area: Area, name: str, old: str | None, new: str | None, path: str = "", line: int = 0
) -> ThingChanged | None:
    if old == new:
        return None
    sign: ChangeSign = "new" if old is None else "gone" if new is None else "changed"
    return ThingChanged(
        area,
        one_line(name),
        sign,
        old or "",
        new or "",
        path=one_line(path),
        line=line,
    )
