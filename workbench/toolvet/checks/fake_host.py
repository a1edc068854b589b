"""The trusted side of `Context` before a revision is approved: in memory, without any effect.

It keeps a store between the runs that share it and counts what was asked of it. These are facts
of our side of the wall, not claims of the code. All of it together is capped: it lies in the
memory of the service.
"""

import base64
import binascii
import copy
import json
from collections import Counter

from toolvet.errors import ForbiddenError, ToolNotFoundError
from toolvet_reviews import canonical, digests
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.effect_ledger import Area
from toolvet_reviews.values import Digest, Json, JsonObject

MAX_ITEMS = 10_000
MAX_ARTIFACT = 8 * 1024 * 1024
MAX_BYTES = 32 * 1024 * 1024
"""Of everything that the runs which share a host have it keep, written over or not."""
MAX_NOTED = 50
"""Undeclared things that are remembered by name."""
MAX_USED = 500
"""Different things done with collections, secrets and tools that are remembered."""
OPERATIONS = frozenset({
    "log", "progress", "store.get", "store.put", "store.add_if_absent", "store.missing",
    "store.scan", "store.batch", "once.begin", "once.end", "artifact.put", "artifact.get",
    "dead_letter", "secret", "call",
})  # fmt: skip
"""What is counted by name: a tool chooses the names of its requests."""
_OVERHEAD = 200
"""What even an empty part costs."""


class UndeclaredCollectionError(ForbiddenError):
    """The tool asked for a collection that its specification does not name."""

    code = "call.undeclared_store"
    hint = "Name it under [effects] store."


class UndeclaredSecretError(ForbiddenError):
    """The tool asked for a secret that its specification does not let it see."""

    code = "call.undeclared_secret"
    hint = "Name it under [effects] visible_secrets."


class FakeStoreFullError(ForbiddenError):
    """The tool wrote more than the fake store keeps."""

    code = "call.store_full"


class NotAPartError(ForbiddenError):
    """The tool handed over a part of an artifact that is none."""

    code = "call.artifact_part"


