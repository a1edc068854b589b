"""Looking back: decisions, one of them in full, what was callable, policies tried on the past."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from toolvet.client.review_shapes import CallableList, HistoryPage, PolicyTrial
from toolvet.client.shapes import Attestation
from toolvet.engine import attest, callable_then, decision, policy_trial
from toolvet.engine import history as engine
from toolvet.http.answers import answers, reply
from toolvet.http.bodies import Body
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.strict import StrictRoute
from toolvet_reviews.review_views import CheckedDecision

router = APIRouter(tags=["history"], route_class=StrictRoute)

Position = Annotated[int, Query(ge=0, le=2**53 - 1)]
Words = Annotated[str, Query(max_length=200)]


class PolicyTextBody(Body):
    """A policy that nobody has applied."""

    text: str


@router.get("/history", **answers(HistoryPage))
async def history(
    services: TheServices,
    caller: TheCaller,
    words: Words = "",
    verb: Words = "",
    tool: Words = "",
    person: Words = "",
    since: Words = "",
    until: Words = "",
    cursor: Position | None = None,
    limit: Annotated[int, Query(ge=1, le=engine.MOST)] = 50,
) -> Response:
    """List decisions and changes of what is served, newest first."""
    wanted = engine.Wanted(words, verb, tool, person, since, until)
    page = await engine.history(services, caller, wanted, before=cursor, limit=limit)
    return reply(HistoryPage(page.items, None if page.next is None else str(page.next)))


@router.get("/history/{index}", **answers(CheckedDecision))
async def show(services: TheServices, caller: TheCaller, index: int) -> Response:
    """Show one decision in full, with the evidence as it stood."""
    return reply(await decision.decision(services, caller, index))


@router.get("/callable", **answers(CallableList))
async def callable_at(
    services: TheServices, caller: TheCaller, at: Annotated[str, Query(max_length=40)]
) -> Response:
    """List what could be called at a moment, or at the end of a day."""
    then = await callable_then.callable_then(services, caller, at)
    return reply(CallableList(then.at, then.size, then.items))


@router.get("/tools/{name}/attestation", **answers(Attestation))
async def attestation(
    services: TheServices,
    caller: TheCaller,
    name: str,
    version: Annotated[int | None, Query(ge=1)] = None,
    *,
    names: bool = False,
) -> Response:
    """Attest a release: its review and the verification summary, signed by the log's key."""
    made = await attest.attest(services, caller, name, version, names=names)
    return reply(
        Attestation(
            toolset=made.toolset,
            name=made.name,
            version=made.version,
            release=made.release,
            review=made.review.decode(),
            summary=made.summary.decode(),
            votes=tuple(one.decode() for one in made.votes),
        )
    )


@router.post("/policy/try", **answers(PolicyTrial))
async def try_policy(services: TheServices, caller: TheCaller, body: PolicyTextBody) -> Response:
    """Try a policy on what was decided before; nothing is applied."""
    return reply(await policy_trial.try_policy(services, caller, body.text))
