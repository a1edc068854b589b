"""The call key: one request is delivered once, however often it is sent.

A key from the specification's arguments belongs to the tool, across callers and releases; a
caller's own key to caller and tool. Both are claimed in one transaction.
"""

import json
from dataclasses import dataclass

from toolvet.engine.catalogue import Served
from toolvet.errors import CallInProgressError, KeyMismatchError
from toolvet.storage import Unit
from toolvet.storage.rows import Fence, InProgress, Mismatch, Replay, Run
from toolvet_reviews import canonical, digests
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest, Json, JsonObject

KEEP_S = 30 * 24 * 3600.0
"""How long a finished answer is replayed; far above the longest run."""
ASK_AGAIN_S = 5.0
"""A run may hold its key for long, and be done in a moment."""
LONGEST_KEY = 255
_NOTHING = digests.sha256(b"")


@dataclass(frozen=True)
class CallKey:
    """One key of a call, and where it is valid."""

    scope: str
    key: str


@dataclass(frozen=True)
class Operation:
    """Everything that decides whether two requests are one operation.

    Without a key nothing is compared, and the digests are of nothing.
    """

    keys: tuple[CallKey, ...]
    fingerprint: Digest
    """Of the arguments that must not differ."""
    arguments: Digest
    """Of all arguments: a finished operation that has grown runs again."""
    may_grow: bool

    @property
    def digest(self) -> Digest | None:
        """Digest of the first key, for the record; None when the call has none."""
        if not self.keys:
            return None
        return digests.of_json([self.keys[0].scope, self.keys[0].key])


@dataclass(frozen=True)
class Claimed:
    """The right to run, fenced by the first key's token."""

    fences: tuple[Fence, ...]

    @property
    def fence(self) -> Fence | None:
        """What every write of the run carries; None for a call without a key."""
        return self.fences[0] if self.fences else None


def operation(
    served: Served, caller: Caller, arguments: JsonObject, own_key: str | None
) -> Operation:
    """Name the operation a request is about.

    Args:
        own_key: A key of the caller's own, at most `LONGEST_KEY` characters; None without.

    Raises:
        KeyMismatchError: The caller's key is too long.
    """
    tool = f"{served.manifest.toolset}/{served.manifest.name}"
    declared = served.manifest.idempotency or {}
    names, growing = _names(declared.get("key")), _names(declared.get("may_grow"))
    keys: list[CallKey] = []
    if names:
        named: dict[str, Json] = {name: arguments.get(name) for name in names}
        keys.append(CallKey(f"tool:{tool}", digests.of_json(named)))
    if own_key:
        if len(own_key) > LONGEST_KEY:
            raise KeyMismatchError(f"a key has at most {LONGEST_KEY} characters")
        keys.append(CallKey(f"caller:{caller.id}:{tool}", own_key))
    if not keys:
        return Operation((), _NOTHING, _NOTHING, bool(growing))
    fixed: dict[str, Json] = {n: value for n, value in arguments.items() if n not in growing}
    return Operation(tuple(keys), digests.of_json(fixed), digests.of_json(arguments), bool(growing))


def claim(
    unit: Unit, wanted: Operation, *, now: float, lease_s: float, owner: str
) -> Claimed | JsonObject:
    """Claim every key of an operation, or give the stored answer.

    Raises:
        CallInProgressError: Somebody runs it right now.
        KeyMismatchError: A key was used with other arguments.
    """
    fences: list[Fence] = []
    for key in wanted.keys:
        answer = _claim_one(unit, key, wanted, now=now, lease_s=lease_s, owner=owner)
        if not isinstance(answer, Fence):
            _give_back(unit, fences)
            return answer
        fences.append(answer)
    return Claimed(tuple(fences))


def _claim_one(
    unit: Unit, key: CallKey, wanted: Operation, *, now: float, lease_s: float, owner: str
) -> Fence | JsonObject:
    for _ in range(2):
        answer = unit.calls.claim(
            key.scope,
            key.key,
            wanted.fingerprint,
            now=now,
            lease_s=lease_s,
            keep_s=KEEP_S,
            owner=owner,
        )
        match answer:
            case Run(token):
                return Fence(key.scope, key.key, token)
            case InProgress(retry_after_s=wait):
                raise CallInProgressError(
                    "the same operation is running", retry_after_s=round(min(wait, ASK_AGAIN_S), 3)
                )
            case Mismatch():
                raise KeyMismatchError("the key was used with other arguments")
            case Replay(result):
                stored = canonical.parse(result)
                assert isinstance(stored, dict)  # noqa: S101  `finish` wrote it
                if not wanted.may_grow or stored.get("arguments") == wanted.arguments:
                    return stored
                unit.calls.reopen(key.scope, key.key)
    raise CallInProgressError("the operation was taken over", retry_after_s=1.0)


def _give_back(unit: Unit, fences: list[Fence]) -> None:
    for fence in fences:
        unit.calls.finish(fence.scope, fence.key, fence.token, state="unfinished")


def finish(unit: Unit, held: Claimed, wanted: Operation, answer: JsonObject, *, done: bool) -> bool:
    """End the run; False when it was overtaken, and its answer does not count.

    Args:
        answer: What is replayed when `done`.
        done: False lets the operation run again under the same key.
    """
    # not canonical: a replay keeps the order of keys that the tool gave its result
    stored = json.dumps({**answer, "arguments": wanted.arguments}).encode()
    kept = [
        unit.calls.finish(
            fence.scope,
            fence.key,
            fence.token,
            state="done" if done else "unfinished",
            result=stored if done else None,
        )
        for fence in held.fences
    ]
    return all(kept)


def _names(value: Json) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, list) else ()
