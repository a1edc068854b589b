"""What the page asks: which service, what waits, one proposal with everything checked."""

from toolvet.client.errors import NoKeyError
from toolvet.client.review import Review, open_review
from toolvet.client.shapes import KeyOwner, QueuePage
from toolvet.client.shown import Shown
from toolvet.client.signer import active_owner
from toolvet.client.unsigned import subject_name
from toolvet.config import VERSION
from toolvet_jupyter.sitting import Sitting
from toolvet_jupyter.wire import Ballot, ReviewPage, Status
from toolvet_reviews.brief_evidence import case_tests


def status(at: Sitting) -> Status:
    """Say which service this is and whose key would sign."""
    signer, why = _signer(at)
    return Status(VERSION, at.service, signer, why)


def queue(at: Sitting, cursor: str | None, limit: int) -> QueuePage:
    """Get one page of what is open."""
    return at.client.queue(cursor=cursor, limit=limit)


def review(at: Sitting, proposal: str) -> ReviewPage:
    """Open a proposal: fetch all of it and hold every byte against its digest."""
    return page_of(at, open_review(at.client, at.service, proposal))


def page_of(at: Sitting, found: Review) -> ReviewPage:
    """Write a review as the page shows it."""
    signer, why = _signer(at)
    return ReviewPage(
        view=found.view,
        sections=found.sections,
        files=found.files,
        why_not=found.why_not,
        ballot=None if found.shown is None or found.why_not else ballot(at, found.shown),
        signer=signer,
        why_no_signer=why,
        cases=case_tests(found.view.evidence),
        withheld=found.withheld,
    )


def ballot(at: Sitting, shown: Shown) -> Ballot:
    """Say what a vote on what is shown names."""
    return Ballot(
        proposal=shown.view.id,
        subject_name=subject_name(shown.manifest),
        release=shown.release,
        revision=shown.revision,
        base=shown.base,
        dossier=shown.dossier,
        policy=shown.policy,
        tier=shown.tier,
        kind=shown.kind,
        service=at.service.service_id,
        rubric=shown.marks,
        waivers=shown.waived,
    )


def _signer(at: Sitting) -> tuple[KeyOwner | None, str]:
    try:
        return active_owner(at.connection.client, at.keys), ""
    except NoKeyError as error:
        return None, f"{error}. {error.hint}"
