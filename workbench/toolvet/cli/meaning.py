"""What an approval means, in words, from the checked bytes that would be signed."""

from collections.abc import Iterator

from toolvet.client.review import Review
from toolvet.client.shown import Shown
from toolvet_reviews.brief import BriefSection
from toolvet_reviews.views import ServiceView

_LABEL = 14


def meaning(review: Review, shown: Shown, service: ServiceView) -> str:
    """Say what would be served, what it may do, what is wrong with it, and what is signed."""
    lines = ["", f"{shown.view.id}  {shown.manifest.toolset}/{shown.manifest.name}"]
    for section in review.sections:
        lines += _section(section)
    lines += [
        "",
        "You sign",
        f"  {'release':<{_LABEL}}{shown.release}",
        f"  {'replaces':<{_LABEL}}{shown.base or 'nothing'}",
        f"  {'dossier':<{_LABEL}}{shown.dossier}",
        f"  {'policy':<{_LABEL}}{service.preset}, {shown.policy}",
        "",
        "Approved, it is served at once to every caller with a grant for it,"
        if shown.view.people_needed <= 1
        else f"It waits for {shown.view.people_needed} people; with the last it is served,",
        "byte for byte as above. You sign with your key; the log keeps it for ever.",
        "",
    ]
    return "\n".join(lines)


def _section(section: BriefSection) -> Iterator[str]:
    if not section.lines:
        return
    yield ""
    yield section.title
    for line in section.lines:
        first, *rest = line.text.splitlines() or [""]
        yield f"  {line.label:<{_LABEL - 1}} {first}"
        for more in rest:
            yield " " * (_LABEL + 2) + more
