"""The summary's first screenful: what it is, what it may do, what changed, what is wrong with it.

One line each, from the same brief that follows it in full; what must not be missed comes first.
"""

from collections.abc import Iterator

from toolvet_reviews.brief import BriefLine, BriefSection
from toolvet_reviews.views import ProposalView, RubricLine
from toolvet_reviews.words import counted, one_line
from toolvet_tui.paper import Block
from toolvet_tui.review_reading import Reading

_LONGEST = 300
MOST_FIRST = 4
"""Lines of what must not be missed; the rest is counted, and follows in full."""


def glance(reading: Reading) -> list[Block]:
    """Write the first screenful."""
    sections = {one.key: one for one in reading.review.sections}
    blocks = [Block("At a glance", is_heading=True), *_first(sections.get("first"))]
    blocks += _is_and_may(reading, sections)
    blocks += [_changed(reading, sections.get("changed")), _wrong(reading.view)]
    blocks += _whose(reading)
    return blocks


def _first(section: BriefSection | None) -> Iterator[Block]:
    lines = [line for line in section.lines if line.tone in ("bad", "unsure")] if section else []
    lines.sort(key=lambda line: line.tone != "bad")
    for line in lines[:MOST_FIRST]:
        yield Block(line.text, line.label, line.tone, line.path, line.line)
    if len(lines) > MOST_FIRST:
        yield Block(f"and {len(lines) - MOST_FIRST} more of these below", "first", "unsure")


def _is_and_may(reading: Reading, sections: dict[str, BriefSection]) -> Iterator[Block]:
    view = reading.view
    change = "a change to what is served" if view.base_release else "new"
    said = next((one.text for one in _lines(sections, "is") if one.label == "says"), "")
    first = one_line(said.split("\n")[0], _LONGEST)
    yield Block(f"{change}. {first}".rstrip(), "what")
    may = [one for one in _lines(sections, "may") if one.label in ("kind", "may")]
    tone = may[0].tone if may else "unsure"
    kind = may[0].text if may else "nobody knows yet"
    can = "; ".join(one.text for one in may[1:])
    yield Block(one_line(f"{kind}. {can}".rstrip(". "), _LONGEST), "may", tone)


def _lines(sections: dict[str, BriefSection], key: str) -> tuple[BriefLine, ...]:
    return sections[key].lines if key in sections else ()


def _changed(reading: Reading, section: BriefSection | None) -> Block:
    touched = [one for one in reading.files if one.status != "same"]
    added, removed = sum(one.added for one in touched), sum(one.removed for one in touched)
    parts = [f"{counted(len(touched), 'file')}, +{added} -{removed}"]
    terms = [
        line.label
        for line in (section.lines if section else ())
        if line.label not in ("file", "files", "new", "more")
    ]
    if terms:
        names = one_line(", ".join(terms[:6]), 160)
        parts.append(f"{counted(len(terms), 'term')} of the approval: {names}")
    signs = [one.sign for one in reading.things("finding")]
    if signs:
        count = {sign: signs.count(sign) for sign in ("new", "gone", "moved")}
        parts.append("findings " + ", ".join(f"{n} {sign}" for sign, n in count.items() if n))
    return Block("; ".join(parts), "changed", "unsure" if terms else "plain")


def _wrong(view: ProposalView) -> Block:
    found = [one for check in view.evidence for one in check.findings]
    errors = sum(one.severity == "error" for one in found)
    warnings = sum(one.severity == "warning" for one in found)
    bad = [line for line in view.rubric if _is_missing(line)]
    parts = [f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"]
    if bad:
        said = ", ".join(f"{one_line(line.criterion)} {line.mark}" for line in bad)
        parts.append(f"rubric: {said}")
    elif view.rubric:
        parts.append("every required line of the rubric is met")
    if view.verdict == "pending":
        parts.insert(0, "it is still being verified")
    unmet = errors or any(line.mark == "unmet" for line in bad) or view.verdict == "failed"
    tone = "bad" if unmet else "unsure" if warnings or bad or view.verdict == "pending" else "good"
    return Block("; ".join(parts), "wrong", tone)


def _is_missing(line: RubricLine) -> bool:
    return line.mark == "unmet" or (line.required and line.mark == "unknown")


def _whose(reading: Reading) -> Iterator[Block]:
    state = reading.state
    if reading.around.trouble:
        yield Block(reading.around.trouble, "missing", "unsure")
    if state is None:
        return
    standing = [one for one in state.objections if one.lifted_at is None]
    if standing:
        who = ", ".join(f"{one_line(one.person)} (revision {one.revision})" for one in standing)
        yield Block(f"stands against it until they lift it: {who}", "against", "bad")
    if state.open_threads:
        blocking = f", {state.blocking_threads} of them blocking" * bool(state.blocking_threads)
        yield Block(f"{counted(state.open_threads, 'open thread')}{blocking}", "threads", "unsure")
    if state.sign_again is not None:
        text = f"your vote was for revision {state.sign_again.revision}: it does not count here"
        yield Block(text, "your vote", "unsure")
    if state.stale_base:
        yield Block("what is served now is not what this starts from", "base", "bad")
    if state.others:
        yield Block(one_line(", ".join(state.others)), "also here", "quiet")
