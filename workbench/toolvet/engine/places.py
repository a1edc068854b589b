"""Where the places of a proposal's threads are in one of its revisions, from stored bytes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from toolvet.engine import bundles, stored
from toolvet.storage import View
from toolvet.storage.review_rows import ThreadRow
from toolvet.storage.rows import ProposalRow, RevisionRow
from toolvet_reviews import anchors, effect_ledger, evidence_views, toml
from toolvet_reviews.anchors import AnchorError, Place
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.review_views import Anchor
from toolvet_reviews.values import Digest, Json
from toolvet_reviews.words import visible

_TEST = re.compile(rb"^\s*(?:async\s+)?def\s+(test\w*)\s*\(", re.MULTILINE)
_SPEC = "tool.toml"
_MOST_NAMES = 10_000


class Found(NamedTuple):
    """A thread's place as somebody may see it."""

    anchor: Anchor
    """As it was opened."""
    place: Place
    quote: str


class Places:
    """Finds the places of threads in one revision; use it inside its transaction only.

    Args:
        shown: The revision that is looked at.
        told: For somebody who knows only what an author may know.
    """

    def __init__(self, view: View, row: ProposalRow, shown: RevisionRow, *, told: bool) -> None:
        self._view = view
        self._row = row
        self._told = told
        self._shown = shown.number
        self._revisions: dict[int, _Revision] = {}

    @cached_property
    def _digests(self) -> dict[int, str]:
        listed = self._view.proposals.revisions(self._row.number)
        return {revision.number: revision.digest for revision in listed}

    def of(self, thread: ThreadRow) -> Found:
        """Find where a thread's place is."""
        anchor = anchor_of(thread)
        then, now = self._of(thread.revision), self._of(self._shown)
        if anchor.kind in ("file", "line"):
            old = then.file(anchor.path)
            place = anchors.place_of(anchor, old, now.file(anchor.path))
            return Found(anchor, place, anchors.quote(anchor, old))
        if anchor.kind == "finding":
            return _finding(anchor, then, now)
        if anchor.kind in ("test", "effect", "field"):
            was, known = then.names(anchor.kind), now.names(anchor.kind)
            return Found(anchor, anchors.named_place(anchor, was, known), "")
        return Found(anchor, Place(anchor, "here"), "")

    def _of(self, number: int) -> "_Revision":
        if number not in self._revisions:
            digest = Digest(self._digests[number])
            self._revisions[number] = _Revision(
                self._view, self._row.number, number, digest, told=self._told
            )
        return self._revisions[number]


def anchor_of(thread: ThreadRow) -> Anchor:
    """Give what a thread is about, in the revision it was opened on."""
    return Anchor(thread.kind, thread.path, thread.line, thread.end_line, thread.name)


def findings_of(evidence: Sequence[Evidence], *, told: bool) -> Mapping[str, Finding]:
    """List findings by fingerprint.

    Args:
        told: Leave out those of which an author may not know what they are.
    """
    shown = [evidence_views.told(one) for one in evidence] if told else evidence
    return {
        finding.fingerprint: finding
        for one in shown
        for finding in one.findings
        if not (told and finding.hidden)
    }


class _Revision:
    """What one revision holds, read when it is asked for."""

    def __init__(
        self, view: View, proposal: int, number: int, digest: Digest, *, told: bool
    ) -> None:
        self._view = view
        self._proposal = proposal
        self._number = number
        self._digest = digest
        self._is_told = told
        self._files: dict[str, bytes | None] = {}

    @cached_property
    def _tree(self) -> dict[str, Digest]:
        return bundles.tree(self._view, self._digest)

    def file(self, path: str) -> bytes | None:
        """Read a file; None when there is none."""
        if path not in self._files:
            digest = self._tree.get(path)
            self._files[path] = None if digest is None else self._view.blob(digest)
        return self._files[path]

    @cached_property
    def _evidence(self) -> list[Evidence]:
        loaded = stored.load_evidence(self._view, self._proposal, self._number)
        return [found for found, _ in loaded]

    @cached_property
    def findings(self) -> Mapping[str, Finding]:
        """Findings by fingerprint, all there are."""
        return findings_of(self._evidence, told=False)

    @cached_property
    def known(self) -> Mapping[str, Finding]:
        """Findings by fingerprint that may be shown."""
        return findings_of(self._evidence, told=self._is_told)

    def names(self, kind: str) -> frozenset[str]:
        """Name the tests, effects or fields there are, each in every way it is called."""
        found = {"test": self._tests, "effect": self._effects, "field": self._fields}[kind]()
        return frozenset(name for _, name in zip(range(_MOST_NAMES), found, strict=False))

    def _tests(self) -> Iterator[str]:
        for path in self._tree:
            if path.startswith("tests/") and path.endswith(".py"):
                for match in _TEST.finditer(self.file(path) or b""):
                    name = match[1].decode("ascii", "replace")
                    yield from (name, f"{path}::{name}")

    def _effects(self) -> Iterator[str]:
        for evidence in self._evidence:
            if evidence.check != "effects":
                continue
            ledger = effect_ledger.from_json(evidence.measurements.get("ledger"))
            for one in ledger.entries if ledger else ():
                yield from (one.name, f"{one.area} {one.name}", f"{one.area}: {one.name}")

    def _fields(self) -> Iterator[str]:
        text = anchors.text_of(self.file(_SPEC))
        if text is None:
            return
        try:
            yield from _dotted(toml.loads(text, AnchorError))
        except AnchorError:
            return  # an older version took what this one does not: nothing of it has a name


def _finding(anchor: Anchor, then: _Revision, now: _Revision) -> Found:
    was = then.known.get(anchor.name)
    place = anchors.named_place(anchor, then.findings, now.findings)
    if was is None:
        return _withheld(anchor, place, then)
    found = now.known.get(anchor.name)
    at = _at(anchor, found) if found is not None else anchor
    followed = "moved" if found is not None and found.line != was.line else place.followed
    return Found(_at(anchor, was), Place(at, followed), visible(was.snippet or was.message))


def _withheld(anchor: Anchor, place: Place, then: _Revision) -> Found:
    """Say where it hurts and not what found it: the fingerprint would give a rule's name away."""
    found = then.findings.get(anchor.name)
    shown = (
        Anchor("finding", found.path, found.line, found.end_line) if found else Anchor("finding")
    )
    return Found(shown, Place(shown, place.followed), "")


def _at(anchor: Anchor, finding: Finding) -> Anchor:
    last = max(finding.line, finding.end_line)
    return Anchor("finding", finding.path, finding.line, last, anchor.name)


def _dotted(value: Json, name: str = "") -> Iterator[str]:
    if name:
        yield name
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _dotted(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _dotted(inner, f"{name}[{index}]")
