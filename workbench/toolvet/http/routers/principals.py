"""Principals, tokens and sessions."""

from fastapi import APIRouter
from starlette.responses import Response

from toolvet.client.shapes import (
    AddedPrincipal,
    Done,
    IssuedToken,
    OpenedSession,
    PrincipalList,
)
from toolvet.engine import authenticate, people, tokens
from toolvet.http.answers import answers, reply
from toolvet.http.bodies import EnvelopeBody, SignedBody, TokenBody
from toolvet.http.callers import TheCaller, TheSeat, TheServices
from toolvet.http.strict import StrictRoute

router = APIRouter(tags=["people"], route_class=StrictRoute)


@router.post("/login", **answers(OpenedSession))
async def login(services: TheServices, seat: TheSeat, body: EnvelopeBody) -> Response:
    """Open a short session with a signed statement; it comments and stops, it signs nothing."""
    return reply(OpenedSession(await authenticate.login(services, body.envelope.encode(), seat)))


@router.get("/principals", **answers(PrincipalList))
async def principals(services: TheServices, caller: TheCaller) -> Response:
    """List everybody the caller may see."""
    return reply(PrincipalList(tuple(await people.principals(services, caller))))


@router.post("/principals", **answers(AddedPrincipal))
async def add(services: TheServices, caller: TheCaller, body: SignedBody) -> Response:
    """Add a principal that a person signed for."""
    added = await people.add_principal(
        services, caller, body.envelope.encode(), body.document.encode()
    )
    return reply(AddedPrincipal(added.principal, added.token, added.code))


@router.delete("/principals/{name}", **answers(Done))
async def revoke(services: TheServices, caller: TheCaller, name: str, reason: str = "") -> Response:
    """End a principal; its old votes stay valid."""
    await people.revoke_principal(services, caller, name, reason)
    return reply(Done())


@router.post("/tokens", **answers(IssuedToken))
async def issue(services: TheServices, caller: TheCaller, body: TokenBody) -> Response:
    """Issue another bearer token for a principal; shown once."""
    token_id, token = await tokens.issue_token(services, caller, body.principal, body.expires)
    return reply(IssuedToken(token_id, token))


@router.delete("/tokens/{token}", **answers(Done))
async def revoke_token(services: TheServices, caller: TheCaller, token: str) -> Response:
    """Stop a token by its id, now."""
    await tokens.revoke_token(services, caller, token)
    return reply(Done())
