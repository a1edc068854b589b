"""Published tools: list, call, roll back, stop; and the record of calls."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from toolvet.client.shapes import (
    CallItem,
    CallList,
    Done,
    MatchList,
    ReleaseItem,
    ReleaseList,
    ToolList,
)
from toolvet.engine import audit
from toolvet.engine import call as calling
from toolvet.engine import disable as disabling
from toolvet.engine import rollback as rolling
from toolvet.engine import search as searching
from toolvet.engine import tools as engine
from toolvet.http.answers import answers, reply
from toolvet.http.bodies import CallBody, ReasonBody, RollbackBody
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.leaving import ClientLeftError, unless_client_leaves
from toolvet.http.strict import StrictRoute
from toolvet_reviews.views import CallView, ToolView

_CLIENT_LEFT = 499
"""As proxies count it; nobody reads the answer."""

router = APIRouter(tags=["tools"], route_class=StrictRoute)


@router.get("/tools", **answers(ToolList))
async def tools(services: TheServices, caller: TheCaller, *, everything: bool = False) -> Response:
    """List the tools the caller may call; with `everything`, whatever is served or refused."""
    return reply(ToolList(tuple(await engine.tools(services, caller, everything=everything))))


@router.get("/search", **answers(MatchList))
async def search(
    services: TheServices,
    caller: TheCaller,
    query: str = "",
    limit: Annotated[int, Query(ge=1, le=searching.MOST)] = 10,
) -> Response:
    """Find tools the caller may call by what they do, best first; without words, by name."""
    return reply(MatchList(tuple(await searching.search(services, caller, query, limit))))


@router.get("/tools/{name}", **answers(ToolView))
async def tool(services: TheServices, caller: TheCaller, name: str) -> Response:
    """Show one tool with its schemas."""
    return reply(await engine.tool(services, caller, name))


@router.post("/tools/{name}/call", **answers(CallView))
async def call(
    services: TheServices, caller: TheCaller, name: str, body: CallBody, request: Request
) -> Response:
    """Call a tool; its own failure is an answer with a code, not an HTTP error.

    A client that closes the connection ends the call, and its process.
    """
    work = calling.call(services, caller, name, body.arguments, key=body.key)
    try:
        return reply(await unless_client_leaves(request, work))
    except ClientLeftError:
        return Response(status_code=_CLIENT_LEFT)


@router.get("/tools/{name}/releases", **answers(ReleaseList))
async def releases(services: TheServices, caller: TheCaller, name: str) -> Response:
    """List every version of a tool, oldest first."""
    rows, served = await rolling.releases(services, caller, name)
    items = tuple(
        ReleaseItem(
            version=row.version,
            digest=row.digest,
            proposal=f"P-{row.proposal}",
            published_at=row.published_at,
            stopped=row.stopped,
            current=row.digest == served,
        )
        for row in rows
    )
    return reply(ReleaseList(items))


@router.post("/tools/{name}/rollback", **answers(ToolView))
async def rollback(
    services: TheServices, caller: TheCaller, name: str, body: RollbackBody
) -> Response:
    """Serve an earlier version again, signed."""
    reason = body.reason.note() if body.reason else None
    view = await rolling.rollback(services, caller, name, body.envelope.encode(), reason)
    return reply(view)


@router.post("/tools/{name}/disable", **answers(Done))
async def disable(
    services: TheServices, caller: TheCaller, name: str, body: ReasonBody
) -> Response:
    """Stop serving a tool; it only takes away, so no signature."""
    await disabling.disable(services, caller, name, body.reason)
    return reply(Done())


@router.get("/calls", **answers(CallList))
async def calls(
    services: TheServices, caller: TheCaller, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> Response:
    """List the newest calls, without arguments and results."""
    rows = await audit.recent_calls(services, caller, limit)
    items = tuple(
        CallItem(
            id=row.id,
            toolset=row.toolset,
            name=row.name,
            release_digest=row.release_digest,
            caller=row.caller,
            status=row.status,
            code=row.code,
            started_at=row.started_at,
            duration_ms=row.duration_ms,
            tier=row.tier,
            replayed=row.replayed,
        )
        for row in rows
    )
    return reply(CallList(items))
