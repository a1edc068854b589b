"""Dead letters: look, replay by a signed act, discard."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from toolvet.client.dead import DeadList, ReplayedLetter
from toolvet.engine import dead as engine
from toolvet.engine import replay as replaying
from toolvet.http.answers import answers, reply
from toolvet.http.bodies import ReasonBody, SignedBody
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.strict import StrictRoute
from toolvet_reviews.views import DeadView

router = APIRouter(prefix="/dead", tags=["dead letters"], route_class=StrictRoute)


@router.get("", **answers(DeadList))
async def letters(
    services: TheServices,
    caller: TheCaller,
    *,
    everything: bool = False,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List the letters that wait, oldest first; with `everything`, settled ones too."""
    page, after = await engine.letters(
        services, caller, everything=everything, cursor=cursor, limit=limit
    )
    return reply(DeadList(tuple(page), after))


@router.get("/{letter}", **answers(DeadView))
async def letter(services: TheServices, caller: TheCaller, letter: str) -> Response:
    """Show one letter with its arguments, and whether a replay would be let through."""
    return reply(await engine.letter(services, caller, letter))


@router.post("/{letter}/replay", **answers(ReplayedLetter))
async def replay(
    services: TheServices, caller: TheCaller, letter: str, body: SignedBody
) -> Response:
    """Call its tool again as the original caller and under the same key, signed."""
    done = await replaying.replay(
        services, caller, letter, body.envelope.encode(), body.document.encode()
    )
    return reply(ReplayedLetter(done.letter, done.answer))


@router.post("/{letter}/discard", **answers(DeadView))
async def discard(
    services: TheServices, caller: TheCaller, letter: str, body: ReasonBody
) -> Response:
    """Give it up for good; it only takes away, so no signature."""
    return reply(await engine.discard(services, caller, letter, body.reason))
