"""What people say about proposals: votes, words, and taking back."""

from fastapi import APIRouter
from starlette.responses import Response

from toolvet.engine import comment as commenting
from toolvet.engine import decide, objections
from toolvet.engine import vote as voting
from toolvet.engine import waive as waiving
from toolvet.engine import withdraw as withdrawing
from toolvet.http.answers import answers, reply
from toolvet.http.bodies import (
    AgainstBody,
    CommentBody,
    LiftBody,
    ReasonBody,
    RejectBody,
    VoteBody,
    WaiverBody,
)
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.strict import StrictRoute
from toolvet_reviews.review_views import ReviewState
from toolvet_reviews.views import ProposalView

router = APIRouter(prefix="/proposals/{proposal}", tags=["decisions"], route_class=StrictRoute)


@router.post("/votes", **answers(ProposalView))
async def vote(services: TheServices, caller: TheCaller, proposal: str, body: VoteBody) -> Response:
    """Hand in a signed vote; whoever carries it, the vote is the signer's."""
    note = body.note.note() if body.note else None
    envelope = body.envelope.encode()
    return reply(await voting.vote(services, caller, proposal, envelope, note, drafts=body.drafts))


@router.post("/waivers", **answers(ProposalView))
async def waive(
    services: TheServices, caller: TheCaller, proposal: str, body: WaiverBody
) -> Response:
    """Hand in a signed waiver of one finding; whoever carries it, the waiver is the signer's."""
    envelope, reason = body.envelope.encode(), body.reason.note()
    return reply(await waiving.waive(services, caller, proposal, envelope, reason))


@router.post("/request-changes", **answers(ProposalView))
async def request_changes(
    services: TheServices, caller: TheCaller, proposal: str, body: AgainstBody
) -> Response:
    """Give a proposal back to its author, with words."""
    view = await decide.request_changes(
        services, caller, proposal, body.digest, body.note, drafts=body.drafts
    )
    return reply(view)


@router.post("/reject", **answers(ProposalView))
async def reject(
    services: TheServices, caller: TheCaller, proposal: str, body: RejectBody
) -> Response:
    """Close a proposal, with words."""
    view = await decide.reject(
        services,
        caller,
        proposal,
        body.digest,
        body.note,
        similar=body.similar,
        drafts=body.drafts,
    )
    return reply(view)


@router.post("/lift", **answers(ReviewState))
async def lift(services: TheServices, caller: TheCaller, proposal: str, body: LiftBody) -> Response:
    """Take one's own word against back."""
    return reply(await objections.lift(services, caller, proposal, body.note))


@router.post("/withdraw", **answers(ProposalView))
async def withdraw(
    services: TheServices, caller: TheCaller, proposal: str, body: ReasonBody
) -> Response:
    """Take a proposal of one's own back."""
    return reply(await withdrawing.withdraw(services, caller, proposal, body.reason))


@router.post("/comments", **answers(ProposalView))
async def comment(
    services: TheServices, caller: TheCaller, proposal: str, body: CommentBody
) -> Response:
    """Say something about a proposal or a line of it."""
    view = await commenting.comment(services, caller, proposal, body.text, body.path, body.line)
    return reply(view)
