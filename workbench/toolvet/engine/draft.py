"""Draft: an author calls its own revision before anybody approved it, behind all walls and caps.

It gives the author nothing that it could not run itself, and reviewers see what was called and what
came of it. Nothing of it lasts but the record: effects are fakes, and nobody else is listed it.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from toolvet.checks import (
    compile_schema,
    definition,
)
from toolvet.checks.fakes import fakes
from toolvet.config import stamp, uuid7
from toolvet.engine import artifacts, contracts, entry
from toolvet.engine.cases import became
from toolvet.engine.draft_gate import Revision, Seen, image_of, look, ready
from toolvet.engine.draft_host import DraftHost
from toolvet.engine.host import Progress
from toolvet.engine.services import Services
from toolvet.engine.verdict import policy_limits
from toolvet.errors import KNOWN, BusyError, StorageError
from toolvet.sandbox import Outcome
from toolvet.storage import Unit
from toolvet.storage.rows import DraftRow
from toolvet_reviews import canonical, drafts
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.manifest import ToolDefinition
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest, Json, JsonObject
from toolvet_reviews.views import CallView

WAIT_S = 20.0
"""How long a draft call waits for the checks it needs; they take a second or two."""
_GRACE_S = 30.0
"""How much longer than its wall time a draft may count as running: its sandbox has to start."""


class DraftQuotaError(BusyError):
    """The author has made as many draft calls as a day has."""

    code = "draft.quota"


class DraftBusyError(BusyError):
    """Too many draft calls of the author run at once."""

    code = "draft.busy"
    hint = "Wait until one of them is done."


@dataclass(frozen=True)
class _Request:
    """One draft call on its way."""

    caller: Caller
    revision: Revision
    tool: ToolDefinition
    arguments: JsonObject
    host: DraftHost


async def draft(
    services: Services,
    caller: Caller,
    revision: str,
    arguments: object,
    *,
    progress: Progress | None = None,
    wait_s: float = WAIT_S,
) -> CallView:
    """Call a revision of one's own by its digest, whether or not its verdict is there.

    Args:
        revision: Digest of the revision, as submitting answers it.
        arguments: JSON object; held against the strict input schema after `1.0` became `1`.
        progress: Told of done, total and message while the tool works.
        wait_s: How long to wait for intake, interface and static checks.

    Returns:
        The answer, with `reviewed` false; a tool's own failure is an answer with a code.

    Raises:
        ToolNotFoundError: No such revision, or somebody else's.
        DraftClosedError: It was rejected or withdrawn.
        DraftStoppedError: A check it needs objects, or could not tell.
        DraftNotReadyError: A check it needs is not done yet.
        ArgumentsError: They do not fit.
        DraftQuotaError: Too many within a day.
        DraftBusyError: Too many at once.
        SandboxUnavailableError: Nothing may run on this host.
        LogError: The log cannot be signed.
    """
    services.standing.check()
    with services.refusals.recorded(caller, Verb.DRAFT_RUN, ("revision", revision)):
        seen = await look(services, caller, revision)
        row = await services.store.write(
            lambda unit: _reserve(services, unit, caller, seen, wait_s)
        )
        try:
            found = await ready(services, caller, revision, wait_s)
            request = await _request(services, caller, found, arguments, progress)
        except BaseException:
            await asyncio.shield(_forget(services, row))
            raise
        return await _run(services, request, row)


# --- what is called ----------------------------------------------------------------------------


async def _request(
    services: Services,
    caller: Caller,
    revision: Revision,
    arguments: object,
    progress: Progress | None,
) -> _Request:
    tool = definition(revision.bundle.spec, revision.interface)
    host = DraftHost(revision.bundle, progress)
    sent = canonical.normalise({} if arguments is None else arguments)
    taken = await artifacts.replace_inline(host.take, tool.input_schema, sent)
    return _Request(
        caller=caller,
        revision=revision,
        tool=tool,
        arguments=contracts.fit(compile_schema(tool.input_schema), tool.name, taken),
        host=host,
    )


def _reserve(services: Services, unit: Unit, caller: Caller, seen: Seen, wait_s: float) -> DraftRow:
    """Count the call before it waits and runs: neither a crash nor a race makes room for more."""
    now = services.clock()
    recent = unit.drafts.since(caller.id, stamp(now - drafts.WINDOW))
    quota_s = drafts.wait_for_quota([row.started_at for row in recent], now)
    if quota_s is not None:
        raise DraftQuotaError(
            f"{drafts.MAX_CALLS} draft calls within a day",
            hint="Wait for the decision: a reviewer sees what was tried so far.",
            retry_after_s=round(quota_s, 1),
        )
    if [became(services, row, now) for row in recent].count("running") >= drafts.AT_ONCE:
        raise DraftBusyError(f"{drafts.AT_ONCE} draft calls of yours run", retry_after_s=1.0)
    _close_cut_off(services, unit, caller, recent)
    row = DraftRow(
        id=uuid7(),
        proposal=seen.proposal.number,
        revision=seen.revision.number,
        digest=seen.revision.digest,
        author=caller.id,
        started_at=stamp(now),
        lease_s=wait_s + policy_limits(services.standing.rules).wall_s + _GRACE_S,
        owner=services.owner,
        status="running",
    )
    unit.drafts.save(row)
    return row


def _close_cut_off(
    services: Services, unit: Unit, caller: Caller, rows: Iterable[DraftRow]
) -> None:
    """Enter the calls that a crash cut off: the log tells of each, whatever it came to."""
    now = services.clock()
    for row in rows:
        if row.entry is None and became(services, row, now) == "interrupted":
            lost = replace(row, status="interrupted", code="draft.interrupted")
            said = _entry(services, caller, lost, {})
            unit.drafts.save(replace(lost, entry=unit.append(said)))


async def _forget(services: Services, row: DraftRow) -> None:
    """Give the place back to a call that never ran."""
    with contextlib.suppress(StorageError):  # its time runs out by itself
        await services.store.write(lambda unit: unit.drafts.forget(row.id))


# --- the call ------------------------------------------------------------------------------------


async def _run(services: Services, request: _Request, row: DraftRow) -> CallView:
    revision = request.revision
    row = replace(
        row,
        proposal=revision.proposal,
        revision=revision.number,
        # the checks it waited for are no time of the tool
        started_at=max(row.started_at, stamp(services.clock())),
    )
    try:
        outcome = await _play(services, request)
    except KNOWN:  # the sandbox did not start
        await _forget(services, row)
        raise
    except BaseException:
        cut_off = replace(row, status="interrupted", code="draft.interrupted")
        await asyncio.shield(_record(services, request, cut_off, None))
        raise
    answer = _answer(request, row, outcome)
    done = replace(
        row,
        status="failed" if answer.status not in ("succeeded", "incomplete") else answer.status,
        code=answer.code,
        duration_ms=answer.duration_ms,
        tier=answer.tier,
    )
    await _record(services, request, done, answer)
    return answer


async def _play(services: Services, request: _Request) -> Outcome:
    """Call it against fakes of everything that it declares."""
    revision = request.revision
    with fakes(revision.bundle) as made:
        world = made.world()
        outcome = await services.pool.call(
            made.image(image_of(services, revision)),
            request.arguments,
            revision.limits,
            request.host,
            world.network(),
        )
    request.host.note_unrecorded(world.seen)
    return outcome


def _answer(request: _Request, row: DraftRow, outcome: Outcome) -> CallView:
    view = CallView(
        id=row.id,
        tool=request.tool.name,
        version=0,
        release_digest="",  # what runs here is no release, whatever was approved meanwhile
        status="failed",
        duration_ms=round(outcome.wall_ms, 3),
        tier=outcome.tier,
        log=tuple(request.host.log),
        reviewed=False,
    )
    return contracts.conclude(view, outcome, compile_schema(request.tool.output_schema))


async def _record(
    services: Services, request: _Request, row: DraftRow, answer: CallView | None
) -> None:
    said = _entry(services, request.caller, row, _payloads(request, answer))

    def store(unit: Unit) -> None:
        unit.drafts.save(replace(row, entry=unit.append(said)))

    await services.store.write(store)


def _payloads(request: _Request, answer: CallView | None) -> dict[str, Json]:
    payloads = {"arguments": kept_text(canonical.dumps(request.arguments).decode())}
    if answer is not None and answer.status in ("succeeded", "incomplete"):
        payloads["result"] = kept_text(canonical.dumps(answer.result).decode())
    if answer is not None and answer.message:
        payloads["message"] = kept_text(answer.message)
    return payloads


def _entry(
    services: Services, caller: Caller, row: DraftRow, payloads: dict[str, Json]
) -> EntryDraft:
    return entry.by(
        caller,
        Verb.DRAFT_RUN,
        ("draft", row.id),
        digest=Digest(row.digest),
        outcome="ok" if row.status in ("succeeded", "incomplete") else "failed",
        code=row.code,
        tier=services.tier.tier,
        facts={
            "proposal": f"P-{row.proposal}",
            "revision": row.revision,
            "status": row.status,
            "duration_us": round(row.duration_ms * 1000),
        },
        payloads=payloads,
    )


def kept_text(text: str) -> Json:
    """Keep a text with its size: cut, it cannot be taken for the whole."""
    kept = drafts.keep(text)
    return {"text": kept.text, "bytes": kept.size}
