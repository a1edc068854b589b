"""Call a published tool: grant, schema, idempotency, sandbox, schema, record, answer."""

import asyncio
import functools
from dataclasses import replace

from toolvet.config import stamp
from toolvet.engine import artifacts, called, claims, contracts, letters, needs, retry
from toolvet.engine.called import Request
from toolvet.engine.catalogue import Served
from toolvet.engine.claims import Claimed
from toolvet.engine.host import CallHost, Progress
from toolvet.engine.images import image_of
from toolvet.engine.letters import Letter
from toolvet.engine.reach import binds, events_of, reach_of
from toolvet.engine.record import write_records
from toolvet.engine.retry import Tried
from toolvet.engine.services import Services
from toolvet.errors import ConflictError
from toolvet.sandbox import Limits, Outcome, cpu_seconds
from toolvet.sandbox.pool import PATIENCE_S
from toolvet.storage import Unit
from toolvet_reviews import canonical
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import CallView

GRACE_S = 5.0
"""How much longer than it may wait and run a call holds its key."""
_DEFAULTS = Limits()
_UNCLAIMED = Claimed(())


class OvertakenError(ConflictError):
    """Another run took the operation over; what this one found does not count."""

    code = "call.overtaken"
    hint = "Call again with the same key for the answer that counts."


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
        UnboundError: An operator has yet to bind a secret or mount that it declares.
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
) -> Request:
    served = services.catalogue.find(caller.principal, name, stamp(services.clock()))
    sent = canonical.normalise({} if arguments is None else arguments)
    schema = served.manifest.definition.input_schema
    taken = await artifacts.take_inline(services, schema, sent)
    checked = contracts.fit(served.check_input, name, taken)
    return called.request(services, caller, served, checked, key)


async def _claim(services: Services, request: Request) -> Claimed | JsonObject:
    if not request.operation.keys:
        return _UNCLAIMED
    lease_s = PATIENCE_S + limits_of(request.served).wall_s + GRACE_S
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
    return _limits(
        _number(said.get("wall_s"), _DEFAULTS.wall_s),
        int(_number(said.get("memory_mib"), _DEFAULTS.memory_mib)),
        int(_number(said.get("output_kib"), _DEFAULTS.output_kib)),
        int(_number(said.get("processes"), _DEFAULTS.processes)),
    )


@functools.lru_cache(maxsize=256)
def _limits(wall_s: float, memory_mib: int, output_kib: int, processes: int) -> Limits:
    return replace(
        _DEFAULTS,
        wall_s=wall_s,
        cpu_s=cpu_seconds(wall_s),
        memory_mib=memory_mib,
        output_kib=output_kib,
        processes=processes,
    )


def _number(value: Json, default: float) -> float:
    return float(value) if isinstance(value, int | float) else float(default)


class _Run:
    """One call in the sandbox, as often as its declaration says it is tried."""

    def __init__(
        self, services: Services, request: Request, held: Claimed, progress: Progress | None
    ) -> None:
        self._services = services
        self._request = request
        self._limits = limits_of(request.served)
        self.host = CallHost(services, request.served, request.id, held.fence, progress)
        self.network: list[Json] = []
        """What the network of every attempt forwarded and refused."""

    async def tried(self) -> Tried:
        """Run it to its end."""
        rule = retry.rule_of(self._request.served.manifest)
        return await retry.run(rule, self._once, wall_s=self._limits.wall_s)

    async def _once(self, _attempt: int, left_s: float) -> Outcome:
        services, request = self._services, self._request
        self.host.begin()
        reach = reach_of(services, request.served, request.id)
        try:
            outcome = await services.pool.call(
                image_of(services, request.served, reach),
                request.arguments,
                self._limits
                if left_s >= self._limits.wall_s
                else replace(self._limits, wall_s=left_s),
                self.host,
                reach.network,
                caller=request.caller.id,
                fenced=True,
            )
            return self.host.handed.outcome(outcome)
        finally:
            self.network += events_of(reach.network)


async def _run(
    services: Services, request: Request, held: Claimed, progress: Progress | None
) -> CallView:
    run = _Run(services, request, held, progress)
    try:
        if binds(request.served):  # only now: what is finished is replayed without any of it
            needs.require(services, request.served.manifest)
        tried = await run.tried()
    except asyncio.CancelledError:
        gone = called.cut_off(request, run.host.log, services.tier.tier)
        await asyncio.shield(_record(services, request, held, gone, run))
        raise
    except BaseException:
        # no process runs any more, whatever went wrong: nobody can write under this fence
        await asyncio.shield(_release(services, request, held))
        raise
    answer = called.answer(request, tried.outcome, run.host.log)
    await _record(services, request, held, answer, run, tried)
    return answer


async def _release(services: Services, request: Request, held: Claimed) -> None:
    if held.fences:
        await services.store.write(
            lambda unit: claims.finish(unit, held, request.operation, {}, done=False)
        )


async def _record(
    services: Services,
    request: Request,
    held: Claimed,
    answer: CallView,
    run: _Run,
    tried: Tried | None = None,
) -> None:
    """Keep a call: in a batch when it changed nothing, else before anybody is told."""
    record = called.record(services, request, answer, tried=tried, network=run.network)
    letter = _letter(services, request, answer, tried)
    services.recordings.note(request.served, request.arguments, answer)
    if request.served.kind in ("pure", "read") and not held.fences and letter is None:
        services.recorder.add(record)
        return

    def store(unit: Unit) -> None:
        stored: JsonObject = {"result": answer.result, "call": answer.id, "version": answer.version}
        done = answer.status == "succeeded"
        if held.fences and not claims.finish(unit, held, request.operation, stored, done=done):
            raise OvertakenError("another run took this operation over")
        write_records(unit, [record])
        if letter is not None:
            letters.add(unit, letter)

    await services.store.write(store)


def _letter(
    services: Services, request: Request, answer: CallView, tried: Tried | None
) -> Letter | None:
    if tried is None or not tried.exhausted:
        return None
    return letters.of_call(
        services,
        request.served,
        request.caller,
        arguments=request.arguments,
        key=request.key,
        tried=tried,
        answer=answer,
    )


async def _replayed(services: Services, request: Request, stored: JsonObject) -> CallView:
    answer = called.replayed(request, stored)
    record = called.record(services, request, answer)
    await services.store.write(lambda unit: write_records(unit, [record]))
    return answer
