"""The event stream: server-sent events that say the log grew, until the token stops counting."""

import asyncio
import json
from collections.abc import AsyncGenerator

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from toolvet.engine import authenticate
from toolvet.engine.feed import Change, Subscription
from toolvet.engine.services import Services
from toolvet.errors import UnauthenticatedError
from toolvet.http.callers import TheBearer, TheCaller, TheServices
from toolvet.http.strict import StrictRoute
from toolvet_reviews.principals import Caller

router = APIRouter(tags=["events"], route_class=StrictRoute)

BEAT_S = 15.0
"""Between signs of life; also how soon an expired token is noticed."""


@router.get("/events", response_class=StreamingResponse)
async def events(services: TheServices, caller: TheCaller, bearer: TheBearer) -> Response:
    """Follow the log: `log` events with index, kinds and whether the catalogue may have changed."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    stream = _stream(services, caller, bearer)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _stream(services: Services, caller: Caller, bearer: str | None) -> AsyncGenerator[bytes]:
    async with services.feed.subscribe() as changes:
        yield _event("hello", {"index": services.standing.ledger.size})
        while True:
            try:
                change = await _next(changes)
            except StopAsyncIteration:
                return  # the service is stopping
            try:
                await authenticate.authenticate(services, bearer, caller.seat)
            except UnauthenticatedError as error:
                yield _event("end", {"code": error.code, "message": str(error)})
                return
            yield b": beat\n\n" if change is None else _change(change)


async def _next(changes: Subscription) -> Change | None:
    try:
        async with asyncio.timeout(BEAT_S):
            return await anext(changes)
    except TimeoutError:
        return None


def _change(change: Change) -> bytes:
    said = {"index": change.index, "catalogue": change.catalogue, "kinds": list(change.kinds)}
    return _event("log", said)


def _event(name: str, said: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(said)}\n\n".encode()
