"""The trusted side of a tool's `Context`: store, once, artifacts, dead letters, log, progress.

Whatever comes from the sandbox is a claim: names are held against the declaration, sizes and counts
are capped, and every write carries the fence of the run, so that an overtaken one changes nothing.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from toolvet.config import stamp, uuid7
from toolvet.engine import allowance, artifacts
from toolvet.engine.allowance import Allowance, size_of
from toolvet.engine.catalogue import Served
from toolvet.engine.handed import Handed
from toolvet.engine.services import Services
from toolvet.errors import ForbiddenError, ToolvetError
from toolvet.storage import Unit, View
from toolvet.storage.rows import DeadRow, Fence, StoreOp
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.values import Json, JsonObject

Progress = Callable[[float, float | None, str], Awaitable[None]]

LOG_EVENTS = 1000
"""Structured log events kept of one call; the rest is counted."""
LOG_BYTES = 16 * 1024
"""Bytes of one event, on average over the call."""
AT_ONCE = 1000
"""Records of one batch, or one page of a scan."""


class HostError(ToolvetError):
    """The tool asked its context for something it may not have, or asked wrongly."""

    code = "context.refused"


@dataclass
class CallHost:
    """Answers one call's requests."""

    services: Services
    served: Served
    call: str
    fence: Fence | None = None
    progress: Progress | None = None
    log: list[JsonObject] = field(default_factory=list[JsonObject])
    dropped: int = 0
    """Log events beyond the cap."""
    handed: Handed = field(default_factory=Handed)
    _logged: int = 0
    _dead_letters: Allowance = field(default_factory=allowance.dead_letters)
    _files: Allowance = field(default_factory=allowance.files)
    _steps: Allowance = field(default_factory=allowance.steps)
    _parts: dict[str, bytearray] = field(default_factory=dict[str, bytearray])

    @property
    def tool(self) -> str:
        """Whose store it is: `toolset/name`, across releases."""
        return f"{self.served.manifest.toolset}/{self.served.manifest.name}"

    def begin(self) -> None:
        """Begin an attempt: what an earlier one left half sent is no part of this one's files."""
        self._parts.clear()

    async def handle(self, request: JsonObject) -> JsonObject:
        """Answer one request of the tool.

        Raises:
            ToolvetError: It asked for something it may not have; the tool is told code and message.
        """
        operation = str(request.get("op"))
        match operation:
            case "log":
                return self._log(request)
            case "progress":
                return await self._tell(request)
            case "once.begin" | "once.end":
                return await self._once(operation, request)
            case "artifact.put" | "artifact.get":
                return await self._artifact(operation, request)
            case "dead_letter":
                return await self._dead_letter(request)
            case "secret":
                return self.handed.tell(self.services, self.served.manifest, request)
            case "call":
                raise ForbiddenError("calling other tools is not served yet")
            case _ if operation in _STORE:
                return await _STORE[operation](self, request)
            case _:
                raise HostError(f"unknown operation {operation[:40]!r}")

    def _log(self, request: JsonObject) -> JsonObject:
        fields = request.get("fields")
        event: JsonObject = {
            "level": _text(request, "level", 16),
            "event": _text(request, "event", LOG_BYTES),
            "fields": fields if isinstance(fields, dict) else {},
        }
        event = self.handed.fields(event)
        self._logged += size_of(event)
        if len(self.log) >= LOG_EVENTS or self._logged > LOG_BYTES * LOG_EVENTS:
            self.dropped += 1
        else:
            self.log.append(event)
        return {}

    async def _tell(self, request: JsonObject) -> JsonObject:
        done, total = request.get("done"), request.get("total")
        if self.progress is not None and isinstance(done, int | float):
            whole = float(total) if isinstance(total, int | float) else None
            await self.progress(
                float(done), whole, self.handed.text(_text(request, "message", 1000))
            )
        return {}

    async def get(self, request: JsonObject) -> JsonObject:
        """Read one record."""
        collection, key = self._collection(request), _text(request, "key")

        def read(view: View) -> JsonObject:
            if view.calls.store_missing(self.tool, collection, [key]):
                return {"found": False, "value": None}
            return {"found": True, "value": view.calls.store_get(self.tool, collection, key)}

        return await self.services.store.query(read)

    async def put(self, request: JsonObject) -> JsonObject:
        """Write one record; durable when it returns."""
        await self._write([self._op(request, "put")])
        return {}

    async def add(self, request: JsonObject) -> JsonObject:
        """Write one record unless its key is there."""
        return {"added": (await self._write([self._op(request, "add_if_absent")]))[0]}

    async def batch(self, request: JsonObject) -> JsonObject:
        """Write several records of one collection, all or none."""
        asked = request.get("ops")
        if not isinstance(asked, list) or len(asked) > AT_ONCE:
            raise HostError(f"a batch has at most {AT_ONCE} writes")
        ops: list[StoreOp] = []
        for one in asked:
            if not isinstance(one, dict) or one.get("op") not in ("put", "add_if_absent"):
                raise HostError("a write is an object with op `put` or `add_if_absent`")
            ops.append(self._op({**one, "collection": request.get("collection")}, str(one["op"])))
        return {"added": list[Json](await self._write(ops))}

    async def _write(self, ops: list[StoreOp]) -> list[bool]:
        if self.served.kind in ("pure", "read"):
            raise ForbiddenError(f"a {self.served.kind} tool writes nothing")
        return await self.services.store.write(
            lambda unit: unit.calls.store_batch(self.tool, ops, fence=self.fence)
        )

    async def missing(self, request: JsonObject) -> JsonObject:
        """Say which keys are not there."""
        collection, keys = self._collection(request), request.get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise HostError("keys is a list of strings")
        wanted = [str(key) for key in keys]
        found = await self.services.store.query(
            lambda view: view.calls.store_missing(self.tool, collection, wanted)
        )
        return {"keys": list[Json](found)}

    async def scan(self, request: JsonObject) -> JsonObject:
        """List records by rising key."""
        collection, limit = self._collection(request), request.get("limit")
        after = _text(request, "after") or None
        size = min(limit, AT_ONCE) if isinstance(limit, int) and limit > 0 else AT_ONCE
        rows = await self.services.store.query(
            lambda view: view.calls.store_scan(self.tool, collection, after, size)
        )
        return {"items": [[key, value] for key, value in rows]}

    async def _once(self, operation: str, request: JsonObject) -> JsonObject:
        if self.served.kind in ("pure", "read"):
            raise ForbiddenError(f"a {self.served.kind} tool has no effects to guard")
        key, outcome = _text(request, "key"), request.get("outcome")
        if operation == "once.end":
            self._steps.take(size_of(outcome), count=0)
            await self.services.store.write(
                lambda unit: unit.calls.once_end(
                    self.tool, key, self.call, outcome, fence=self.fence
                )
            )
            return {}
        self._steps.take(0)
        known = await self.services.store.write(
            lambda unit: unit.calls.once_begin(self.tool, key, self.call, fence=self.fence)
        )
        return {"state": known.state, "outcome": known.outcome}

    async def _dead_letter(self, request: JsonObject) -> JsonObject:
        item, reason = request.get("item"), _text(request, "reason", 4000)
        self._dead_letters.take(size_of([item, reason]))
        row = DeadRow(
            id=uuid7(),
            tool=self.tool,
            release_digest=self.served.digest,
            call=self.call,
            item=self.handed.mask(item),
            reason=self.handed.text(reason),
            at=stamp(self.services.clock()),
        )
        draft = EntryDraft(
            verb=Verb.DEAD_ADD,
            actor=self.services.service_id,
            actor_kind="service",
            auth="service",
            seat="service",
            target_kind="dead_letter",
            target_id=row.id,
            digest=self.served.digest,
            facts={"call": self.call},
        )

        def add(unit: Unit) -> None:
            unit.calls.add_dead(row, fence=self.fence)
            unit.append(draft)

        await self.services.store.write(add)
        return {"id": row.id}

    async def _artifact(self, operation: str, request: JsonObject) -> JsonObject:
        if operation == "artifact.get":
            return await self._artifact_part(request)
        name = _text(request, "name", 200)
        held = self._parts.setdefault(name, bytearray())
        held += _bytes(request, "data")
        if len(self._parts) > AT_ONCE:
            raise HostError(f"a call makes at most {AT_ONCE} artifacts at once")
        if sum(map(len, self._parts.values())) > artifacts.LARGEST:
            raise HostError(f"artifacts of one call have at most {artifacts.LARGEST} bytes")
        if request.get("last") is not True:
            return {}
        data = bytes(self._parts.pop(name))
        self._files.take(len(data))
        return await artifacts.put(self.services, name, data)

    async def _artifact_part(self, request: JsonObject) -> JsonObject:
        data = await artifacts.get(self.services, _text(request, "digest", 80))
        offset, length = request.get("offset", 0), request.get("length", len(data))
        if not isinstance(offset, int) or not isinstance(length, int) or min(offset, length) < 0:
            raise HostError("offset and length are integers from 0")
        return {"data": base64.b64encode(data[offset : offset + length]).decode()}

    def _collection(self, request: JsonObject) -> str:
        name = _text(request, "collection", 200)
        declared = self.served.manifest.effects.get("store")
        if not isinstance(declared, list) or name not in declared:
            raise ForbiddenError(f"the store {name!r} is not declared in effects.store")
        return name

    def _op(self, request: JsonObject, kind: str) -> StoreOp:
        value = request.get("value")
        if size_of(value) > allowance.EACH_BYTES:
            raise HostError(f"a record has at most {allowance.EACH_BYTES} bytes")
        op = "put" if kind == "put" else "add_if_absent"
        return StoreOp(op, self._collection(request), _text(request, "key"), value)


_STORE: dict[str, Callable[[CallHost, JsonObject], Awaitable[JsonObject]]] = {
    "store.get": CallHost.get,
    "store.put": CallHost.put,
    "store.add_if_absent": CallHost.add,
    "store.batch": CallHost.batch,
    "store.missing": CallHost.missing,
    "store.scan": CallHost.scan,
}


def _text(request: JsonObject, name: str, longest: int = 1000) -> str:
    value = request.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        raise HostError(f"{name} is a text of at most {longest} characters")
    return value


def _bytes(request: JsonObject, name: str) -> bytes:
    value = request.get(name)
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError) as error:
        raise HostError(f"{name} is base64") from error
