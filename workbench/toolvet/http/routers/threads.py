"""What is said about proposals: threads, drafts of remarks, and what an author is asked to settle."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from toolvet.client.review_shapes import DraftList
from toolvet.client.shapes import Done
from toolvet.engine import change_requests as requests
from toolvet.engine import remark_drafts as drafting
from toolvet.engine import review_state as reviewing
from toolvet.engine import threads as threading
from toolvet.http.answers import answers, reply
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.remark_bodies import (
    PublishBody,
    RemarkBody,
    RemarkDraftBody,
    SettleBody,
    ThreadBody,
)
from toolvet.http.strict import StrictRoute
from toolvet_reviews.review_views import ChangeRequests, DraftRemark, ReviewState

router = APIRouter(tags=["threads"], route_class=StrictRoute)

Revision = Annotated[int | None, Query(ge=1, le=1_000_000)]


@router.get("/proposals/{proposal}/review", **answers(ReviewState))
async def review(
    services: TheServices, caller: TheCaller, proposal: str, revision: Revision = None
) -> Response:
    """Show what is said about a proposal and who waits for whom."""
    return reply(await reviewing.review_state(services, caller, proposal, revision))


@router.post("/proposals/{proposal}/threads", **answers(ReviewState))
async def open_thread(
    services: TheServices, caller: TheCaller, proposal: str, body: ThreadBody
) -> Response:
    """Open a thread about a place of a revision."""
    state = await threading.open_thread(
        services, caller, proposal, body.anchor.anchor(), body.remark(), revision=body.revision
    )
    return reply(state)


@router.post("/threads/{thread}/replies", **answers(ReviewState))
async def answer(
    services: TheServices, caller: TheCaller, thread: str, body: RemarkBody
) -> Response:
    """Answer in a thread."""
    return reply(await threading.reply(services, caller, thread, body.remark()))


@router.post("/threads/{thread}/resolve", **answers(ReviewState))
async def resolve(
    services: TheServices, caller: TheCaller, thread: str, body: SettleBody
) -> Response:
    """Say that a thread is settled."""
    return reply(await threading.resolve(services, caller, thread, body.text))


@router.post("/threads/{thread}/reopen", **answers(ReviewState))
async def reopen(
    services: TheServices, caller: TheCaller, thread: str, body: SettleBody
) -> Response:
    """Say that a thread is not settled after all."""
    return reply(await threading.reopen(services, caller, thread, body.text))


@router.get("/proposals/{proposal}/drafts", **answers(DraftList))
async def drafts(services: TheServices, caller: TheCaller, proposal: str) -> Response:
    """List what the caller wrote and has not published."""
    return reply(DraftList(await drafting.drafts(services, caller, proposal)))


@router.post("/proposals/{proposal}/drafts/{draft}", **answers(DraftRemark))
async def keep_draft(
    services: TheServices, caller: TheCaller, proposal: str, draft: str, body: RemarkDraftBody
) -> Response:
    """Keep a draft, over the caller's one of the same id."""
    return reply(await drafting.keep(services, caller, proposal, body.draft(draft)))


@router.delete("/proposals/{proposal}/drafts/{draft}", **answers(Done))
async def drop_draft(
    services: TheServices, caller: TheCaller, proposal: str, draft: str
) -> Response:
    """Forget a draft."""
    await drafting.drop(services, caller, proposal, draft)
    return reply(Done())


@router.post("/proposals/{proposal}/publish-drafts", **answers(ReviewState))
async def publish_drafts(
    services: TheServices, caller: TheCaller, proposal: str, body: PublishBody
) -> Response:
    """Publish drafts without deciding anything: all of them, or none."""
    return reply(await drafting.publish(services, caller, proposal, body.drafts))


@router.get("/proposals/{proposal}/change-requests", **answers(ChangeRequests))
async def change_requests(services: TheServices, caller: TheCaller, proposal: str) -> Response:
    """Say what the author is asked to settle in its next revision."""
    return reply(await requests.change_requests(services, caller, proposal))
