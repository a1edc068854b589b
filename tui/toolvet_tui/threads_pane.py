"""The page of threads: whose turn it is, what stands against it, what is open, what was answered.

Every remark says who wrote it and whether that is a machine; none is ever read as markup.
"""

from collections.abc import Iterable, Iterator

from toolvet_reviews.brief import Tone
from toolvet_reviews.review_views import (
    ClockView,
    DraftRemark,
    ObjectionView,
    ReviewState,
    Said,
    ThreadView,
)
from toolvet_reviews.sides import shown_path
from toolvet_reviews.views import CommentView, ProposalView
from toolvet_reviews.words import counted, one_line, visible
from toolvet_tui.paper import Block
from toolvet_tui.plain import moment
from toolvet_tui.review_reading import Reading, where

LONGEST = 4_000
LONGEST_QUOTE = 12
"""Lines of the quote a thread was opened on."""
TURNS = {
    "assigned": "was asked to review it",
    "claimed": "took it",
    "review_wanted": "may review it",
    "new_revision": "spoke about an earlier revision",
    "answered": "was answered",
    "asked": "was asked something",
    "changes_wanted": "is asked for changes",
    "sign_again": "signed an earlier revision",
    "stale": "has to bring it up to date",
    "flagged": "a machine flagged it",
}
_FOLLOWED = {
    "here": "",
    "moved": ", moved with its lines",
    "changed": ", its lines were edited",
    "lost": ", its lines are gone",
}
_KINDS: dict[str, tuple[str, Tone]] = {
    "remark": ("", "plain"),
    "answer": ("answers", "good"),
    "resolve": ("resolved", "quiet"),
    "reopen": ("reopened", "unsure"),
    "flag": ("flags", "unsure"),
}


def talk(reading: Reading) -> list[Block]:
    """Write the page."""
    state, view = reading.state, reading.view
    blocks = [*_turns(view, state), *_against(state.objections if state else ())]
    if reading.around.trouble:
        blocks.append(Block(reading.around.trouble, "missing", "unsure"))
    blocks += _drafts(reading.drafts, state)
    if state is None or not state.threads:
        return [*blocks, *_plain(view)]
    unsettled = [one for one in state.threads if not one.resolved]
    blocks.append(Block(f"Open threads  ({len(unsettled)})", is_heading=True))
    if not unsettled:
        blocks.append(Block("none", tone="quiet"))
    unsettled.sort(key=lambda one: not one.blocking)
    for one in unsettled:
        blocks += thread(one)
    settled = [one for one in state.threads if one.resolved]
    if settled:
        blocks.append(Block(f"Resolved threads  ({len(settled)})", is_heading=True))
    for one in settled:
        blocks += thread(one)
    return blocks


def thread(found: ThreadView) -> Iterator[Block]:
    """Write one thread: where it is, what it was opened on, who said what."""
    place = found.place if found.followed != "lost" else found.anchor
    parts = [where(place), f"revision {found.revision}{_FOLLOWED[found.followed]}"]
    if found.blocking and not found.resolved:
        parts.insert(1, "blocks approval")
    path, line = _target(found)
    tone: Tone = "quiet" if found.resolved else "bad" if found.blocking else "unsure"
    is_in_code = bool(path) and found.followed != "lost"
    yield Block(
        " · ".join(parts), "resolved" if found.resolved else "open", tone, path, line,
        about=found.place, thread=found.id, wanted=not found.resolved and not is_in_code,
    )  # fmt: skip
    quoted = found.quote.split("\n")[:LONGEST_QUOTE] if found.quote else []
    if quoted:
        text = "\n".join(f"| {visible(one)}" for one in quoted)
        yield Block(text, "", "quiet", path, line, thread=found.id, indent=2)
    for said in found.said:
        yield from _said(said, found, path, line)


def _said(said: Said, found: ThreadView, path: str, line: int) -> Iterator[Block]:
    act, tone = _KINDS[said.kind]
    who = f"{one_line(said.author, 80)} ({one_line(said.author_kind, 20)})"
    head = f"{who}{f' {act}' if act else ''}, {moment(said.time)}, revision {said.revision}"
    yield Block(head, "", "quiet", path, line, about=found.place, thread=found.id, indent=2)
    if said.text:
        text = visible(said.text[:LONGEST])
        tone = "quiet" if found.resolved and tone == "plain" else tone
        yield Block(text, "", tone, path, line, about=found.place, thread=found.id, indent=4)
    if said.suggestion is not None:
        text = "\n".join(f"+ {visible(one)}" for one in said.suggestion[:LONGEST].split("\n"))
        yield Block(f"suggests:\n{text}", "", "good", path, line, thread=found.id, indent=4)


