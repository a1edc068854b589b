"""Dead letters: what was given up, looked at, and discarded; `replay` calls them again.

A letter says what failed. Whether it could be called again is judged by what holds now: the grants,
the roster, and the release that is served.
"""

from dataclasses import dataclass, replace

from toolvet.config import stamp
from toolvet.engine import contracts, entry
from toolvet.engine.catalogue import Served
from toolvet.engine.services import Services
from toolvet.errors import KNOWN, ArgumentsError, ConflictError, ForbiddenError, NotFoundError
from toolvet.storage import Unit, View
from toolvet.storage.rows import DeadRow, DeadState
from toolvet_reviews import canonical, permissions
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller, Principal
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import DeadView

DOCUMENT = "dead_letter"
"""Kind of the document that a replay is signed about, and of the target of its entries."""
LONGEST_REASON = 4000


class DeadNotFoundError(NotFoundError):
    """No such letter, or not the caller's."""

    code = "dead.not_found"
    hint = "`toolvet dead list` shows what waits."


class DeadSettledError(ConflictError):
    """It was replayed or discarded before."""

    code = "dead.settled"
    hint = "`toolvet dead show` says by whom and when."


class DeadChangedError(ConflictError):
    """The act was signed about another letter, release or arguments than there are now."""

    code = "dead.changed"
    hint = "Look again with `toolvet dead show`, then sign anew."


class NotReplayableError(ConflictError):
    """There is nothing a replay could call, or nobody to call it as."""

    code = "dead.not_replayable"
    hint = "Discard it, and call the tool anew."


class ReplayGrantError(ForbiddenError):
    """The original caller, or the person who replays, may not call the tool any more."""

    code = "dead.not_granted"
    hint = "`toolvet grant add` lets them; both the caller and you need a grant."


@dataclass(frozen=True)
class Request:
    """What a letter says to call again."""

    row: DeadRow
    caller: str
    """Principal id; empty when it is not known."""
    arguments: JsonObject | None
    """None when they are not known any more."""


async def letters(
    services: Services,
    caller: Caller,
    *,
    everything: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[DeadView], str | None]:
    """List letters, oldest first; an agent sees those of its own calls.

    Args:
        everything: Settled ones too.
        cursor: What the last page answered as the next one.
        limit: At most this many, up to 200.
    """
    size = max(1, min(limit, 200))
    own = None if _sees_all(caller) else caller.id
    rows = await services.store.query(
        lambda view: view.calls.dead(
            is_open=None if everything else True, caller=own, after=cursor, limit=size + 1
        )
    )
    shown = [view_of(services, row) for row in rows[:size]]
    return shown, shown[-1].id if len(rows) > size else None


async def letter(services: Services, caller: Caller, letter_id: str) -> DeadView:
    """Show one letter with its arguments, and whether a replay would be let through.

    Raises:
        DeadNotFoundError: None such, or not the caller's.
    """
    request = await services.store.query(lambda view: find(view, caller, letter_id))
    return _whole_view(services, caller, request)


async def discard(services: Services, caller: Caller, letter_id: str, reason: str) -> DeadView:
    """Give a letter up for good, and forget what it held; it only takes away, so no signature.

    What a tool's item was stays beside the log entry, where it can be erased.
    """

    def drop(unit: Unit) -> DeadRow:
        _needs_person(caller)
        row = find(unit, caller, letter_id).row
        needs_open(row)
        gone = settled(services, row, "discarded", caller.id)
        unit.calls.save_dead(gone)
        payloads: dict[str, Json] = {"reason": reason[:LONGEST_REASON]}
        if row.is_item:
            payloads["item"] = row.item
        unit.append(
            entry.by(
                caller,
                Verb.DEAD_DISCARD,
                (DOCUMENT, row.id),
                digest=row.release_digest,
                facts={"dead": row.id},
                payloads=payloads,
            )
        )
        return gone

    with services.refusals.recorded(caller, Verb.DEAD_DISCARD, (DOCUMENT, letter_id[:40])):
        row = await services.store.write(drop)
    return view_of(services, row)


def _sees_all(caller: Caller) -> bool:
    """Tell whether a caller sees what others called with: an agent that reviews code does not."""
    reviews = caller.has("reviewer") and caller.principal.kind == "human"
    return reviews or caller.has("operator", "auditor")


def _needs_person(caller: Caller) -> None:
    if caller.principal.kind != "human" or not caller.has("operator", "reviewer"):
        raise ForbiddenError("this needs a person with the role operator or reviewer")


def needs_open(row: DeadRow) -> None:
    """Refuse what somebody has settled.

    Raises:
        DeadSettledError: It was replayed or discarded.
    """
    if not row.is_open:
        raise DeadSettledError(f"it was {row.state} at {row.settled_at}")


