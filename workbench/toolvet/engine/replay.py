"""Replaying a dead letter: a signed act, then the call as it would be made today.

The tool is called again as the original caller and under the same idempotency key. Nothing is taken
over from the day it failed: the grants of the caller and of the person who replays are checked now,
and the arguments are held against the release that runs now.
"""

from dataclasses import dataclass, replace

from toolvet.engine import acts, call, dead, entry
from toolvet.engine.catalogue import Served
from toolvet.engine.services import Services
from toolvet.storage import Unit
from toolvet.storage.rows import DeadRow
from toolvet_reviews import canonical, digests, statements
from toolvet_reviews.errors import StatementError
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import CallView, DeadView


@dataclass(frozen=True)
class Replayed:
    """A letter after its replay, and what the call answered."""

    letter: DeadView
    answer: CallView


async def replay(
    services: Services, caller: Caller, letter_id: str, envelope: bytes, document: bytes
) -> Replayed:
    """Call again what a letter says, signed by an operator or reviewer.

    The act is in the log before the tool runs. The letter is settled when the call succeeds; else it
    stays open, with one more attempt and the newest reason.

    Args:
        document: Canonical bytes with id, tool, release, arguments (a digest); the act's subject.

    Raises:
        DeadNotFoundError: None such.
        DeadSettledError: Somebody was faster.
        DeadChangedError: It was signed about another release or other arguments.
        NotReplayableError: The tool, the arguments or the caller are gone.
        ReplayGrantError: The caller's grant, or the person's, does not cover the tool.
        ArgumentsError: The release that runs now takes other arguments.
        SignatureError: The act does not hold.
    """
    with services.refusals.recorded(caller, Verb.DEAD_REPLAY, (dead.DOCUMENT, letter_id[:40])):
        request = await services.store.query(lambda view: dead.find(view, caller, letter_id))
        dead.needs_open(request.row)
        served = dead.serving(services, request.row)
        original = dead.original(services, request)
        arguments = dead.fitting(served, request)
        _same(document, said(request.row, served, arguments))
        person = await _enter(services, caller, request.row, served, envelope, document)
    answer = await call.call(
        services,
        Caller(original, "service", "service"),
        served.name,
        arguments,
        key=request.row.key,
    )
    row = await _conclude(services, request.row, person, answer)
    return Replayed(dead.view_of(services, row), answer)


def said(row: DeadRow, served: Served, arguments: JsonObject) -> JsonObject:
    """Say in a document's fields what a replay does."""
    return {
        "id": row.id,
        "tool": row.tool,
        "release": served.digest,
        "arguments": digests.of_json(arguments),
    }


def _same(document: bytes, meant: JsonObject) -> None:
    fields = statements.parse_document(document, dead.DOCUMENT)
    if set(fields) != set(meant):
        raise StatementError(f"expected {', '.join(meant)}")
    other = [name for name in meant if fields[name] != meant[name]]
    if other:
        raise dead.DeadChangedError(f"the act names another {other[0]}")


async def _enter(
    services: Services,
    caller: Caller,
    row: DeadRow,
    served: Served,
    envelope: bytes,
    document: bytes,
) -> Caller:
    """Put the act on record; answer the person who signed it."""

    def enter(unit: Unit) -> Caller:
        current = unit.calls.dead_letter(row.id)
        dead.needs_open(current or row)
        accepted = acts.accept(
            services,
            unit,
            envelope,
            verb=Verb.DEAD_REPLAY,
            target=(dead.DOCUMENT, row.id),
            subject=digests.sha256(document),
            seat=caller.seat,
        )
        dead.granted(services, accepted.actor.principal, row)
        unit.append(
            entry.by(
                accepted.actor,
                Verb.DEAD_REPLAY,
                (dead.DOCUMENT, row.id),
                digest=digests.sha256(document),
                act=accepted.envelope,
                policy=services.standing.policy,
                facts={"dead": row.id},
                payloads={"document": canonical.parse(document)},
            )
        )
        return accepted.actor

    return await services.store.write(enter)


async def _conclude(services: Services, row: DeadRow, person: Caller, answer: CallView) -> DeadRow:
    """Settle the letter when the call succeeded, else leave it with what was learned."""

    def conclude(unit: Unit) -> DeadRow:
        now = unit.calls.dead_letter(row.id) or row
        if not now.is_open:
            return now
        if _is_done(row, answer):
            now = dead.settled(services, now, "replayed", person.id)
        elif now.call != answer.id:  # else exhausting its attempts has added to it already
            now = _learned(now, answer)
        unit.calls.save_dead(now)
        return now

    return await services.store.write(conclude)


def _is_done(row: DeadRow, answer: CallView) -> bool:
    """Tell whether the call did what the letter is about.

    The answer of an operation that had ended is given again without trying an item that it gave up.
    """
    return answer.status == "succeeded" and not (row.is_item and answer.replayed)


def _learned(row: DeadRow, answer: CallView) -> DeadRow:
    if row.is_item:
        return row
    return replace(
        row,
        call=answer.id,
        code=answer.code or answer.status,
        reason=(answer.message or row.reason)[: dead.LONGEST_REASON],
        attempts=(row.attempts or 0) + 1,
    )