def _target(found: ThreadView) -> tuple[str, int]:
    if found.followed == "lost" or not found.place.path:
        return "", 0
    return shown_path(found.place.path), found.place.line


def _turns(view: ProposalView, state: ReviewState | None) -> Iterator[Block]:
    yield Block("Whose turn", is_heading=True)
    if state is None or not state.turns:
        said = {"reviewers": "reviewers", "author": "its author", "machine": "the machine"}
        yield Block(said.get(view.turn, "nobody: it is closed"), "turn", "quiet")
    for one in state.turns if state else ():
        why = TURNS.get(one.reason, one_line(one.reason))
        yield Block(f"{one_line(one.person)} {why}, since {moment(one.since)}", "turn")
    if state is None:
        return
    if state.assigned:
        names = [f"{one_line(one.person)}{' (took it)' * one.claimed}" for one in state.assigned]
        yield Block(", ".join(names), "asked", "quiet")
    yield from _clock(state.clock)
    if state.snoozed_until:
        yield Block(f"for you, until {moment(state.snoozed_until)}", "snoozed", "quiet")
    if view.people_needed:
        more = counted(view.people_needed, "more approval")
        yield Block(f"it waits for {more}", "needs", "quiet")


def _clock(clock: ClockView) -> Iterator[Block]:
    minutes = int(clock.waited_s // 60)
    waited = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    if clock.running:
        due = f", due {moment(clock.due_at)}" if clock.due_at else ""
        yield Block(f"waited {waited} for reviewers{due}", "clock", "quiet")
    elif clock.paused_by:
        by = one_line(clock.paused_by, 20)
        yield Block(f"stands at {waited} while {by} has it", "clock", "quiet")


def _against(objections: Iterable[ObjectionView]) -> Iterator[Block]:
    for one in objections:
        who = f"{one_line(one.person)}, revision {one.revision}, {moment(one.time)}"
        if one.lifted_at:
            yield Block(f"{who}: lifted {moment(one.lifted_at)}", "against", "quiet")
            continue
        yield Block(f"{who}: stands until they lift it", "against", "bad")
        if one.note:
            yield Block(visible(one.note[:LONGEST]), "", "plain", indent=2)


def _drafts(drafts: Iterable[DraftRemark], state: ReviewState | None) -> Iterator[Block]:
    found = list(drafts)
    if not found:
        return
    yield Block(f"Your drafts  ({len(found)}, nobody else sees them)", is_heading=True)
    threads = {one.id: one for one in state.threads} if state else {}
    for one in found:
        answered = threads.get(one.thread or "")
        place = answered.place if answered else one.anchor
        path = shown_path(place.path)
        about = f"answers the thread on {where(place)}" if one.thread else where(place)
        blocks = ", blocks approval" if one.blocking else ""
        yield Block(
            f"{about}{blocks}, {moment(one.updated_at)}", "draft", "unsure", path, place.line,
            draft=one.id, wanted=True,
        )  # fmt: skip
        if one.text:
            yield Block(visible(one.text[:LONGEST]), "", "plain", draft=one.id, indent=2)
        if one.suggestion is not None:
            said = "\n".join(f"+ {visible(line)}" for line in one.suggestion.split("\n"))
            yield Block(f"suggests:\n{said}", "", "good", draft=one.id, indent=2)


def _plain(view: ProposalView) -> Iterator[Block]:
    """Write what was said without the threads it was said in."""
    yield Block("Conversation", is_heading=True)
    if view.reason:
        yield Block(visible(view.reason), "reason")
    for said in view.comments:
        yield from _comment(said)
    if not view.comments and not view.reason:
        yield Block("nothing was said yet", "", "quiet")


def _comment(said: CommentView) -> Iterator[Block]:
    path = shown_path(said.path)
    place = f", {path}:{said.line}" if path else ""
    head = f"{one_line(said.author)} ({said.author_kind}), {moment(said.time)}{place}"
    yield Block(head, "", "quiet", path, said.line)
    yield Block(visible(said.text), "", "plain", path, said.line, indent=2)
