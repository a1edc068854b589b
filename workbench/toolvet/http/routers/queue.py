"""The queue: what waits, for whom, who takes it, and what people are told."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from toolvet.client.review_shapes import NoticeList
from toolvet.client.shapes import Done, QueuePage
from toolvet.engine import assign as assigning
from toolvet.engine import notices as noticing
from toolvet.engine import queue as queues
from toolvet.engine import queue_health, review_state
from toolvet.http.answers import answers, reply
from toolvet.http.bodies import Body
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.strict import StrictRoute
from toolvet_reviews.queue_order import Order, Whose
from toolvet_reviews.review_views import QueueHealth, ReviewState
from toolvet_reviews.views import ProposalState

router = APIRouter(tags=["queue"], route_class=StrictRoute)

Limit = Annotated[int, Query(ge=1, le=200)]
Place = Annotated[str | None, Query(max_length=200)]


class AssignBody(Body):
    """Whom to ask, or to take off."""

    person: str = Field(max_length=200)
    off: bool = False


class ClaimBody(Body):
    """To take, or to give back."""

    give_back: bool = False


class SnoozeBody(Body):
    """Until when; null brings it back."""

    until: str | None = Field(max_length=40)


class ReadBody(Body):
    """Which notices were read."""

    notices: list[Annotated[str, Field(max_length=64)]] = Field(max_length=noticing.MOST_READ)


@router.get("/queue", **answers(QueuePage))
async def queue(
    services: TheServices,
    caller: TheCaller,
    cursor: Place = None,
    limit: Limit = 50,
    order: Order = "rank",
    whose: Whose = "everybody",
    words: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """List what is open, the most urgent first; an author sees its own only."""
    items, following = await queues.queue(
        services, caller, cursor=cursor, limit=limit, order=order, whose=whose, words=words
    )
    return reply(QueuePage(tuple(items), following))


@router.get("/queue/health", **answers(QueueHealth))
async def health(services: TheServices, caller: TheCaller) -> Response:
    """Say how the queue does, as a team."""
    return reply(await queue_health.health(services, caller))


@router.get("/proposals", **answers(QueuePage))
async def proposals(
    services: TheServices,
    caller: TheCaller,
    state: ProposalState | None = None,
    cursor: Place = None,
    limit: Limit = 50,
) -> Response:
    """List proposals by number, closed ones too; an author sees its own only."""
    wanted = None if state is None else (state,)
    items, following = await queues.proposals(
        services, caller, states=wanted, cursor=cursor, limit=limit
    )
    return reply(QueuePage(tuple(items), following))


@router.post("/proposals/{proposal}/assign", **answers(ReviewState))
async def assign(
    services: TheServices, caller: TheCaller, proposal: str, body: AssignBody
) -> Response:
    """Ask a person to review, or take them off it."""
    await assigning.assign(services, caller, proposal, body.person, off=body.off)
    return reply(await review_state.review_state(services, caller, proposal))


@router.post("/proposals/{proposal}/claim", **answers(ReviewState))
async def claim(
    services: TheServices, caller: TheCaller, proposal: str, body: ClaimBody
) -> Response:
    """Take a proposal on oneself, or give it back."""
    await assigning.claim(services, caller, proposal, give_back=body.give_back)
    return reply(await review_state.review_state(services, caller, proposal))


@router.post("/proposals/{proposal}/snooze", **answers(ReviewState))
async def snooze(
    services: TheServices, caller: TheCaller, proposal: str, body: SnoozeBody
) -> Response:
    """Put a proposal away until a moment, or bring it back."""
    await assigning.snooze(services, caller, proposal, body.until)
    return reply(await review_state.review_state(services, caller, proposal))


@router.get("/notices", **answers(NoticeList))
async def notices(
    services: TheServices, caller: TheCaller, *, unread: bool = True, limit: Limit = 50
) -> Response:
    """List what the caller is told, newest first."""
    found, count = await noticing.notices(services, caller, unread=unread, limit=limit)
    return reply(NoticeList(tuple(found), count))


@router.post("/notices/read", **answers(Done))
async def read(services: TheServices, caller: TheCaller, body: ReadBody) -> Response:
    """Say that notices were read."""
    await noticing.read_notices(services, caller, body.notices)
    return reply(Done())
