"""The service itself: which it is, whether it is up, its health, its end."""

import os

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from toolvet.client.shapes import API, DoctorReport, Done, Health
from toolvet.config import VERSION
from toolvet.engine import doctor as engine
from toolvet.engine import people
from toolvet.engine.services import Services
from toolvet.errors import ForbiddenError
from toolvet.http import metrics
from toolvet.http.answers import answers, reply
from toolvet.http.callers import Anyone, TheCaller, TheServices, need_local
from toolvet.http.strict import StrictRoute
from toolvet_reviews.principals import Caller
from toolvet_reviews.views import PrincipalView, ServiceView

router = APIRouter(tags=["service"], route_class=StrictRoute)
public = APIRouter(tags=["service"])


@public.get("/healthz", **answers(Health))
@router.get("/health", **answers(Health))
async def health(services: TheServices) -> Response:
    """Say that the service is up; needs no token."""
    return reply(Health(ok=True, service_id=services.service_id, version=VERSION, pid=os.getpid()))


@public.get("/metrics", response_class=PlainTextResponse)
async def read_metrics(services: TheServices, request: Request) -> Response:
    """Give the metrics in Prometheus's text format; counts only, so no token."""
    text = metrics.text(services, request.app.state.answers)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


@router.get("/service", **answers(ServiceView))
async def service(services: TheServices, caller: Anyone) -> Response:
    """Say which service this is: what a face checks before it trusts or signs anything."""
    view = ServiceView(
        service_id=services.service_id,
        version=VERSION,
        api=API,
        log_key=services.log_key.verifier_key,
        checkpoint=services.standing.note,
        policy_digest=services.standing.policy,
        preset=services.standing.rules.preset,
        tier=services.tier.tier,
        me=await _me(services, caller),
    )
    return reply(view)


async def _me(services: Services, caller: Caller) -> PrincipalView | None:
    shown = await people.principals(services, caller)
    return next((found for found in shown if found.id == caller.id), None)


@router.get("/doctor", **answers(DoctorReport))
async def doctor(services: TheServices, caller: TheCaller) -> Response:
    """Look at everything."""
    return reply(DoctorReport(tuple(await engine.doctor(services, caller))))


@router.post("/doctor/fix", **answers(DoctorReport))
async def fix(services: TheServices, caller: TheCaller) -> Response:
    """Look at everything, and mend what can be mended without asking."""
    if caller.auth != "local" and not caller.has("operator"):
        raise ForbiddenError("mending needs the local token or the role operator")
    return reply(DoctorReport(tuple(await engine.doctor(services, caller, fix=True))))


@router.post("/stop", **answers(Done))
async def stop(services: TheServices, caller: TheCaller) -> Response:
    """End the service; what is in flight goes on at the next start."""
    need_local(caller)
    services.stopping.set()
    return reply(Done())
