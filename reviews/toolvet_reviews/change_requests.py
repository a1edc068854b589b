"""What an author is asked to settle, as data that a program can act on; and edits put in place. Pure.

A request says where, what, and what would settle it. Its id is the thread's, or `criterion:NAME`,
`case:ID`, `objection:PERSON`, `similar:TOOL`; an author answers by id in its next revision.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from toolvet_reviews import anchors
from toolvet_reviews.anchors import AnchorError
from toolvet_reviews.bundle import Files
from toolvet_reviews.review_views import (
    Anchor,
    CaseView,
    ChangeRequest,
    ObjectionView,
    Said,
    ThreadView,
)
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import FindingView, RubricLine
from toolvet_reviews.words import counted, flat, one_line

LONGEST = 20_000
"""Characters of one request's words."""
MOST_CAUSES = 5
"""Findings that are named as what would settle a rubric line."""
KEPT_CASE = "kept-case"
"""Category of what the checks find about cases that reviewers kept."""

Answers = Mapping[Anchor, str]
"""What an author said last about a place in threads that it opened to answer."""

_TALK = frozenset({"remark", "flag", "answer"})


@dataclass(frozen=True)
class Similar:
    """A tool that people want extended instead."""

    tool: str
    """As advertised."""
    words: str


class Edit(NamedTuple):
    """Lines to stand in place of others."""

    anchor: Anchor
    text: str


def of_threads(threads: Iterable[ThreadView], author: str) -> tuple[ChangeRequest, ...]:
    """Ask for what open threads ask for; those the author opened ask nothing of it.

    Args:
        threads: At their places in the newest revision.
        author: Principal id.
    """
    return tuple(
        _of_thread(thread, author)
        for thread in threads
        if not thread.resolved and thread.said and thread.said[0].author_id != author
    )


def of_rubric(
    lines: Iterable[RubricLine],
    causes: Mapping[str, Sequence[FindingView]],
    answers: Answers,
) -> tuple[ChangeRequest, ...]:
    """Ask for every required line that is not met.

    Args:
        lines: As the one who asks may read them.
        causes: Findings by check, as the one who asks may read them.
        answers: The author's last words, by place.
    """
    return tuple(
        _of_line(line, causes, answers) for line in lines if line.required and line.mark != "met"
    )


def of_cases(
    cases: Iterable[CaseView], failed: Mapping[str, str], answers: Answers
) -> tuple[ChangeRequest, ...]:
    """Ask for every kept case that does not give what it must.

    Args:
        cases: Of the proposal.
        failed: What happened instead, by id of the case.
        answers: The author's last words, by place.
    """
    return tuple(
        _of_case(case, failed[case.id], answers.get(Anchor("test", name=case.name), ""))
        for case in cases
        if case.id in failed
    )


def of_objections(
    objections: Iterable[ObjectionView], answers: Answers
) -> tuple[ChangeRequest, ...]:
    """Ask for what standing words against ask for."""
    return tuple(
        ChangeRequest(
            id=(name := f"objection:{one.person_id}"),
            kind="objection",
            category="objection",
            place=Anchor(),
            words=one.note,
            satisfied_by=f"{one_line(one.person)} lifts the objection, or approves a revision.",
            blocking=True,
            answer=answers.get(place_of_answer(name), ""),
        )
        for one in objections
        if one.lifted_at is None
    )


def of_similar(similar: Similar, answers: Answers) -> ChangeRequest:
    """Ask to extend what is there already."""
    name = f"similar:{similar.tool}"
    return ChangeRequest(
        id=name,
        kind="similar",
        category="similar",
        place=Anchor(),
        words=similar.words,
        satisfied_by=f"A revision of {one_line(similar.tool)} that does this too, submitted anew.",
        blocking=True,
        answer=answers.get(place_of_answer(name), ""),
    )


def wrong_of(case: CaseView, message: str) -> str | None:
    """Read what came of a kept case from the finding that says so; None when it is another's."""
    begins = f"The reviewer's case {one_line(case.name, 160)!r}: "
    return message.removeprefix(begins).rstrip(".") if message.startswith(begins) else None


def place_of_answer(request: str) -> Anchor:
    """Say where an answer to something about the whole proposal is kept."""
    return Anchor(name=request)


def apply_suggestion(files: Files, anchor: Anchor, suggestion: str) -> dict[str, bytes]:
    """Put suggested lines in place of those an anchor names.

    Args:
        files: Of a revision in which the anchor's lines are.
        anchor: Of kind `line`.
        suggestion: Lines; empty takes them away. Line ends become those of the lines replaced.

    Raises:
        AnchorError: There are no such lines.
    """
    anchors.check_there(anchor, files.get(anchor.path))
    if anchor.kind != "line":
        raise AnchorError("an edit is suggested for lines", place=anchor.kind)
    lines = _with_ends(files[anchor.path].decode("utf-8"))
    before, after = lines[: anchor.line - 1], lines[anchor.end_line :]
    last = _end_of(lines[anchor.end_line - 1])
    end = last or _end_of(lines[0]) or "\n"
    put = [f"{line}{end}" for line in _without_ends(suggestion)]
    if put and not last:
        put[-1] = put[-1].removesuffix(end)
    changed = "".join((*before, *put, *after))
    return {**files, anchor.path: changed.encode("utf-8", "surrogatepass")}


