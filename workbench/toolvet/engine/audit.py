"""What an auditor takes away: entries with what they commit to, proofs, and the tables to compare.

Verification itself runs in the auditor's own process: asking a service to verify itself would
prove nothing.
"""

import asyncio
from collections.abc import Iterator

from toolvet.engine import entry, remarks
from toolvet.engine.people import needs_operator
from toolvet.engine.services import Services
from toolvet.errors import ForbiddenError, NotFoundError, StorageError
from toolvet.storage import Unit, View
from toolvet.storage.rows import CallRow
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Json, JsonObject

PAGE = 1000
"""Entries read from the database at once."""
_RELEASE_VERBS = frozenset({str(Verb.RELEASE_PUBLISH), str(Verb.CHANNEL_MOVE)})


def may_audit(caller: Caller) -> None:
    """Let auditors, operators, reviewers and the local seat through.

    Raises:
        ForbiddenError: Anybody else.
    """
    if not caller.has("auditor", "operator", "reviewer"):
        raise ForbiddenError("reading the audit log needs the role auditor")


async def record_export(services: Services, caller: Caller, start: int, end: int) -> int:
    """Enter that the log was taken away; answer the size that is exported.

    The entry of the export itself comes after what is exported.

    Args:
        end: One past the last index; 0 for all there is.
    """
    may_audit(caller)
    size = services.standing.ledger.size
    last = min(end, size) if end else size
    facts = {"start": start, "end": last}
    draft = entry.by(caller, Verb.EXPORT_AUDIT, ("log", services.service_id), facts=facts)
    await services.store.write(lambda unit: unit.append(draft))
    return last


def export(services: Services, start: int, end: int) -> Iterator[JsonObject]:
    """Stream entries with payloads, acts and manifests, one JSON object each.

    Args:
        start: First index.
        end: One past the last index.
    """
    for low in range(start, end, PAGE):
        with services.store.read() as view:
            page = _page(view, low, min(low + PAGE, end))
        yield from page  # no snapshot is held while the reader is slow


def _page(view: View, start: int, end: int) -> list[JsonObject]:
    """Read a page without reading its entries: the columns beside a leaf say what belongs to it.

    Whatever was changed, here or there, goes out as it is, for the auditor to see.
    """
    payloads: dict[int, JsonObject] = {}
    for place, name, salt, body in view.payload_texts(start, end):
        payloads.setdefault(place, {})[name] = (
            None
            if salt is None or body is None
            else {"salt": salt.hex(), "body": body.decode("utf-8", "replace")}
        )
    page: list[JsonObject] = []
    for index, leaf, verb, digest, act in view.leaves(start, end):
        record: JsonObject = {
            "index": index,
            "leaf": leaf.decode("utf-8", "replace"),
            "payloads": payloads.get(index) or {},
            "act": _blob(view, act) if act else None,
        }
        if digest and verb in _RELEASE_VERBS:
            record["manifest"] = _blob(view, digest)
        page.append(record)
    return page


def _blob(view: View, digest: str) -> Json:
    try:
        return view.blob(digest).decode()
    except StorageError:
        return None  # the auditor sees that it is gone, and `doctor` says why


async def state(services: Services, caller: Caller) -> dict[str, list[JsonObject]]:
    """Dump the tables that `audit verify` compares with what the entries say."""
    may_audit(caller)
    return await services.store.query(lambda view: view.state_rows())


async def log_page(
    services: Services, caller: Caller, *, end: int | None = None, limit: int = 50
) -> list[JsonObject]:
    """List the newest entries before `end`, newest first, with their payloads."""
    may_audit(caller)
    size = services.standing.ledger.size
    last = size if end is None else max(0, min(end, size))
    first = max(0, last - max(1, min(limit, 500)))
    page = await services.store.query(lambda view: _page(view, first, last))
    return page[::-1]


async def recent_calls(services: Services, caller: Caller, limit: int) -> list[CallRow]:
    """List the newest calls, without arguments and results."""
    may_audit(caller)
    return await services.store.query(lambda view: view.calls.recent(limit))


async def checkpoint(services: Services) -> str:
    """Give a signed checkpoint that covers everything committed before it was asked for.

    Raises:
        LogError: The log cannot be signed.
    """
    if not services.standing.is_settled:
        await asyncio.to_thread(services.standing.settle)
    return services.standing.note


async def consistency(services: Services, old: int, new: int) -> list[bytes]:
    """Prove that the log of `new` entries extends the one of `old` entries."""
    _in_range(services, old, new)
    return await services.store.query(lambda view: view.consistency_proof(old, new))


async def inclusion(services: Services, caller: Caller, index: int, size: int) -> list[bytes]:
    """Prove that an entry is in the log of `size` entries."""
    may_audit(caller)
    _in_range(services, index + 1, size)
    return await services.store.query(lambda view: view.inclusion_proof(index, size))


def _in_range(services: Services, low: int, high: int) -> None:
    if not 0 < low <= high <= services.standing.ledger.size:
        raise NotFoundError(f"the log has {services.standing.ledger.size} entries")


async def erase(services: Services, caller: Caller, index: int, name: str, reason: str) -> None:
    """Erase one payload; its commitment, and every proof, stays.

    Raises:
        NotFoundError: The entry has no such payload.
        ForbiddenError: The caller is not a person with the role operator.
    """

    def forget(unit: Unit) -> None:
        needs_operator(caller)
        found = unit.entry(index)
        if found is not None and found.digest == services.standing.ledger.policy_digest:
            raise ForbiddenError(
                "the policy in force cannot be forgotten", hint="Apply another one first."
            )
        if index in _bound_by(services):
            raise ForbiddenError(
                "what is bound cannot be forgotten", hint="Delete the secret, or unbind the mount."
            )
        if not unit.erase_payload(index, name):
            raise NotFoundError(f"entry {index} has no payload {name!r} left")
        if found is not None:
            remarks.forget(unit, found.leaf, name)
        facts = {"index": index, "payload": name}
        payloads: dict[str, Json] = {"reason": reason}
        target = ("entry", str(index))
        unit.append(entry.by(caller, Verb.PAYLOAD_ERASE, target, facts=facts, payloads=payloads))

    with services.refusals.recorded(caller, Verb.PAYLOAD_ERASE, ("entry", str(index)[:20])):
        await services.store.write(forget)


def _bound_by(services: Services) -> set[int]:
    """List the entries that secrets and mounts in force rest on."""
    ledger = services.standing.ledger
    return {bound.entry for bound in (*ledger.secrets.values(), *ledger.mounts.values())}
