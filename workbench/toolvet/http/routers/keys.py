"""People's keys: only their public halves ever come here."""

from fastapi import APIRouter
from starlette.responses import Response

from toolvet.client.shapes import Done, EnrolmentCode, KeyOwner, RequestedKey
from toolvet.engine import person_keys
from toolvet.engine.services import Services
from toolvet.errors import NotFoundError
from toolvet.http.answers import answers, reply
from toolvet.http.bodies import Body, KeyRequestBody, PinBody, SignedBody
from toolvet.http.callers import Anyone, TheCaller, TheServices, need_local
from toolvet.http.strict import StrictRoute
from toolvet_reviews.values import Digest
from toolvet_reviews.views import PrincipalView

router = APIRouter(prefix="/keys", tags=["keys"], route_class=StrictRoute)


class RotateBody(SignedBody):
    """A signed change of one's own key, with proof that the new one is held."""

    proof: str


class CodeBody(Body):
    """Who gets a code."""

    name: str


@router.post("/pin", **answers(KeyOwner))
async def pin(services: TheServices, caller: TheCaller, body: PinBody) -> Response:
    """Pin the first person's key, once in the life of a service and on its host."""
    need_local(caller)
    fingerprint = await person_keys.pin_first_key(services, caller, body.public, body.proof)
    return reply(await _owner(services, fingerprint))


@router.post("/request", **answers(RequestedKey))
async def request(services: TheServices, caller: Anyone, body: KeyRequestBody) -> Response:
    """Hand in a key with a one-time code; the code is the proof, so no token."""
    name, fingerprint = await person_keys.request_key(
        services, caller, body.code, body.public, body.proof
    )
    return reply(RequestedKey(name, fingerprint))


@router.post("/enrol", **answers(PrincipalView))
async def enrol(services: TheServices, caller: TheCaller, body: SignedBody) -> Response:
    """Let a requested key count."""
    view = await person_keys.enrol_key(
        services, caller, body.envelope.encode(), body.document.encode()
    )
    return reply(view)


@router.post("/rotate", **answers(PrincipalView))
async def rotate(services: TheServices, caller: TheCaller, body: RotateBody) -> Response:
    """Let a person's new key stand for the one that signed for it."""
    view = await person_keys.rotate_key(
        services, caller, body.envelope.encode(), body.document.encode(), body.proof
    )
    return reply(view)


@router.post("/code", **answers(EnrolmentCode))
async def code(services: TheServices, caller: TheCaller, body: CodeBody) -> Response:
    """Give a person another one-time code."""
    return reply(EnrolmentCode(await person_keys.new_code(services, caller, body.name)))


@router.get("/{fingerprint}", **answers(KeyOwner))
async def owner(services: TheServices, _: Anyone, fingerprint: str) -> Response:
    """Say whose key it is, so that a face knows as whom it signs; a login comes after it."""
    return reply(await _owner(services, fingerprint))


@router.delete("/{fingerprint}", **answers(Done))
async def revoke(
    services: TheServices, caller: TheCaller, fingerprint: str, reason: str = ""
) -> Response:
    """Stop a key; what it signed before stays valid."""
    await person_keys.revoke_key(services, caller, fingerprint, reason)
    return reply(Done())


async def _owner(services: Services, fingerprint: str) -> KeyOwner:
    row = await services.store.query(lambda view: view.principals.key(fingerprint))
    if row is None:
        raise NotFoundError(f"no key {fingerprint[:80]!r}")
    ledger = services.standing.ledger
    person, key = ledger.principals.get(row.principal), ledger.keys.get(Digest(fingerprint))
    return KeyOwner(
        fingerprint=row.fingerprint,
        principal=row.principal,
        name=person.name if person else row.principal,
        state=row.state,
        public=row.public.hex(),
        enrolled=key.enrolled if key else None,
        revoked=key.revoked if key else None,
    )
