"""Proposals: submit, revise, try out, look."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from toolvet.client.shapes import BundleFiles
from toolvet.engine import dossier as dossiers
from toolvet.engine import draft as drafting
from toolvet.engine import look
from toolvet.engine import revise as revising
from toolvet.engine import submit as submitting
from toolvet.errors import NotFoundError
from toolvet.http.answers import answers, raw, reply
from toolvet.http.bodies import DraftBody, SubmitBody
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.remark_bodies import ReviseBody
from toolvet.http.strict import StrictRoute
from toolvet_reviews.digests import is_digest
from toolvet_reviews.views import CallView, ProposalView

router = APIRouter(tags=["proposals"], route_class=StrictRoute)

Revision = Annotated[int | None, Query(ge=1, le=1_000_000)]


@router.post("/proposals", **answers(ProposalView))
async def submit(services: TheServices, caller: TheCaller, body: SubmitBody) -> Response:
    """Submit a bundle; the same bytes by the same author are the same proposal."""
    if body.source is None:
        files = body.all_files()
        return reply(await submitting.submit(services, caller, files, again=body.again))
    view = await submitting.submit_inline(
        services,
        caller,
        body.source,
        body.all_examples(),
        filename=body.filename,
        toolset=body.toolset,
        again=body.again,
    )
    return reply(view)


@router.post("/proposals/{proposal}/revisions", **answers(ProposalView))
async def revise(
    services: TheServices, caller: TheCaller, proposal: str, body: ReviseBody
) -> Response:
    """Hand in another revision of an open proposal, with answers to what was asked."""
    answered = body.all_answers()
    if body.source is None:
        files = body.all_files()
        view = await revising.revise(services, caller, proposal, files, answers=answered)
        return reply(view)
    view = await revising.revise_inline(
        services,
        caller,
        proposal,
        body.source,
        body.all_examples(),
        filename=body.filename,
        toolset=body.toolset,
        answers=answered,
    )
    return reply(view)


@router.post("/revisions/{revision}/call", **answers(CallView))
async def draft(
    services: TheServices, caller: TheCaller, revision: str, body: DraftBody
) -> Response:
    """Call a revision of one's own before it is approved; its author only, against fakes."""
    return reply(await drafting.draft(services, caller, revision, body.arguments))


@router.get("/proposals/{proposal}", **answers(ProposalView))
async def show(
    services: TheServices, caller: TheCaller, proposal: str, revision: Revision = None
) -> Response:
    """Show one proposal with the verdict on a revision, by default the newest."""
    return reply(await look.show(services, caller, proposal, revision))


@router.get("/proposals/{proposal}/wait", **answers(ProposalView))
async def wait(
    services: TheServices,
    caller: TheCaller,
    proposal: str,
    wait_s: Annotated[float, Query(ge=0, le=50)] = 20.0,
) -> Response:
    """Show one proposal as soon as the machine's verdict is there."""
    return reply(await look.wait(services, caller, proposal, wait_s))


@router.get("/proposals/{proposal}/dossier", response_class=Response)
async def dossier(services: TheServices, caller: TheCaller, proposal: str) -> Response:
    """Give the dossier's bytes; their SHA-256 is what a vote names."""
    return raw(await dossiers.dossier(services, caller, proposal), "application/json")


@router.get("/proposals/{proposal}/files", **answers(BundleFiles))
async def files(
    services: TheServices, caller: TheCaller, proposal: str, revision: Revision = None
) -> Response:
    """Give a revision's files."""
    found = await dossiers.files(services, caller, proposal, revision)
    return reply(BundleFiles.of(found))


@router.get("/blobs/{digest}", response_class=Response)
async def blob(services: TheServices, caller: TheCaller, digest: str) -> Response:
    """Give stored bytes by digest."""
    if not is_digest(digest):
        raise NotFoundError(f"not a digest: {digest[:80]!r}")
    return raw(await dossiers.blob(services, caller, digest))
