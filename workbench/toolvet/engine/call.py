"""Call a published tool: grant, schema, idempotency, sandbox, schema, record, answer."""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import timedelta

from toolvet.config import stamp, uuid7
from toolvet.engine import artifacts, claims, contracts, entry
from toolvet.engine.catalogue import Served
from toolvet.engine.claims import Claimed, Operation
from toolvet.engine.host import CallHost, Progress
from toolvet.engine.images import image_of
from toolvet.engine.record import CallRecord, write_records
from toolvet.engine.services import Services
from toolvet.errors import ConflictError
from toolvet.sandbox import Limits, Outcome
from toolvet.storage import Unit
from toolvet.storage.rows import CallRow
from toolvet_reviews import canonical
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest, Json, JsonObject
from toolvet_reviews.views import CallView

GRACE_S = 5.0
"""How much longer than its wall time a run may hold its key."""


class OvertakenError(ConflictError):
    """Another run took the operation over; what this one found does not count."""

    code = "call.overtaken"
    hint = "Call again with the same key for the answer that counts."


@dataclass(frozen=True)
class _Request:
    """One call on its way."""

    id: str
    caller: Caller
    served: Served
    arguments: JsonObject
    operation: Operation
    started: float
    started_at: str


async def call(
    services: Services,
    caller: Caller,
    name: str,
    arguments: object,
    *,
    key: str | None = None,
    progress: Progress | None = None,
) -> CallView:
    """Call a tool by its advertised name.

    Args:
        arguments: JSON object; held against the strict input schema after `1.0` became `1`.
        key: The caller's own idempotency key.
        progress: Told of done, total and message while the tool works.

    Returns:
        The answer; a tool's own failure is an answer with a code, not an exception.

    Raises:
        ToolNotFoundError: None of that name that the caller may call.
        ArgumentsError: They do not fit.
        KeyMismatchError: The key was used with other arguments.
        CallInProgressError: The same operation is running.
        SandboxUnavailableError: Nothing may run on this host.
        LogError: The log cannot be signed.
    """
    services.standing.check()
    with services.refusals.recorded(caller, Verb.CALL_RUN, ("tool", "call")):
        request = await _request(services, caller, name, arguments, key)
        await services.recorder.ready()
        held = await _claim(services, request)
        if isinstance(held, dict):
            return await _replayed(services, request, held)
        return await _run(services, request, held, progress)


async def _request(
    services: Services, caller: Caller, name: str, arguments: object, key: str | None
) -> _Request:
    served = services.catalogue.find(caller.principal, name, stamp(services.clock()))
    sent = canonical.normalise({} if arguments is None else arguments)
    schema = served.manifest.definition.input_schema
    taken = await artifacts.take_inline(services, schema, sent)
    checked = contracts.fit(served.check_input, name, taken)
    return _Request(
        id=uuid7(),
        caller=caller,
        served=served,
        arguments=checked,
        operation=claims.operation(served, caller, checked, key),
        started=time.perf_counter(),
        started_at=stamp(services.clock()),
    )


async def _claim(services: Services, request: _Request) -> Claimed | JsonObject:
    if not request.operation.keys:
        return Claimed(())
    lease_s = limits_of(request.served).wall_s + GRACE_S
    return await services.store.write(
        lambda unit: claims.claim(
            unit,
            request.operation,
            now=services.clock().timestamp(),
            lease_s=lease_s,
            owner=services.owner,
        )
    )


def limits_of(served: Served) -> Limits:
    """Read the caps of one call out of the approved manifest."""
    said = served.manifest.limits
    defaults = Limits()
    return replace(
        defaults,
        wall_s=_number(said.get("wall_s"), defaults.wall_s),
        memory_mib=int(_number(said.get("memory_mib"), defaults.memory_mib)),
        output_kib=int(_number(said.get("output_kib"), defaults.output_kib)),
        processes=int(_number(said.get("processes"), defaults.processes)),
    )


def _number(value: Json, default: float) -> float:
    return float(value) if isinstance(value, int | float) else float(default)


async def _run(
    services: Services, request: _Request, held: Claimed, progress: Progress | None
) -> CallView:
    host = CallHost(services, request.served, request.id, held.fence, progress)
    try:
        image = image_of(services, request.served)
        outcome = await services.pool.call(
            image, request.arguments, limits_of(request.served), host
        )
    except BaseException:
        # no process runs any more, whatever went wrong: nobody can write under this fence
        await asyncio.shield(_release(services, request, held))
        raise
    answer = _answer(request, outcome, host)
    return await _record(services, request, held, answer)


async def _release(services: Services, request: _Request, held: Claimed) -> None:
    if held.fences:
        await services.store.write(
            lambda unit: claims.finish(unit, held, request.operation, {}, done=False)
        )


def _answer(request: _Request, outcome: Outcome, host: CallHost) -> CallView:
    view = CallView(
        id=request.id,
        tool=request.served.name,
        version=request.served.version,
        release_digest=request.served.digest,
        status="failed",
        duration_ms=round((time.perf_counter() - request.started) * 1000, 3),
        tier=outcome.tier,
        key=request.operation.digest or "",
        log=tuple(host.log),
    )
    return contracts.conclude(view, outcome, request.served.check_output)


async def _record(
    services: Services, request: _Request, held: Claimed, answer: CallView
) -> CallView:
    record = _call_record(services, request, answer)
    if request.served.kind in ("pure", "read") and not held.fences:
        services.recorder.add(record)
        return answer

    def store(unit: Unit) -> None:
        stored: JsonObject = {"result": answer.result, "call": answer.id, "version": answer.version}
        done = answer.status == "succeeded"
        if held.fences and not claims.finish(unit, held, request.operation, stored, done=done):
            raise OvertakenError("another run took this operation over")
        write_records(unit, [record])

    await services.store.write(store)
    return answer


async def _replayed(services: Services, request: _Request, stored: JsonObject) -> CallView:
    answer = CallView(
        id=request.id,
        tool=request.served.name,
        version=request.served.version,
        release_digest=request.served.digest,
        status="succeeded",
        result=stored.get("result"),
        replayed=True,
        duration_ms=round((time.perf_counter() - request.started) * 1000, 3),
        key=request.operation.digest or "",
    )
    record = _call_record(services, request, answer)
    await services.store.write(lambda unit: write_records(unit, [record]))
    return answer


def _call_record(services: Services, request: _Request, answer: CallView) -> CallRecord:
    manifest = request.served.manifest
    key = request.operation.digest
    row = CallRow(
        id=request.id,
        release_digest=request.served.digest,
        toolset=manifest.toolset,
        name=manifest.name,
        caller=request.caller.id,
        key_digest=key,
        status=answer.status,
        code=answer.code,
        started_at=request.started_at,
        duration_ms=answer.duration_ms,
        tier=answer.tier,
        result=None,
        replayed=answer.replayed,
    )
    draft = entry.by(
        request.caller,
        Verb.CALL_RUN,
        ("call", request.id),
        digest=Digest(request.served.digest),
        outcome="ok" if answer.status in ("succeeded", "incomplete") else "failed",
        code=answer.code,
        tier=services.tier.tier,
        facts={
            "status": answer.status,
            "duration_us": round(timedelta(milliseconds=answer.duration_ms).total_seconds() * 1e6),
            "version": answer.version,
            "key": key,
            "replayed": answer.replayed,
        },
        payloads={"arguments": request.arguments, "result": answer.result},
    )
    return CallRecord(row, draft)
