"""Looking closer and deciding at once: trials, cases that are kept, sittings, and bulks."""

from fastapi import APIRouter
from starlette.responses import Response

from toolvet.client.review_shapes import SittingView
from toolvet.engine import bulk as bulks
from toolvet.engine import kept_cases, sittings, trials
from toolvet.http.answers import answers, reply
from toolvet.http.bodies import BulkBody, CaseBody, SittingBody, TryBody
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.strict import StrictRoute
from toolvet_reviews.review_views import BulkResult, ReviewState, TryView

router = APIRouter(tags=["decisions"], route_class=StrictRoute)


@router.post("/proposals/{proposal}/try", **answers(TryView))
async def try_out(
    services: TheServices, caller: TheCaller, proposal: str, body: TryBody
) -> Response:
    """Run a candidate in the sandbox with one's own arguments, against fakes."""
    return reply(
        await trials.try_out(services, caller, proposal, body.arguments, revision=body.revision)
    )


@router.post("/proposals/{proposal}/cases", **answers(ReviewState))
async def keep_case(
    services: TheServices, caller: TheCaller, proposal: str, body: CaseBody
) -> Response:
    """Keep arguments and what they must give as a test of the proposal."""
    case = kept_cases.Wanted(body.name, body.arguments, body.expected, body.code, body.note)
    return reply(await kept_cases.keep(services, caller, proposal, case))


@router.delete("/proposals/{proposal}/cases/{case}", **answers(ReviewState))
async def drop_case(services: TheServices, caller: TheCaller, proposal: str, case: str) -> Response:
    """Keep a case no longer."""
    return reply(await kept_cases.drop(services, caller, proposal, case))


@router.post("/proposals/{proposal}/verify-again", **answers(ReviewState))
async def verify_again(services: TheServices, caller: TheCaller, proposal: str) -> Response:
    """Verify the newest revision once more, with the cases that were kept since."""
    return reply(await kept_cases.verify_again(services, caller, proposal))


@router.post("/proposals/{proposal}/sitting", **answers(SittingView))
async def sit(
    services: TheServices, caller: TheCaller, proposal: str, body: SittingBody
) -> Response:
    """Tell what is on one's screen."""
    told = sittings.Told(body.revision, body.sitting, body.looked_s, tuple(body.parts))
    return reply(await sittings.sit(services, caller, proposal, told))


@router.post("/bulk", **answers(BulkResult))
async def bulk(services: TheServices, caller: TheCaller, body: BulkBody) -> Response:
    """Do one thing to exactly the items that were shown."""
    return reply(await bulks.bulk(services, caller, body.order()))
