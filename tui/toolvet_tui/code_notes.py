"""What stands under and beside the lines of a file: findings, threads, drafts, gaps of its tests.

All of it is a claim of somebody: a check, a person, an agent. It is cut and spelled out here. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from toolvet_reviews.review_views import Anchor, DraftRemark, ReviewState, Said, ThreadView
from toolvet_reviews.sides import shown_path
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView
from toolvet_reviews.words import one_line

NoteTone = Literal["error", "warning", "note", "survivor", "thread", "settled", "draft"]

BADGES: dict[str, str] = {
    "error": "!",
    "warning": "*",
    "note": "i",
    "survivor": "%",
    "thread": "#",
    "settled": "=",
    "draft": "~",
}
"""What stands in the gutter of a line with a note, and before the note."""
NOTE_TONES: tuple[NoteTone, ...] = (
    "settled", "note", "survivor", "draft", "warning", "thread", "error",
)  # fmt: skip
"""From the least."""

LONGEST_NOTE = 2_000
MOST_SAID = 6
"""Remarks of one thread that are written under a line; its pane has them all."""
MOST_SURVIVORS = 200
MOST_BARE = 50_000
_FOLLOWED = {
    "here": "",
    "moved": " (moved here)",
    "changed": " (the line was edited)",
    "lost": " (its line is gone)",
}


@dataclass(frozen=True)
class LineNote:
    """Something said about a line."""

    line: int
    """From 1, in the text after; 0 when it is about the file."""
    tone: NoteTone
    text: str
    """May have several lines; spelled out already."""
    thread: str = ""
    draft: str = ""
    anchor: Anchor | None = None
    """What an answer to it is about, when it is no thread."""


@dataclass(frozen=True)
class Beside:
    """Everything that stands beside the files of one revision, by path."""

    notes: Mapping[str, tuple[LineNote, ...]] = field(
        default_factory=dict[str, "tuple[LineNote, ...]"]
    )
    bare: Mapping[str, frozenset[int]] = field(default_factory=dict[str, "frozenset[int]"])
    """Lines that no test ran."""

    def on(self, path: str) -> tuple[LineNote, ...]:
        """Give the notes on one file, in the order they were written down."""
        return self.notes.get(path, ())


def beside(
    evidence: Sequence[EvidenceView],
    state: ReviewState | None = None,
    drafts: Iterable[DraftRemark] = (),
) -> Beside:
    """Gather what is said about lines.

    Args:
        evidence: As a reviewer sees it.
        state: Threads; None while they are not known.
        drafts: Of the person at the screen.
    """
    found: dict[str, list[LineNote]] = {}
    for check in evidence:
        for one in check.findings:
            if one.path:
                found.setdefault(shown_path(one.path), []).append(_finding(one))
    strength = next((one for one in evidence if one.check == "strength"), None)
    said = strength.measurements if strength else JsonObject()
    for path, note in _survivors(said):
        found.setdefault(path, []).append(note)
    places = _of_findings(evidence)
    for thread in state.threads if state else ():
        place = places.get(thread.place.name, thread.place)
        if place.path:
            found.setdefault(shown_path(place.path), []).append(_thread(thread, place.line))
    for draft in drafts:
        place = places.get(draft.anchor.name, draft.anchor)
        if place.path and draft.thread is None:
            found.setdefault(shown_path(place.path), []).append(_draft(draft, place.line))
    return Beside({path: tuple(notes) for path, notes in found.items()}, _bare(said))


def _of_findings(evidence: Sequence[EvidenceView]) -> dict[str, Anchor]:
    """Tell where findings are, by the name that threads about them have."""
    return {
        one.fingerprint: Anchor("line", one.path, one.line, one.end_line)
        for check in evidence
        for one in check.findings
        if one.fingerprint and one.path
    }


def finding_notes(findings: Iterable[FindingView]) -> dict[str, tuple[LineNote, ...]]:
    """Write findings as notes, by path."""
    found: dict[str, list[LineNote]] = {}
    for one in findings:
        found.setdefault(shown_path(one.path), []).append(_finding(one))
    return {path: tuple(notes) for path, notes in found.items()}


def said_in_short(said: Said) -> str:
    """Write one remark with who says it; who is a machine is always said."""
    who = one_line(said.author, 80)
    kind = "" if said.author_kind == "human" else f" ({one_line(said.author_kind, 20)})"
    act = {
        "answer": "answers: ",
        "resolve": "resolved: ",
        "reopen": "reopened: ",
        "flag": "flags: ",
    }
    words = f"{act.get(said.kind, '')}{one_line(said.text, LONGEST_NOTE)}".rstrip(": ")
    edit = "  [suggests an edit]" if said.suggestion is not None else ""
    return f"{who}{kind}: {words}{edit}"


def _finding(found: FindingView) -> LineNote:
    rule = one_line(found.rule or found.category)
    fix = f"  Fix: {one_line(found.fix, LONGEST_NOTE)}" if found.fix else ""
    text = f"{found.severity}: {one_line(found.message, LONGEST_NOTE)} [{rule}]{fix}"
    anchor = Anchor("finding", found.path, found.line, found.end_line, found.fingerprint)
    return LineNote(found.line, found.severity, text, anchor=anchor if found.fingerprint else None)


def _thread(thread: ThreadView, line: int) -> LineNote:
    is_open = not thread.resolved
    head = "thread" if is_open else "resolved"
    blocks = ", blocks" if is_open and thread.blocking else ""
    said = list(thread.said)
    more = len(said) - MOST_SAID
    if more > 0:
        said = [said[0], *said[-MOST_SAID + 1 :]]
    lines = [said_in_short(one) for one in said]
    if more > 0:
        lines.insert(1, f"… {more} more")
    if not is_open:
        lines = lines[-1:]
    text = f"{head}{blocks}{_FOLLOWED[thread.followed]}: " + "\n".join(lines)
    return LineNote(
        line if thread.followed != "lost" else 0,
        "thread" if is_open else "settled",
        text,
        thread=thread.id,
    )


def _draft(draft: DraftRemark, line: int) -> LineNote:
    words = one_line(draft.text, LONGEST_NOTE) or "(suggests an edit)"
    blocks = ", blocks" if draft.blocking else ""
    text = f"your draft{blocks}, nobody else sees it: {words}"
    return LineNote(line, "draft", text, draft=draft.id)


def _survivors(said: JsonObject) -> Iterator[tuple[str, LineNote]]:
    found = said.get("survivors")
    for one in (found if isinstance(found, list) else [])[:MOST_SURVIVORS]:
        if not isinstance(one, dict):
            continue
        path, line, label = one.get("path"), one.get("line"), one.get("label")
        if isinstance(path, str) and type(line) is int and line >= 0:
            words = one_line(label if isinstance(label, str) else "a fault", 300)
            text = f"no test notices this fault: {words}"
            yield shown_path(path), LineNote(line, "survivor", text)


def _bare(said: JsonObject) -> dict[str, frozenset[int]]:
    found = said.get("uncovered")
    bare: dict[str, frozenset[int]] = {}
    for path, lines in found.items() if isinstance(found, dict) else ():
        bare[shown_path(path)] = frozenset(_numbers(lines))
    return bare


def _numbers(lines: Json) -> Iterator[int]:
    for number in (lines if isinstance(lines, list) else [])[:MOST_BARE]:
        if type(number) is int and number > 0:
            yield number
