"""Who asks: what a handler may take as an argument."""

from typing import Annotated

from fastapi import Depends, Request

from toolvet.client.shapes import SEATS
from toolvet.engine import authenticate as engine
from toolvet.engine.services import Services
from toolvet.errors import ForbiddenError, ToolvetError
from toolvet_reviews.principals import Caller, Principal
from toolvet_reviews.values import Seat

_SEATS: dict[str, Seat] = {
    "cli": "cli",
    "tui": "tui",
    "lab": "lab",
    "notebook": "notebook",
    "mcp": "mcp",
    "http": "http",
}
assert set(_SEATS) == set(SEATS)  # noqa: S101  the client offers exactly these


class SeatError(ToolvetError):
    """A seat nobody sits at."""

    code = "request.seat"
    hint = f"X-Toolvet-Seat is one of {', '.join(SEATS)}."


def services_of(request: Request) -> Services:
    """Find the services the application was made with."""
    found: Services = request.app.state.services
    return found


def seat_of(request: Request) -> Seat:
    """Read where the caller sits; `http` when it does not say."""
    said = request.headers.get("x-toolvet-seat", "http")
    if said not in _SEATS:
        raise SeatError(f"no such seat: {said[:40]!r}")
    return _SEATS[said]


def bearer_of(request: Request) -> str | None:
    """Read the bearer token; None when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


TheServices = Annotated[Services, Depends(services_of)]
TheSeat = Annotated[Seat, Depends(seat_of)]
TheBearer = Annotated[str | None, Depends(bearer_of)]


async def caller_of(services: TheServices, bearer: TheBearer, seat: TheSeat) -> Caller:
    """Find the principal behind the token.

    Raises:
        UnauthenticatedError: No token, or one that does not stand.
    """
    return await engine.authenticate(services, bearer, seat)


async def anyone_of(services: TheServices, bearer: TheBearer, seat: TheSeat) -> Caller:
    """Find the caller, or somebody without a name who holds no role.

    For what is proved otherwise: a one-time code, a signature.
    """
    if bearer:
        return await engine.authenticate(services, bearer, seat)
    nobody = Principal(services.service_id, "nobody", "service", frozenset())
    return Caller(nobody, "service", seat)


TheCaller = Annotated[Caller, Depends(caller_of)]
Anyone = Annotated[Caller, Depends(anyone_of)]


def need_local(caller: Caller) -> None:
    """Let only those through who can read this host's home.

    Raises:
        ForbiddenError: Anybody else.
    """
    if caller.auth != "local":
        raise ForbiddenError("only with the local token in the home", hint="Do it on the host.")
