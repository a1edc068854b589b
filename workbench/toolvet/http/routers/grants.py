"""Grants, the policy, and consent to a lower tier."""

from fastapi import APIRouter
from starlette.responses import Response

from toolvet.client.shapes import Consent, Done, GrantList, PolicyText
from toolvet.engine import consent as consenting
from toolvet.engine import grants as engine
from toolvet.engine import policies
from toolvet.http.answers import answers, reply
from toolvet.http.bodies import PolicyBody, SignedBody
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.strict import StrictRoute
from toolvet_reviews.views import GrantView

router = APIRouter(tags=["grants and policy"], route_class=StrictRoute)


@router.get("/grants", **answers(GrantList))
async def grants(services: TheServices, caller: TheCaller) -> Response:
    """List the grants in force that the caller may see."""
    return reply(GrantList(tuple(await engine.grants(services, caller))))


@router.post("/grants", **answers(GrantView))
async def add(services: TheServices, caller: TheCaller, body: SignedBody) -> Response:
    """Grant calling, signed."""
    view = await engine.add_grant(services, caller, body.envelope.encode(), body.document.encode())
    return reply(view)


@router.delete("/grants/{grant}", **answers(Done))
async def revoke(
    services: TheServices, caller: TheCaller, grant: str, reason: str = ""
) -> Response:
    """Take a grant back."""
    await engine.revoke_grant(services, caller, grant, reason)
    return reply(Done())


@router.get("/policy", **answers(PolicyText))
async def policy(services: TheServices, _: TheCaller) -> Response:
    """Give the policy in force, as it was applied."""
    digest, text = await policies.show_policy(services)
    return reply(PolicyText(digest, text))


@router.post("/policy", **answers(PolicyText))
async def apply(services: TheServices, caller: TheCaller, body: PolicyBody) -> Response:
    """Put a policy in force, signed."""
    digest = await policies.apply_policy(services, caller, body.envelope.encode(), body.text)
    return reply(PolicyText(digest, body.text))


@router.post("/consent", **answers(Consent))
async def consent(services: TheServices, caller: TheCaller, body: SignedBody) -> Response:
    """Consent to a lower tier, signed; it takes effect at the next start."""
    tier = await consenting.consent_tier(
        services, caller, body.envelope.encode(), body.document.encode()
    )
    return reply(Consent(tier))
