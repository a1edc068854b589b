"""Records of calls, and idempotency keys: a repeated request runs once and is answered twice.

Rules for the caller: claim only after the arguments were validated, and store nothing for a
request that was told to wait. A claim's token only rises, also when the key is used again after
its time, so an overtaken run never writes.
"""

from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.rows import (
    CallRow,
    Claim,
    ClaimRow,
    Fence,
    InProgress,
    Mismatch,
    Replay,
    Run,
)
from toolvet.storage.session import Session
from toolvet.storage.toolstore import ToolStore

_CALLS = Mapped(tables.call, CallRow)
_CLAIMS = Mapped(tables.claim, ClaimRow)


class _Held(NamedTuple):
    fingerprint: str
    state: str
    token: int
    lease_until: float
    owner: str
    result: bytes | None
    expires: float


class Claims:
    """Idempotency keys by (scope, key)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(
        self,
        scope: str,
        key: str,
        fingerprint: str,
        *,
        now: float,
        lease_s: float,
        keep_s: float,
        owner: str,
    ) -> Claim:
        """Claim a key, or learn why not.

        Args:
            scope: What the key belongs to, such as `toolset/name`.
            key: The idempotency key.
            fingerprint: Digest of everything in the request that must not differ.
            now: Seconds since the epoch.
            lease_s: How long the runner may be silent before another takes over.
            keep_s: How long the answer is kept, counted from this claim.
            owner: Who runs, such as the id of the service process.
        """
        held = self._held(scope, key)
        answer = _answer(held, fingerprint, now)
        if isinstance(answer, Run):
            row = {
                "scope": scope,
                "key": key,
                "fingerprint": fingerprint,
                "state": "running",
                "token": answer.token,
                "lease_until": now + lease_s,
                "owner": owner,
                "result": None,
                "expires": now + keep_s,
            }
            self._session.upsert(tables.claim, row)
        return answer

    def renew(self, scope: str, key: str, token: int, lease_until: float) -> bool:
        """Prolong a lease; False when this run was overtaken or has ended."""
        return self._change(Fence(scope, key, token), {"lease_until": lease_until})

    def finish(
        self,
        scope: str,
        key: str,
        token: int,
        *,
        state: Literal["done", "unfinished"],
        result: bytes | None = None,
    ) -> bool:
        """End a run; False when it was overtaken or has ended before.

        Args:
            scope: As claimed.
            key: As claimed.
            token: As given by the claim.
            state: `done` replays `result` from now on; `unfinished` may run again.
            result: The answer to replay.
        """
        values = {"state": state, "result": result if state == "done" else None}
        return self._change(Fence(scope, key, token), values)

    def reopen(self, scope: str, key: str) -> bool:
        """Let a finished operation that has grown run again; False when it is not finished."""
        claim = tables.claim
        where = (claim.c.scope == scope, claim.c.key == key, claim.c.state == "done")
        return self._session.write(sa.update(claim).where(*where).values(state="unfinished")) == 1

    def claims_of(self, owner: str) -> list[ClaimRow]:
        """List what an owner still runs, for the clean-up after a crash."""
        claim = tables.claim
        return _CLAIMS.find(self._session, claim.c.owner == owner, claim.c.state == "running")

    def running(self) -> list[ClaimRow]:
        """List everything that still runs, whoever owns it."""
        return _CLAIMS.find(self._session, tables.claim.c.state == "running")

    def release_owner(self, owner: str) -> int:
        """Let everything a dead owner ran be run again; return how many claims that were."""
        claim = tables.claim
        where = (claim.c.owner == owner, claim.c.state == "running")
        return self._session.write(sa.update(claim).where(*where).values(state="unfinished"))

    def prune(self, now: float) -> int:
        """Forget keys whose time is over and that nobody runs; return how many."""
        claim = tables.claim
        where = (claim.c.expires < now, claim.c.state != "running")
        return self._session.write(sa.delete(claim).where(*where))

    def _held(self, scope: str, key: str) -> _Held | None:
        claim = tables.claim
        query = sa.select(*(claim.c[name] for name in _Held._fields))
        row = self._session.row(query.where(claim.c.scope == scope, claim.c.key == key))
        return _Held(*row) if row else None

    def _change(self, fence: Fence, values: dict[str, Any]) -> bool:
        claim = tables.claim
        where = (
            claim.c.scope == fence.scope,
            claim.c.key == fence.key,
            claim.c.token == fence.token,
            claim.c.state == "running",
        )
        return self._session.write(sa.update(claim).where(*where).values(**values)) == 1


class Calls(Claims, ToolStore):
    """Everything a call leaves: its record, its key, and what the tool stored."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session

    def add(self, row: CallRow) -> None:
        """Store the record of a call."""
        _CALLS.add(self._session, row)

    def get(self, id: str) -> CallRow | None:
        """Fetch the record of a call."""
        return _CALLS.first(self._session, tables.call.c.id == id)

    def recent(self, limit: int) -> list[CallRow]:
        """List the newest calls first."""
        call = tables.call
        order = (call.c.started_at.desc(), call.c.id.desc())
        return _CALLS.find(self._session, order=order, limit=limit)


def _answer(held: _Held | None, fingerprint: str, now: float) -> Claim:
    if held is None:
        return Run(token=1)
    running = held.state == "running" and held.lease_until > now
    if held.expires < now and not running:
        return Run(token=held.token + 1)
    if held.fingerprint != fingerprint:
        return Mismatch()
    if held.state == "done":
        return Replay(held.result or b"")
    if running:
        return InProgress(retry_after_s=held.lease_until - now, owner=held.owner)
    return Run(token=held.token + 1)  # takeover: whoever holds a lower token is fenced off
