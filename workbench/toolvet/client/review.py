"""One proposal as a reviewer reads it: the brief, the files side by side, and whether it can be approved.

What can be decided on is checked byte for byte (`shown.fetch`); what cannot be, because it failed
or is still being verified, is shown as the service tells it, and says why not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from toolvet.client.client import Client
from toolvet.client.errors import DifferenceError, RemoteError, StalePageError
from toolvet.client.overruled import Overruled
from toolvet.client.shown import Shown, fetch, fetch_files, fetch_manifest
from toolvet_reviews import sides
from toolvet_reviews.brief import BriefLine, BriefSection, brief
from toolvet_reviews.evidence_views import LIMITED, ORGANISATION, reviewer_view
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.rubric import blocks
from toolvet_reviews.sides import FileChange
from toolvet_reviews.views import ProposalView, ServiceView
from toolvet_reviews.words import STATES, one_line

HIDDEN = "evidence.hidden"
"""Code of the service's refusal to show an agent what is for reviewers."""


@dataclass(frozen=True)
class Review:
    """Everything one page shows."""

    view: ProposalView
    """With `shown`, its evidence and rubric are those whose bytes were checked."""
    sections: tuple[BriefSection, ...]
    files: tuple[FileChange, ...]
    """Compared with what is served now; all of them new for a new tool."""
    shown: Shown | None
    """What an approval would sign."""
    why_not: str
    """Why it cannot be approved now; empty when it can."""
    withheld: bool = False
    """Some of the evidence is shown to a signed-in reviewer only, and whoever asked was none."""


def open_review(client: Client, service: ServiceView, proposal: str) -> Review:
    """Fetch and check everything about the newest revision of a proposal.

    Args:
        client: Of somebody who may see every proposal.
        service: As `connect.trusted` answered just now.

    Raises:
        RemoteError: There is none such, or the caller may not see it.
    """
    view = client.show(proposal)
    if view.state != "reviewing":
        return _unchecked(client, view, f"it is {STATES[view.state]}")
    try:
        shown = fetch(client, service, proposal)
    except RemoteError as error:
        if error.code != HIDDEN:
            raise
        said = "some of its evidence is for reviewers only; open your key to see it"
        return replace(_unchecked(client, view, said), withheld=True)
    except StalePageError:
        shown = fetch(client, service, proposal)  # a revision came in between: once more
    except DifferenceError as error:
        return _unchecked(client, view, f"{error}. {error.hint}")
    return review_of(client, shown)


def review_of(client: Client, shown: Shown) -> Review:
    """Write the review of a revision whose every byte was checked."""
    evidence = tuple(reviewer_view(found) for found in shown.evidence)
    view = replace(shown.view, evidence=evidence, rubric=shown.rubric)
    base, old = _served_now(client, shown.base)
    files = sides.compare(old, shown.files)
    unmet = blocks(shown.rubric)
    why_not = f"the rubric is not met: {', '.join(unmet)}" if unmet else ""
    found = _review(view, shown.manifest, base, files, shown, why_not)
    return replace(found, sections=tuple(_with_waivers(found.sections, shown)))


def _with_waivers(sections: Sequence[BriefSection], shown: Shown) -> Iterator[BriefSection]:
    """Say beside what is wrong what people overruled of it: a vote leans on their word."""
    lines = [
        BriefLine("overruled", _overruled(one), "unsure", one.finding.path, one.finding.line)
        for one in shown.overruled
    ]
    for section in sections:
        is_wrong = section.key == "wrong"
        yield replace(section, lines=(*section.lines, *lines)) if is_wrong else section


def _overruled(one: Overruled) -> str:
    by = "; ".join(
        f"{one_line(given.voter)} until {given.expires[:10]}: {one_line(given.reason, 400)}"
        for given in one.by
    )
    return f"{one_line(one.finding.rule)}, by {by or 'nobody any more: it ran out'}"


def _unchecked(client: Client, view: ProposalView, why_not: str) -> Review:
    base, old = _served_now(client, view.base_release)
    files = sides.compare(old, client.files(view.id, view.revision))
    approved = fetch_manifest(client, view.release_digest) if view.release_digest else None
    found = _review(view, approved, base, files, None, why_not)
    is_told_less = any(
        remark.rule in (ORGANISATION, LIMITED)
        for check in view.evidence
        for remark in check.findings
    )
    return replace(found, withheld=is_told_less)


def _served_now(client: Client, release: str | None) -> tuple[Manifest | None, dict[str, bytes]]:
    if release is None:
        return None, {}
    base = fetch_manifest(client, release)
    return base, fetch_files(client, base.revision)


def _review(
    view: ProposalView,
    approved: Manifest | None,
    base: Manifest | None,
    files: tuple[FileChange, ...],
    shown: Shown | None,
    why_not: str,
) -> Review:
    sections = brief(view, manifest=approved, base=base, files=files)
    return Review(view, sections, files, shown, why_not)
