"""One decision in full: what was said, the evidence as it stood, and its proof, checked here."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from toolvet_reviews.review_views import CheckedDecision
from toolvet_reviews.words import one_line, visible
from toolvet_tui.bars import Banner, Bar, KeyLine
from toolvet_tui.errands import Trouble, in_thread, telling
from toolvet_tui.history_list import VERBS, named, when
from toolvet_tui.look_screen import LookScreen
from toolvet_tui.paper import Block, Paper
from toolvet_tui.seat import Seat

if TYPE_CHECKING:
    from toolvet.client.proof import Proof
    from toolvet_reviews.brief import Tone

LONGEST_NOTE = 20_000
_MARKS: "dict[str, Tone]" = {"met": "good", "unmet": "bad", "unknown": "unsure"}


class DecisionScreen(LookScreen):
    """One entry of the log as an auditor reads it.

    Args:
        index: Of the entry.
        beside: Names the one before or after an entry in the list; None at its ends.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,N", "turn(1)", "Next", id="decision.next"),
        Binding("p,P", "turn(-1)", "Previous", id="decision.previous"),
        Binding("v", "prove", "Check again", id="decision.proof"),
        Binding("o", "proposal", "Proposal", id="decision.proposal"),
        Binding("q,escape", "back", "Back", key_display="q", id="decision.back"),
    ]

    def __init__(
        self, seat: Seat, index: int, beside: Callable[[int, int], int | None] | None = None
    ) -> None:
        super().__init__(seat)
        self.index = index
        self.decision: CheckedDecision | None = None
        self.proof: Proof | None = None
        self._beside = beside
        self._why_not = ""

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="bar")
        yield Paper(id="page", has_parts=False)
        yield Banner(id="banner")
        yield KeyLine(id="keyline")

    def on_mount(self) -> None:
        """Stand in the text."""
        self.query_one("#page", Paper).focus()

    async def fetch(self) -> None:
        """Fetch the decision, then check it."""
        index = self.index
        self.bar.say(left=f"Entry {index}")
        found = await in_thread(lambda: self.reads_as.decision(index))
        if index == self.index:
            self.decision = found
            self._write(anew=True)
            self.action_prove()

    @work(exclusive=True, group="proof")
    async def action_prove(self) -> None:
        """Check signature and place in the log, on this machine."""
        self.proof, self._why_not = None, ""
        self._write()
        index = self.index
        with telling(self._unproved):
            found = await in_thread(lambda: self._check(index))
            if index == self.index:
                self.proof = found
                self._write()

    def _check(self, index: int) -> "Proof":
        # Not at the top: what checks proofs takes as long to load as the list takes to show.
        from toolvet.client.proof import check  # noqa: PLC0415

        return check(self.reads_as, self.desk.connect(start=False), index)

    def _unproved(self, trouble: Trouble) -> None:
        self._why_not = str(trouble)
        self._write()

    def _write(self, *, anew: bool = False) -> None:
        if self.decision is None:
            return
        blocks = [
            *proof_blocks(self.proof, self._why_not),
            *decision_blocks(self.decision),
            *signed_blocks(self.proof),
        ]
        self.query_one("#page", Paper).show(blocks, anew=anew)
        what = VERBS.get(self.decision.verb, self.decision.verb)
        tool = f" {named(self.decision.tool)}" if self.decision.tool else ""
        self.bar.say(left=f"Entry {self.index} · {self.decision.person} {what}{tool}")

    def action_turn(self, by: int) -> None:
        """Show the decision before or after it in the list."""
        following = self._beside(self.index, by) if self._beside else None
        if following is None:
            self.banner.say("There is no other in the list.")
            return
        self.index, self.decision, self.proof = following, None, None
        self.banner.say("")
        self.read()

    def action_proposal(self) -> None:
        """Open the proposal that it was about."""
        if self.decision is None or not self.decision.proposal:
            self.banner.say("It was about no proposal.")
            return
        from toolvet_tui.review_screen import ReviewScreen  # noqa: PLC0415 - as above

        self.host.push_screen(ReviewScreen(self.seat, self.decision.proposal))


def decision_blocks(one: CheckedDecision) -> list[Block]:
    """Write what was decided, and what was known then."""
    who = one_line(one.person, 80) + ("" if one.person_kind == "human" else f" ({one.person_kind})")
    revision = f", revision {one.revision}" if one.revision else ""
    blocks = [
        Block("What was decided", is_heading=True),
        Block(f"{VERBS.get(one.verb, one_line(one.verb))}  [{one_line(one.verb, 40)}]", "what"),
        Block(who + (", as the author's sponsor" if one.as_sponsor else ""), "who"),
        Block(f"{when(one.time)} UTC", "when"),
    ]
    if one.tool or one.proposal:
        about = " ".join(part for part in (named(one.tool), one_line(one.proposal)) if part)
        blocks.append(Block(about + revision, "about"))
    if one.note:
        blocks.append(Block(visible(one.note[:LONGEST_NOTE]), "words"))
    if one.pace == "fast":
        blocks.append(Block("faster than plausible reading", "pace", "unsure"))
    elif one.pace:
        blocks.append(Block(one_line(one.pace, 40), "pace"))
    if one.digest:
        blocks.append(Block(one_line(one.digest, 100), "digest", "quiet"))
    if one.policy:
        tier = f", tier {one_line(one.tier, 20)}" if one.tier else ""
        blocks.append(Block(one_line(one.policy, 100) + tier, "policy", "quiet"))
    return [*blocks, *_stood(one)]


def _stood(one: CheckedDecision) -> list[Block]:
    blocks: list[Block] = []
    if one.rubric:
        blocks.append(Block("The rubric as it stood", is_heading=True))
        blocks += [
            Block(one_line(mark, 40), one_line(name, 40), _MARKS.get(mark, "plain"))
            for name, mark in one.rubric.items()
        ]
    if one.evidence or one.waived:
        blocks.append(Block("The evidence as it stood", is_heading=True))
        blocks += [Block(one_line(line, 400)) for line in one.evidence]
        blocks += [Block(one_line(line, 200), "overruled", "unsure") for line in one.waived]
    return blocks


def proof_blocks(proof: "Proof | None", why_not: str = "") -> list[Block]:
    """Write what was found out about it on this machine."""
    blocks = [Block("Checked on this machine", is_heading=True)]
    if why_not:
        return [*blocks, Block(f"it could not be checked: {why_not}", "proof", "bad")]
    if proof is None:
        return [*blocks, Block("checking signature and log …", "proof", "quiet")]
    blocks += [Block(one_line(problem, 400), "PROBLEM", "bad") for problem in proof.problems]
    if proof.signature_ok is None:
        blocks.append(Block("none is asked for: it rests on the log alone", "signature"))
    elif proof.signature_ok:
        blocks.append(Block(f"holds: {one_line(proof.signer, 200)}", "signature", "good"))
    else:
        blocks.append(Block("does not hold", "signature", "bad"))
    inside = "the entry is in the signed log" if proof.in_log else "NOT in the signed log"
    blocks.append(Block(inside, "log", "good" if proof.in_log else "bad"))
    if proof.checkpoint:
        blocks.append(Block(one_line(proof.checkpoint, 300), "checkpoint", "quiet"))
    return blocks


def signed_blocks(proof: "Proof | None") -> list[Block]:
    """Write what was signed, term by term."""
    if proof is None or not proof.statement:
        return []
    title = "What was signed" if proof.signature_ok is not None else "What the entry says"
    return [Block(title, is_heading=True), *(Block(one_line(t, 400)) for t in proof.statement)]
