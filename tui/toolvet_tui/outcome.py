"""What a decision is about, and what came of it, in words."""

from toolvet_reviews.views import ProposalView
from toolvet_reviews.words import counted, one_line
from toolvet_tui.plain import qualified


def matter(view: ProposalView) -> tuple[object, ...]:
    """Give what a decision is about."""
    return (view.revision_digest, view.release_digest, view.base_release, view.state, view.verdict)


def talk(view: ProposalView) -> tuple[int, int, int]:
    """Give what is said around it, counted."""
    return (len(view.comments), len(view.votes), view.people_needed)


def known(view: ProposalView) -> tuple[str, ...]:
    """Name the checks that have answered: what grows while it is being verified."""
    return tuple(found.check for found in view.evidence)


def done(view: ProposalView) -> str:
    """Say what the service answered."""
    name = f"{view.id} {one_line(qualified(view.toolset, view.tool))}"
    if view.state == "published":
        return f"{name} is published: it is served now."
    if view.state == "rejected":
        return f"{name} is rejected."
    if view.state == "changes_wanted":
        return f"{name} is back with its author."
    more = counted(view.people_needed, "more approval")
    return f"{name}: your vote counts; it waits for {more}."
