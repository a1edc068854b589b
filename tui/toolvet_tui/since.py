"""What changed since a person's own earlier vote: shown before they sign again."""

from collections.abc import Sequence

from toolvet.client.client import Client
from toolvet_reviews.review_views import Comparison
from toolvet_reviews.views import ProposalView
from toolvet_reviews.words import one_line
from toolvet_tui.paper import Block

MOST = 8
"""Changes that are named one by one."""
_SIGNS = {"new": "+", "gone": "-", "changed": "~", "moved": ">"}


def voted_for(view: ProposalView, voter: str) -> int:
    """Say which revision a person voted for, when their vote counts no more; 0 for none.

    Args:
        voter: Principal id.
    """
    mine = [one for one in view.votes if one.voter_id == voter and one.verdict == "approve"]
    if not mine or mine[-1].release_digest == view.release_digest:
        return 0
    for revision in view.revisions:
        if revision.release_digest == mine[-1].release_digest:
            return revision.number
    return 0


def what_changed(client: Client, proposal: str, revision: int) -> list[Block]:
    """Compare the newest revision with an earlier one, in a few lines."""
    found = client.compare(proposal, from_=str(revision))
    head = Block(f"What changed since revision {revision}, which you approved", is_heading=True)
    lines = _lines(found)
    blocks = [Block(text, "since", "unsure") for text in lines[:MOST]]
    if len(lines) > MOST:
        blocks.append(Block(f"and {len(lines) - MOST} more: look at the differences", "since"))
    if not lines:
        blocks = [Block("no file and nothing that was found: only how it is bound", "since")]
    return [head, *blocks, Block("What you sign now", is_heading=True)]


def _lines(found: Comparison) -> Sequence[str]:
    files = [
        f"{one_line(one.path)} {one.status}, +{one.added} -{one.removed}"
        for one in found.files
        if one.status != "same"
    ]
    things = [
        f"{_SIGNS[one.sign]} {one.area} {one_line(one.name, 120)}"
        for one in found.things
        if one.sign != "same"
    ]
    return [*files, *things]