def apply_suggestions(files: Files, edits: Iterable[Edit]) -> dict[str, bytes]:
    """Put several edits in place, each at its place in `files`.

    Of two that overlap the first is taken: what the second is about is not there any more.

    Raises:
        AnchorError: Lines of one are not there.
    """
    taken: list[Edit] = []
    for edit in edits:
        if not any(_overlap(edit.anchor, other.anchor) for other in taken):
            taken.append(edit)
    changed = dict(files)
    for edit in sorted(taken, key=lambda one: (one.anchor.path, -one.anchor.line)):
        changed = apply_suggestion(changed, edit.anchor, edit.text)
    return changed


def _overlap(one: Anchor, other: Anchor) -> bool:
    is_same = one.path == other.path
    return is_same and one.line <= other.end_line and other.line <= one.end_line


def _with_ends(text: str) -> list[str]:
    """Split at line feeds only, as line numbers are counted everywhere."""
    *lines, last = text.split("\n")
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]


def _without_ends(text: str) -> list[str]:
    plain = text.replace("\r\n", "\n")
    return plain.removesuffix("\n").split("\n") if plain else []


def _end_of(line: str) -> str:
    if line.endswith("\r\n"):
        return "\r\n"
    return "\n" if line.endswith("\n") else ""


def _of_thread(thread: ThreadView, author: str) -> ChangeRequest:
    asked = [one for one in thread.said if one.author_id != author and one.kind in _TALK]
    answers = [one.text for one in thread.said if one.author_id == author and one.kind in _TALK]
    suggested = next(
        (one.suggestion for one in reversed(asked) if one.suggestion is not None), None
    )
    fits = thread.place.kind == "line" and thread.followed in ("here", "moved")
    suggestion = suggested if fits else None
    return ChangeRequest(
        id=thread.id,
        kind="thread",
        category=_category(thread, suggestion),
        place=thread.place,
        words=_words(thread, asked, suggested if suggestion is None else None),
        satisfied_by=_settled_by(thread, suggestion),
        blocking=thread.blocking,
        suggestion=suggestion,
        answer=answers[-1] if answers else "",
    )


def _category(thread: ThreadView, suggestion: str | None) -> str:
    if suggestion is not None:
        return "suggested_edit"
    if thread.anchor.kind == "criterion":
        return thread.anchor.name
    return "flag" if thread.said[0].kind == "flag" else "remark"


def _words(thread: ThreadView, asked: Sequence[Said], outdated: str | None) -> str:
    """Join what was asked; what it was asked about goes along when that is not there as it was."""
    parts = [one.text for one in asked]
    if thread.quote and thread.followed in ("changed", "lost"):
        parts.append(f"It was said about lines that are {thread.followed} now:\n{thread.quote}")
    if outdated is not None:
        parts.append(f"Suggested in their place was:\n{outdated}")
    return "\n\n".join(parts)[:LONGEST]


def _settled_by(thread: ThreadView, suggestion: str | None) -> str:
    how = "Change it, or answer why not."
    if suggestion is not None:
        at = thread.place
        what = "line" if at.line == at.end_line else f"lines {at.line} to"
        how = f"Put the suggestion in place of {what} {at.end_line}, or answer why not."
    return f"{how} A reviewer has to resolve it." if thread.blocking else how


def _of_line(
    line: RubricLine, causes: Mapping[str, Sequence[FindingView]], answers: Answers
) -> ChangeRequest:
    found = [
        one for check in line.evidence for one in causes.get(check, ()) if one.severity != "note"
    ]
    name = f"criterion:{line.criterion}"
    return ChangeRequest(
        id=name,
        kind="criterion",
        category=line.criterion,
        place=Anchor("criterion", name=line.criterion),
        words=f"{line.criterion} is {line.mark}: {line.why}",
        satisfied_by=_met_by(line, found),
        blocking=True,
        answer=answers.get(Anchor("criterion", name=line.criterion), ""),
    )


def _met_by(line: RubricLine, found: Sequence[FindingView]) -> str:
    checks = ", ".join(line.evidence) or "its evidence"
    cures = [_cure(one) for one in found[:MOST_CAUSES]]
    more = len(found) - len(cures)
    if more:
        cures.append(f"{counted(more, 'more finding')}")
    whole = f"{line.criterion} is met, by {checks}."
    return " ".join((whole, *(f"{cure}." for cure in cures)))


def _cure(finding: FindingView) -> str:
    at = f":{finding.line}" if finding.line else ""
    where = f"{one_line(finding.path)}{at}: " if finding.path else ""
    return f"{where}{one_line(finding.fix or finding.message)}".rstrip(".")


def _of_case(case: CaseView, happened: str, answer: str) -> ChangeRequest:
    return ChangeRequest(
        id=f"case:{case.id}",
        kind="case",
        category=KEPT_CASE,
        place=Anchor("test", name=case.name),
        words=_case_words(case, happened),
        satisfied_by=f"Called with these arguments it {_must(case)}.",
        blocking=True,
        answer=answer,
    )


def _case_words(case: CaseView, happened: str) -> str:
    given: JsonObject = case.arguments
    note = f" {case.note}" if case.note else ""
    return f"{case.name}: called with {flat(given) or 'no arguments'}: {happened}.{note}"[:LONGEST]


def _must(case: CaseView) -> str:
    if case.code:
        return f"fails with {one_line(case.code)}"
    return f"gives {one_line(flat(case.expected), 2_000) or 'null'}"
