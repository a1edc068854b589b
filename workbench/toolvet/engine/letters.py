"""Dead letters of whole calls: what every declared attempt failed is kept, not lost.

A letter is written in the transaction that records the call. A request that fails again while its
letter is open adds to that letter, so that a caller who insists makes one letter and not a hundred.
"""

from dataclasses import dataclass, replace

from toolvet.config import stamp, uuid7
from toolvet.engine.catalogue import Served
from toolvet.engine.retry import Tried
from toolvet.engine.services import Services
from toolvet.storage import Unit
from toolvet.storage.rows import DeadRow
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import CallView

_REASON = 4000


@dataclass(frozen=True)
class Letter:
    """A letter that is to be written."""

    row: DeadRow
    service: str
    """Id of the service, which writes it."""


def of_call(
    services: Services,
    served: Served,
    caller: Caller,
    *,
    arguments: JsonObject,
    key: str | None,
    tried: Tried,
    answer: CallView,
) -> Letter:
    """Make the letter of a call whose attempts are exhausted.

    Args:
        arguments: As they were validated.
        key: The caller's own idempotency key; None without.
        tried: With `exhausted` set.
        answer: What the caller is told: id, code and message.
    """
    row = DeadRow(
        id=uuid7(),
        tool=f"{served.manifest.toolset}/{served.manifest.name}",
        release_digest=served.digest,
        call=answer.id,
        item=None,
        reason=answer.message[:_REASON],
        at=stamp(services.clock()),
        caller=caller.id,
        key=key,
        arguments=arguments,
        code=answer.code,
        attempts=tried.attempts,
    )
    return Letter(row, services.service_id)


def add(unit: Unit, letter: Letter) -> str:
    """Write a letter and its entry in the caller's transaction; answer the letter's id."""
    new = letter.row
    row = new
    older = unit.calls.dead_of_call(new.tool, new.caller or "", new.key, new.arguments)
    if older is not None:
        attempts = (older.attempts or 0) + (new.attempts or 0)
        row = replace(new, id=older.id, at=older.at, attempts=attempts)
    unit.calls.save_dead(row)
    unit.append(
        EntryDraft(
            verb=Verb.DEAD_ADD,
            actor=letter.service,
            actor_kind="service",
            auth="service",
            seat="service",
            target_kind="dead_letter",
            target_id=row.id,
            digest=row.release_digest,
            facts={"call": row.call, "attempts": row.attempts},
        )
    )
    return row.id