class FakeHost:
    """Answers `Context` requests from memory."""

    def __init__(self, bundle: Bundle) -> None:
        self._declared = frozenset(bundle.spec.effects.store)
        self._visible = frozenset(bundle.spec.effects.visible_secrets)
        self._tools = frozenset(bundle.spec.effects.tools)
        self._files: dict[str, bytes] = {
            digests.sha256(data): data for data in bundle.files.values()
        }
        self._parts: dict[str, bytearray] = {}
        self.store: dict[str, dict[str, Json]] = {name: {} for name in sorted(self._declared)}
        self.once: dict[str, JsonObject] = {}
        self.dead: list[Json] = []
        self.asked: Counter[str] = Counter()
        self.undeclared: set[str] = set()
        self.used: Counter[tuple[Area, str, str]] = Counter()
        """How often each thing was asked for: area, name and operation."""
        self.refused: set[tuple[Area, str]] = set()
        self.claims: list[Json] = []
        """What each run says about its own lines; only a watched one says anything."""
        self._room = MAX_BYTES

    def add_file(self, name: str, data: bytes) -> JsonObject:
        """Let the tool read a file; return the reference that names it in arguments."""
        self._spend(len(data))
        digest = digests.sha256(data)
        self._files[digest] = data
        return {"name": name, "size": len(data), "digest": digest}

    def state(self) -> Digest:
        """Digest of everything that a run may leave behind."""
        return digests.of_json({"store": self.store, "once": self.once, "dead": self.dead})

    async def handle(self, request: JsonObject) -> JsonObject:
        """Answer one request of the running tool."""
        operation = _text(request.get("op"))
        if operation == "seen":
            self._explain(request.get("claims"))
            return {}
        self.asked[operation[:40] if operation in OPERATIONS else "unknown"] += 1
        if operation.startswith("store."):
            return self._store(operation, request)
        match operation:
            case "once.begin" | "once.end":
                return self._once(operation, request)
            case "artifact.put":
                return self._put_artifact(request)
            case "artifact.get":
                return self._get_artifact(request)
            case "dead_letter":
                letter: JsonObject = {name: request.get(name) for name in ("item", "reason")}
                self._spend_on(letter)
                self.dead.append(letter)
                return {}
            case "secret":
                return self._secret(_text(request.get("name")))
            case "call":
                return self._call(_text(request.get("tool")))
            case _:
                return {}

    def _secret(self, name: str) -> JsonObject:
        """Show a value that is nobody's: no run before approval is near the real one."""
        self._use("secrets", name, "secret", is_declared=name in self._visible)
        if name not in self._visible:
            self._note(f"secret {name[:60]}")
            raise UndeclaredSecretError(f"the secret {name[:60]!r} is not declared")
        return {"value": f"not-the-real-{name}"}

    def _store(self, operation: str, request: JsonObject) -> JsonObject:
        name = _text(request.get("collection"))
        self._use("store", name, operation, is_declared=name in self._declared)
        if name not in self._declared:
            self._note(f"collection {name[:60]}")
            raise UndeclaredCollectionError(f"collection {name[:60]!r} is not declared")
        items = self.store[name]
        key = _text(request.get("key"))
        match operation:
            case "store.get":
                return {"found": key in items, "value": copy.deepcopy(items.get(key))}
            case "store.put":
                self._write(items, key, request.get("value"))
                return {}
            case "store.add_if_absent":
                return {"added": self._add(items, key, request.get("value"))}
            case "store.missing":
                wanted = request.get("keys")
                keys = wanted if isinstance(wanted, list) else []
                return {"keys": [k for k in keys if isinstance(k, str) and k not in items]}
            case "store.scan":
                return self._scan(items, request)
            case "store.batch":
                return self._batch(items, request)
            case _:
                return {}

    def _call(self, tool: str) -> JsonObject:
        self._use("tools", tool, "call", is_declared=tool in self._tools)
        if tool not in self._tools:
            self._note(f"tool {tool[:60]}")
        raise ToolNotFoundError("other tools are not called while a revision is verified")

    def _explain(self, claims: Json) -> None:
        if isinstance(claims, list) and len(self.claims) < MAX_USED:
            self.claims += claims[: MAX_USED - len(self.claims)]

    def _use(self, area: Area, name: str, operation: str, *, is_declared: bool) -> None:
        key = (area, name[:200], operation[:40])
        if key in self.used or len(self.used) < MAX_USED:
            self.used[key] += 1
        if not is_declared and len(self.refused) < MAX_USED:
            self.refused.add((area, name[:200]))

    def _note(self, what: str) -> None:
        if len(self.undeclared) < MAX_NOTED:
            self.undeclared.add(what)

    def _spend_on(self, *values: Json) -> None:
        self._spend(sum(len(canonical.dumps(value)) for value in values))

    def _spend(self, size: int) -> None:
        if size > self._room:
            raise FakeStoreFullError(f"a try-out keeps at most {MAX_BYTES} bytes")
        self._room -= size

    def _write(self, items: dict[str, Json], key: str, value: Json) -> None:
        self._spend_on(key, value)
        if len(items) >= MAX_ITEMS and key not in items:
            raise FakeStoreFullError("the store is full")
        items[key] = value

    def _add(self, items: dict[str, Json], key: str, value: Json) -> bool:
        if key in items:
            return False
        self._write(items, key, value)
        return True

    def _scan(self, items: dict[str, Json], request: JsonObject) -> JsonObject:
        after, limit = _text(request.get("after")), request.get("limit")
        keys = sorted(key for key in items if key > after)
        most = limit if isinstance(limit, int) and 0 < limit <= 1000 else 1000
        return {"items": [[key, copy.deepcopy(items[key])] for key in keys[:most]]}

    def _batch(self, items: dict[str, Json], request: JsonObject) -> JsonObject:
        wanted = request.get("ops")
        added: list[Json] = []
        for step in wanted if isinstance(wanted, list) else []:
            if not isinstance(step, dict):
                continue
            key, value = _text(step.get("key")), step.get("value")
            if step.get("op") == "put":
                self._write(items, key, value)
                added.append(True)
            else:
                added.append(self._add(items, key, value))
        return {"added": added}

    def _once(self, operation: str, request: JsonObject) -> JsonObject:
        key = json.dumps(request.get("key"), sort_keys=True)
        if operation == "once.end":
            self._spend_on(key, request.get("outcome"))
            self.once[key] = {"state": "done", "outcome": request.get("outcome")}
            return {}
        if key in self.once:
            return dict(self.once[key])
        self._spend_on(key)
        self.once[key] = {"state": "uncertain", "outcome": None}
        return {"state": "new", "outcome": None}

    def _put_artifact(self, request: JsonObject) -> JsonObject:
        name = _text(request.get("name"))
        part = _decoded(_text(request.get("data")))
        self._spend(len(part) + len(name) + _OVERHEAD)
        data = self._parts.setdefault(name, bytearray())
        data += part
        if len(data) > MAX_ARTIFACT:
            raise FakeStoreFullError("the artifact is too large")
        if not request.get("last"):
            return {}
        whole = bytes(self._parts.pop(name))
        digest = digests.sha256(whole)
        self._files[digest] = whole
        return {"name": name, "size": len(whole), "digest": digest}

    def _get_artifact(self, request: JsonObject) -> JsonObject:
        data = self._files.get(_text(request.get("digest")))
        if data is None:
            raise ToolNotFoundError("no such file")
        offset, length = request.get("offset"), request.get("length")
        start = offset if isinstance(offset, int) and offset > 0 else 0
        end = start + length if isinstance(length, int) and length >= 0 else len(data)
        return {"data": base64.b64encode(data[start:end]).decode()}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAPartError("a part of an artifact is base64") from error


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
