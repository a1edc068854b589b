"""Two revisions beside each other, patches, and what a person has looked at."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from toolvet.client.review_shapes import SeenList
from toolvet.client.shapes import DiffText
from toolvet.engine import compare as comparing
from toolvet.engine import dossier as dossiers
from toolvet.engine import patch as patching
from toolvet.engine import seen as seeing
from toolvet.http.answers import answers, raw, reply
from toolvet.http.bodies import Body
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.strict import StrictRoute
from toolvet_reviews.review_views import Comparison, FileComparison, SeenMark, Whitespace

router = APIRouter(tags=["comparison"], route_class=StrictRoute)

From = Annotated[str, Query(alias="from", max_length=20)]
Revision = Annotated[int | None, Query(ge=1, le=1_000_000)]
Context = Annotated[int, Query(ge=-1, le=100_000)]
Kind = Literal["file", "evidence", "spec", "definition", "tests", "effects", "rubric"]


class MarkBody(Body):
    """One thing that was looked at."""

    kind: Kind
    name: str = Field(default="", max_length=400)
    digest: str = Field(default="", max_length=100)
    revision: int = Field(ge=1, le=1_000_000)
    at: str = Field(default="", max_length=40)
    """Taken from nobody: the service says when."""

    def mark(self) -> SeenMark:
        """The domain's form."""
        return SeenMark(self.kind, self.name, self.digest, "", self.revision)


class SeenBody(Body):
    """What was looked at, or was not after all."""

    marks: list[MarkBody] = Field(max_length=seeing.MOST_AT_ONCE)
    off: bool = False


@router.get("/proposals/{proposal}/compare", **answers(Comparison))
async def compare(
    services: TheServices,
    caller: TheCaller,
    proposal: str,
    from_: From = "published",
    to: Revision = None,
) -> Response:
    """Compare a revision with the release, an earlier one, or what the caller looked at last."""
    return reply(await comparing.compare(services, caller, proposal, from_, to))


@router.get("/proposals/{proposal}/compare/file", **answers(FileComparison))
async def compare_file(
    services: TheServices,
    caller: TheCaller,
    proposal: str,
    path: Annotated[str, Query(max_length=400)],
    from_: From = "published",
    to: Revision = None,
    whitespace: Whitespace = "exact",
    context: Context = 3,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=comparing.MOST_ROWS)] = 1000,
) -> Response:
    """Give a page of rows of one file, two columns with words marked; context below 0 is all of it."""
    found = await comparing.compare_file(
        services,
        caller,
        proposal,
        path,
        from_,
        to,
        whitespace=whitespace,
        context=context,
        offset=offset,
        limit=limit,
    )
    return reply(found)


@router.get("/proposals/{proposal}/diff", **answers(DiffText))
async def diff(
    services: TheServices,
    caller: TheCaller,
    proposal: str,
    from_: From = "published",
    to: Revision = None,
    whitespace: Whitespace = "exact",
    context: Context = 3,
) -> Response:
    """Compare as a unified diff to read, with hidden characters spelled out."""
    text = await dossiers.diff(
        services, caller, proposal, from_, to, whitespace=whitespace, context=max(0, context)
    )
    return reply(DiffText(text))


@router.get("/proposals/{proposal}/patch", response_class=Response)
async def patch(
    services: TheServices,
    caller: TheCaller,
    proposal: str,
    from_: From = "published",
    to: Revision = None,
) -> Response:
    """Give the difference as a patch that applies to the byte."""
    found = await patching.patch(services, caller, proposal, from_, to)
    return raw(found, "text/x-diff; charset=utf-8")


@router.get("/proposals/{proposal}/seen", **answers(SeenList))
async def seen(services: TheServices, caller: TheCaller, proposal: str) -> Response:
    """List what the caller has looked at."""
    return reply(SeenList(await seeing.seen(services, caller, proposal)))


@router.post("/proposals/{proposal}/seen", **answers(SeenList))
async def mark_seen(
    services: TheServices, caller: TheCaller, proposal: str, body: SeenBody
) -> Response:
    """Note what the caller looked at; a person's own session only."""
    marks = [one.mark() for one in body.marks]
    return reply(SeenList(await seeing.mark(services, caller, proposal, marks, off=body.off)))
