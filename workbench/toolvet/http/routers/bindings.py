"""Secrets and mounts: what operators bind for tools."""

from fastapi import APIRouter
from starlette.responses import Response

from toolvet.client.shapes import Done, MountList, SecretList
from toolvet.engine import mounts as mounting
from toolvet.engine import needs
from toolvet.engine import secrets as engine
from toolvet.http.answers import answers, reply
from toolvet.http.bodies import SecretBody, SignedBody
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.strict import StrictRoute
from toolvet_reviews.views import MountView, SecretView

router = APIRouter(tags=["secrets and mounts"], route_class=StrictRoute)


@router.get("/secrets", **answers(SecretList))
async def secrets(services: TheServices, caller: TheCaller) -> Response:
    """List the secrets that are set, without their values, and those that tools still need."""
    items = await engine.secrets(services, caller)
    return reply(SecretList(tuple(items), await needs.everywhere(services, "secret")))


@router.post("/secrets", **answers(SecretView))
async def set_secret(services: TheServices, caller: TheCaller, body: SecretBody) -> Response:
    """Set a secret, signed."""
    return reply(await engine.set_secret(services, caller, *body.parts()))


@router.post("/secrets/rotate", **answers(SecretView))
async def rotate(services: TheServices, caller: TheCaller, body: SecretBody) -> Response:
    """Take another value for a secret, signed; where it may go stays as it is."""
    return reply(await engine.rotate_secret(services, caller, *body.parts()))


@router.delete("/secrets/{name}", **answers(Done))
async def delete(services: TheServices, caller: TheCaller, name: str, reason: str = "") -> Response:
    """Forget a secret."""
    await engine.delete_secret(services, caller, name, reason)
    return reply(Done())


@router.get("/mounts", **answers(MountList))
async def mounts(services: TheServices, caller: TheCaller) -> Response:
    """List the folders that are bound, and those that tools still need."""
    items = await mounting.mounts(services, caller)
    return reply(MountList(tuple(items), await needs.everywhere(services, "mount")))


@router.post("/mounts", **answers(MountView))
async def bind(services: TheServices, caller: TheCaller, body: SignedBody) -> Response:
    """Bind a folder to a name, signed."""
    envelope, document = body.envelope.encode(), body.document.encode()
    return reply(await mounting.bind_mount(services, caller, envelope, document))


@router.delete("/mounts/{name}", **answers(Done))
async def unbind(services: TheServices, caller: TheCaller, name: str, reason: str = "") -> Response:
    """Take a folder away."""
    await mounting.unbind_mount(services, caller, name, reason)
    return reply(Done())