def find(view: View, caller: Caller, letter_id: str) -> Request:
    """Load a letter that the caller may see, with what a replay would call.

    Raises:
        DeadNotFoundError: None such, or not the caller's.
    """
    row = view.calls.dead_letter(letter_id)
    if row is None or not (_sees_all(caller) or row.caller == caller.id):
        raise DeadNotFoundError(f"no dead letter {letter_id[:40]!r}")
    if not row.is_item:
        known = row.arguments if isinstance(row.arguments, dict) else None
        return Request(row, row.caller or "", known)
    return _recorded(view, row)


def _recorded(view: View, row: DeadRow) -> Request:
    """Find the call that an item belongs to; it is not recorded when it was killed."""
    found = view.entries_about(row.call, [Verb.CALL_RUN])
    if not found:
        return Request(row, row.caller or "", None)
    bodies = {payload.name: payload.body for payload in view.payloads(found[-1].index)}
    body = bodies.get("arguments")
    known = canonical.parse(body) if body is not None else None
    return Request(row, found[-1].actor, known if isinstance(known, dict) else None)


def serving(services: Services, row: DeadRow) -> Served:
    """Find the release that a replay would run.

    Raises:
        NotReplayableError: The tool is not served any more.
    """
    for served in services.catalogue.snapshot.served.values():
        if f"{served.manifest.toolset}/{served.manifest.name}" == row.tool:
            return served
    raise NotReplayableError(f"{row.tool} is not served any more")


def original(services: Services, request: Request) -> Principal:
    """Find the original caller and check their grant as it is now.

    Raises:
        NotReplayableError: They are gone.
        ReplayGrantError: Their grant does not cover the tool any more.
    """
    principal = services.standing.ledger.principals.get(request.caller)
    if principal is None or not principal.active:
        raise NotReplayableError("who called it may do nothing any more")
    granted(services, principal, request.row)
    return principal


def granted(services: Services, principal: Principal, row: DeadRow) -> None:
    """Hold a principal's grants, as they are now, against a letter's tool.

    Raises:
        ReplayGrantError: None covers it.
    """
    served = serving(services, row)
    may = permissions.may_call(
        principal,
        services.standing.ledger.grants(),
        served.manifest.toolset,
        served.manifest.name,
        served.kind,
        stamp(services.clock()),
    )
    if not may:
        raise ReplayGrantError(f"{principal.name} has no grant for {row.tool}")


def fitting(served: Served, request: Request) -> JsonObject:
    """Hold a letter's arguments against the release that a replay would run.

    Raises:
        NotReplayableError: They are not known any more.
        ArgumentsError: They do not fit.
    """
    if request.arguments is None:
        raise NotReplayableError("the arguments of its call are not known any more")
    try:
        return contracts.fit(served.check_input, served.name, request.arguments)
    except ArgumentsError as error:
        hint = "The release that runs now takes other arguments: discard it, and call anew."
        raise ArgumentsError(str(error), hint=hint) from error


def settled(services: Services, row: DeadRow, state: DeadState, by: str) -> DeadRow:
    """Settle a letter; what it held is not kept longer than it waits."""
    at = stamp(services.clock())
    return replace(row, state=state, item=None, arguments=None, settled_at=at, settled_by=by)


def view_of(services: Services, row: DeadRow) -> DeadView:
    """Show a letter without what it holds."""
    people = services.standing.ledger.principals
    caller, settler = people.get(row.caller or ""), people.get(row.settled_by or "")
    return DeadView(
        id=row.id,
        tool=row.tool,
        state=row.state or "open",
        at=row.at,
        call=row.call,
        caller=caller.name if caller else "",
        code=row.code or "",
        reason=row.reason,
        attempts=row.attempts,
        is_item=row.is_item,
        key=row.key,
        release_digest=row.release_digest,
        settled_at=row.settled_at,
        settled_by=settler.name if settler else "",
    )


def _whole_view(services: Services, caller: Caller, request: Request) -> DeadView:
    row, view = request.row, view_of(services, request.row)
    who = services.standing.ledger.principals.get(request.caller)
    view = replace(view, caller=who.name if who else "", item=row.item, arguments=request.arguments)
    if not row.is_open:
        return view
    runs, blocked = "", ""
    try:
        served = serving(services, row)
        runs = served.digest
        original(services, request)
        fitting(served, request)
        if caller.principal.kind == "human":
            granted(services, caller.principal, row)
    except KNOWN as error:
        blocked = f"{error.code}: {error}"
    return replace(view, serving=runs, blocked=blocked)
