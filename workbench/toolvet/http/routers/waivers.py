"""Waivers: what people overruled."""

from fastapi import APIRouter
from starlette.responses import Response

from toolvet.client.shapes import WaiverList
from toolvet.engine import waivers_shown
from toolvet.http.answers import answers, reply
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.strict import StrictRoute

router = APIRouter(tags=["decisions"], route_class=StrictRoute)


@router.get("/waivers", **answers(WaiverList))
async def waivers(services: TheServices, caller: TheCaller) -> Response:
    """List the waivers that were given, expired ones too."""
    return reply(WaiverList(tuple(await waivers_shown.all_waivers(services, caller))))
