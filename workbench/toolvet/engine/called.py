"""What is told and kept of one call: the caller's answer, the row, and the entry in the log."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolvet.config import stamp, uuid7
from toolvet.engine import claims, contracts, entry
from toolvet.engine.catalogue import Served
from toolvet.engine.claims import Operation
from toolvet.engine.record import CallRecord
from toolvet.engine.retry import Tried
from toolvet.engine.services import Services
from toolvet.sandbox import Outcome
from toolvet.storage.rows import CallRow
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Json, JsonObject, Tier
from toolvet_reviews.views import CallView


@dataclass(frozen=True)
class Request:
    """One call on its way."""

    id: str
    caller: Caller
    served: Served
    arguments: JsonObject
    """As they were validated."""
    key: str | None
    """The caller's own."""
    operation: Operation
    started: float
    started_at: str


def request(
    services: Services, caller: Caller, served: Served, arguments: JsonObject, key: str | None
) -> Request:
    """Begin a call whose arguments fit.

    Raises:
        KeyMismatchError: The caller's key is too long.
    """
    return Request(
        id=uuid7(),
        caller=caller,
        served=served,
        arguments=arguments,
        key=key,
        operation=claims.operation(served, caller, arguments, key),
        started=time.perf_counter(),
        started_at=stamp(services.clock()),
    )


def answer(asked: Request, outcome: Outcome, log: list[JsonObject]) -> CallView:
    """Answer with what came out of the sandbox."""
    view = _blank(asked, log, outcome.tier)
    return contracts.conclude(view, outcome, asked.served.check_output)


def cut_off(asked: Request, log: list[JsonObject], tier: Tier) -> CallView:
    """Say of a call that its caller went away, and that its process is gone."""
    return replace(_blank(asked, log, tier), code="call.cancelled", message="the caller went away")


def replayed(asked: Request, stored: JsonObject) -> CallView:
    """Answer with what a finished operation answered."""
    return replace(_blank(asked), status="succeeded", result=stored.get("result"), replayed=True)


def record(
    services: Services,
    asked: Request,
    said: CallView,
    *,
    tried: Tried | None = None,
    network: list[Json] | None = None,
) -> CallRecord:
    """Write down a call.

    Args:
        said: What the caller is told.
        tried: How often it was run; None when it was not, or not to its end.
        network: What its network forwarded and refused.
    """
    payloads: JsonObject = {"arguments": asked.arguments, "result": said.result}
    if network:
        payloads["network"] = network
    if tried is not None and tried.history:
        payloads["attempts"] = [*tried.history]
    draft = entry.by(
        asked.caller,
        Verb.CALL_RUN,
        ("call", asked.id),
        digest=asked.served.digest,
        outcome="ok" if said.status in ("succeeded", "incomplete") else "failed",
        code=said.code,
        tier=services.tier.tier,
        facts={
            "status": said.status,
            "duration_us": round(said.duration_ms * 1000),
            "version": said.version,
            "key": asked.operation.digest,
            "replayed": said.replayed,
            "attempt": tried.attempts if tried else 1,
        },
        payloads=payloads,
    )
    return CallRecord(_row(asked, said), draft)


def _row(asked: Request, said: CallView) -> CallRow:
    manifest = asked.served.manifest
    return CallRow(
        id=asked.id,
        release_digest=asked.served.digest,
        toolset=manifest.toolset,
        name=manifest.name,
        caller=asked.caller.id,
        key_digest=asked.operation.digest,
        status=said.status,
        code=said.code,
        started_at=asked.started_at,
        duration_ms=said.duration_ms,
        tier=said.tier,
        result=None,
        replayed=said.replayed,
    )


def _blank(asked: Request, log: Sequence[JsonObject] = (), tier: Tier | None = None) -> CallView:
    return CallView(
        id=asked.id,
        tool=asked.served.name,
        version=asked.served.version,
        release_digest=asked.served.digest,
        status="failed",
        duration_ms=round((time.perf_counter() - asked.started) * 1000, 3),
        tier=tier,
        key=asked.operation.digest or "",
        log=tuple(log),
    )
