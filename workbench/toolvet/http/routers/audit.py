"""The audit log, as bytes to verify elsewhere: asking a service to verify itself proves nothing."""

import json
from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from toolvet.audit.notes import encode_hashes
from toolvet.client.shapes import CheckpointNote, Done, EntryList, ProofHashes
from toolvet.engine import audit as engine
from toolvet.http.answers import answers, reply
from toolvet.http.bodies import EraseBody
from toolvet.http.callers import TheCaller, TheServices
from toolvet.http.strict import StrictRoute
from toolvet_reviews.values import JsonObject

router = APIRouter(prefix="/audit", tags=["audit"], route_class=StrictRoute)

_CHUNK_BYTES = 256 * 1024
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)

Position = Annotated[int, Query(ge=0, le=2**53 - 1)]


@router.get("/entries", response_class=StreamingResponse)
async def entries(
    services: TheServices, caller: TheCaller, start: Position = 0, end: Position | None = None
) -> Response:
    """Stream entries as newline-delimited JSON, with what they commit to; itself an entry."""
    last = await engine.record_export(services, caller, start, end or 0)
    found = engine.export(services, start, last)
    return StreamingResponse(_lines(found), media_type="application/x-ndjson")


def _lines(found: Iterable[JsonObject]) -> Iterator[bytes]:
    """Write one object a line, many lines at once: each chunk takes Starlette a change of threads."""
    chunk = bytearray()
    for item in found:
        chunk += _ENCODER.encode(item).encode("ascii") + b"\n"
        if len(chunk) >= _CHUNK_BYTES:
            yield bytes(chunk)
            chunk.clear()
    yield bytes(chunk)


@router.get("/log", **answers(EntryList))
async def log(
    services: TheServices,
    caller: TheCaller,
    cursor: Position | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """List entries, newest first."""
    page = await engine.log_page(services, caller, end=cursor, limit=limit)
    oldest = page[-1]["index"] if page else 0
    return reply(EntryList(tuple(page), str(oldest) if oldest else None))


@router.get("/state", response_class=Response)
async def state(services: TheServices, caller: TheCaller) -> Response:
    """Give the tables that are compared with what the entries say."""
    return reply(await engine.state(services, caller))


@router.get("/checkpoint", **answers(CheckpointNote))
async def checkpoint(services: TheServices, _: TheCaller) -> Response:
    """Give the newest signed checkpoint."""
    return reply(CheckpointNote(await engine.checkpoint(services)))


@router.get("/consistency", **answers(ProofHashes))
async def consistency(services: TheServices, old: Position, new: Position) -> Response:
    """Prove that one size of the log extends another; hashes only, so no token."""
    return reply(ProofHashes(tuple(encode_hashes(await engine.consistency(services, old, new)))))


@router.get("/inclusion", **answers(ProofHashes))
async def inclusion(
    services: TheServices, caller: TheCaller, index: Position, size: Position
) -> Response:
    """Prove that an entry is in the log."""
    hashes = await engine.inclusion(services, caller, index, size)
    return reply(ProofHashes(tuple(encode_hashes(hashes))))


@router.post("/erase", **answers(Done))
async def erase(services: TheServices, caller: TheCaller, body: EraseBody) -> Response:
    """Erase one payload; its commitment and every proof stay."""
    await engine.erase(services, caller, body.index, body.name, body.reason)
    return reply(Done())
