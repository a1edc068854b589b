"""The page of a proposal's history: revisions, votes, words against, threads, in order, newest first."""

from collections.abc import Iterator
from typing import NamedTuple

from toolvet_reviews.brief import Tone
from toolvet_reviews.views import ProposalView, RevisionView
from toolvet_reviews.words import one_line, visible
from toolvet_tui.paper import Block
from toolvet_tui.plain import moment, short
from toolvet_tui.review_reading import Reading, where

MOST = 500
"""Lines of the past that are written; older ones are counted."""
_REVISIONS: dict[str, Tone] = {"verifying": "quiet", "passed": "good", "failed": "bad"}


class _Event(NamedTuple):
    time: str
    label: str
    text: str
    tone: Tone = "plain"
    note: str = ""
    thread: str = ""


def past(reading: Reading) -> list[Block]:
    """Write the page."""
    view = reading.view
    blocks = [Block("Revisions", is_heading=True)]
    for one in sorted(view.revisions, key=lambda one: -one.number):
        blocks += _revision(one, view)
    blocks.append(Block("What happened, the newest first", is_heading=True))
    events = sorted(_events(reading), key=lambda one: one.time, reverse=True)
    for one in events[:MOST]:
        text = f"{moment(one.time)}  {one.text}"
        blocks.append(Block(text, one.label, one.tone, thread=one.thread))
        if one.note:
            blocks.append(Block(visible(one.note[:2000]), "", "plain", thread=one.thread, indent=2))
    if len(events) > MOST:
        blocks.append(Block(f"and {len(events) - MOST} older", tone="quiet"))
    if view.reason:
        blocks.append(Block(visible(view.reason[:2000]), "reason", "unsure"))
    if view.follows:
        blocks.append(Block(f"opened again from {one_line(view.follows)}", "before", "quiet"))
    return blocks


def _revision(one: RevisionView, view: ProposalView) -> Iterator[Block]:
    current = "  (on the screen)" if one.number == view.revision else ""
    tone = _REVISIONS[one.state]
    text = f"{one.state}, {moment(one.submitted_at)}, {short(one.digest)}{current}"
    yield Block(text, str(one.number), tone)
    if one.release_digest:
        yield Block(one.release_digest, "release", "quiet")


def _events(reading: Reading) -> Iterator[_Event]:
    view, state = reading.view, reading.state
    yield _Event(view.created_at, "opened", f"by {one_line(view.author)}", "quiet")
    for one in view.revisions:
        yield _Event(one.submitted_at, "revision", f"{one.number}: {one.state}")
    for vote in view.votes:
        parts = [one_line(vote.voter), *["as sponsor"] * vote.as_sponsor]
        parts += [f"release {short(vote.release_digest)}"]
        counts = vote.release_digest == view.release_digest and not vote.revoked
        parts += ["its key was revoked"] * vote.revoked + ["for another revision"] * (
            vote.release_digest != view.release_digest
        )
        tone: Tone = "good" if counts else "quiet"
        yield _Event(vote.time, one_line(vote.verdict), ", ".join(parts), tone, vote.note)
    for waived in view.waivers:
        until = f"until {moment(waived.expires)}" + ", ran out" * waived.expired
        text = f"{one_line(waived.rule)} by {one_line(waived.voter)}, {until}"
        yield _Event(waived.signed_at, "waived", text, "unsure", waived.reason)
    for one in state.objections if state else ():
        text = f"{one_line(one.person)}, revision {one.revision}"
        yield _Event(one.time, "against", text, "bad", one.note)
        if one.lifted_at:
            yield _Event(one.lifted_at, "lifted", f"by {one_line(one.person)}", "good")
    for one in state.assigned if state else ():
        act = "took it" if one.claimed else f"was asked by {one_line(one.by)}"
        yield _Event(one.at, "asked", f"{one_line(one.person)} {act}", "quiet")
    if state is None or not state.threads:
        for said in view.comments:
            yield _Event(said.time, "said", one_line(said.author), "plain", said.text)
    for thread in state.threads if state else ():
        for said in thread.said:
            text = (
                f"{one_line(said.author)} ({one_line(said.author_kind, 20)}), {where(thread.place)}"
            )
            label = "said" if said.kind == "remark" else said.kind
            yield _Event(said.time, label, text, "plain", said.text, thread.id)
