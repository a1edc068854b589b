"""Threads and change requests as text. Everything somebody wrote is spelled out and indented."""

from collections.abc import Iterator

from toolvet_reviews.review_views import (
    Anchor,
    ChangeRequest,
    ChangeRequests,
    ReviewState,
    Said,
    ThreadView,
)
from toolvet_reviews.words import counted, one_line, visible

_DID = {
    "remark": "",
    "answer": ", answers",
    "flag": ", flags",
    "resolve": ", resolved it",
    "reopen": ", opened it again",
}


def threads(state: ReviewState, *, everything: bool) -> str:
    """Lay out the threads of a proposal, each under the name it is answered by."""
    shown = [
        (number, one)
        for number, one in enumerate(state.threads, 1)
        if everything or not one.resolved
    ]
    lines = [part for number, one in shown for part in _thread(state.proposal, number, one)]
    done = len(state.threads) - len(shown)
    if done:
        lines.append(f"{counted(done, 'resolved thread')}: add --all to read.")
    return "\n".join(lines or [f"Nobody said anything about {state.proposal}."]) + "\n"


def requests(asked: ChangeRequests) -> str:
    """Lay out what an author is asked to settle."""
    if not asked.items:
        return f"Nothing is asked for in {asked.proposal}.\n"
    lines = [f"{asked.proposal}, revision {asked.revision}:"]
    for one in asked.items:
        lines += _request(one)
    return "\n".join(lines) + "\n"


def place(anchor: Anchor) -> str:
    """Name a place in a few words."""
    if anchor.kind == "proposal":
        return "the whole"
    path = one_line(anchor.path)
    if anchor.kind == "file":
        return path
    if anchor.kind == "line":
        last = f"-{anchor.end_line}" if anchor.end_line > anchor.line else ""
        return f"{path}:{anchor.line}{last}"
    name = f"{anchor.kind} {one_line(anchor.name, 80)}".rstrip()
    at = f":{anchor.line}" if anchor.line else ""
    return f"{name} at {path}{at}" if path else name


def _thread(proposal: str, number: int, thread: ThreadView) -> Iterator[str]:
    state = "resolved" if thread.resolved else "open"
    blocks = ", blocks" if thread.blocking and not thread.resolved else ""
    yield f"{proposal}#{number}  {_where(thread)}  {state}{blocks}, revision {thread.revision}"
    yield from _indented(thread.quote, "    | ")
    for said in thread.said:
        yield from _said(said)


def _where(thread: ThreadView) -> str:
    was, now = place(thread.anchor), place(thread.place)
    match thread.followed:
        case "here":
            return now
        case "moved":
            return f"{now} (moved, was {was})" if now != was else now
        case "changed":
            return f"{now} (changed since, was {was})"
        case "lost":
            return f"{was} (not there any more)"


def _said(said: Said) -> Iterator[str]:
    kind = "" if said.author_kind == "human" else f" ({said.author_kind})"
    yield f"    {one_line(said.author)}{kind}{_DID[said.kind]}, {said.time}:"
    yield from _indented(said.text, "      ")
    if said.suggestion is not None:
        yield "      suggests in place of these lines:"
        yield from _indented(said.suggestion, "      + ") if said.suggestion else ("      nothing",)


def _request(asked: ChangeRequest) -> Iterator[str]:
    blocks = ", blocks" if asked.blocking else ""
    yield f"  {one_line(asked.id)}  {one_line(asked.category)}{blocks}, {place(asked.place)}"
    yield from _indented(asked.words, "    ")
    yield f"    settled by: {one_line(asked.satisfied_by, 2_000)}"
    if asked.suggestion is not None:
        yield "    suggested in place of these lines:"
        yield from _indented(asked.suggestion, "    + ")
    if asked.answer:
        yield "    answered:"
        yield from _indented(asked.answer, "      ")


def _indented(text: str, by: str) -> Iterator[str]:
    lines = visible(text).removesuffix("\n").split("\n") if text else []
    return (f"{by}{line}" for line in lines)
