"""What came of a decision, in a line or a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toolvet.cli.output import table
from toolvet.client.client import Client
from toolvet.client.errors import RemoteError
from toolvet_reviews.review_views import BulkResult, ReviewState
from toolvet_reviews.views import ProposalView
from toolvet_reviews.words import counted, one_line

if TYPE_CHECKING:
    from toolvet.client.acts import Words
    from toolvet.client.shown import Shown


def words_of(note: str) -> "Words | None":
    """Take what was written beside a vote; None for nothing."""
    from toolvet.client.acts import Words

    return Words(note) if note.strip() else None


def of_vote(view: ProposalView, client: Client) -> str:
    """Say what a vote led to, and what is still waited for."""
    if view.state == "published":
        return f"{view.id} is published: {view.toolset}/{view.tool} is served now.\n"
    more = view.people_needed
    if more:
        people = "person" if more == 1 else "people"
        return f"{view.id}: your vote counts; {more} more {people} needed.\n"
    waits = _waiting(view, client)
    return f"{view.id}: your vote counts. It is published when {waits}.\n"


def lifted(view: ProposalView, state: ReviewState) -> str:
    """Say what lifting an objection led to."""
    if view.state == "published":
        return f"{view.id} is published: {view.toolset}/{view.tool} is served now.\n"
    waits = _waits(state)
    rest = f" It still waits until {waits}." if waits else ""
    return f"{view.id}: your objection is lifted; it is {view.state.replace('_', ' ')}.{rest}\n"


def batch(seen: "Sequence[Shown]") -> str:
    """List what one unlock is about to sign."""
    rows = [
        (one.view.id, f"{one.manifest.toolset}/{one.manifest.name}", one.kind, one.release)
        for one in seen
    ]
    return table(("PROPOSAL", "TOOL", "KIND", "RELEASE YOU SIGN"), rows)


def of_batch(result: BulkResult) -> str:
    """Say of each item whether it was done, and why not."""
    rows = [
        (one.proposal, "counted" if one.done else "left out", one.code, one.message)
        for one in result.items
    ]
    done = sum(one.done for one in result.items)
    total = f"{done} of {counted(len(result.items), 'vote')} counted.\n"
    return table(("PROPOSAL", "", "CODE", "WHY"), rows) + total


def _waiting(view: ProposalView, client: Client) -> str:
    try:
        state = client.review_state(view.id)
    except RemoteError:
        return "nothing stands against it any more"
    return _waits(state) or "the release it starts from is the one that is served"


def _waits(state: ReviewState) -> str:
    people = [one_line(one.person) for one in state.objections if one.lifted_at is None]
    waits = [f"{', '.join(people)} lifted their objection"] if people else []
    if state.blocking_threads:
        waits.append(f"{counted(state.blocking_threads, 'blocking thread')} resolved")
    return " and ".join(waits)
