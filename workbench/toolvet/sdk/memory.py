"""The trusted side of a `Context`, in memory: for authors' own tests."""

import base64
import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolvet.sdk.errors import HostError
from toolvet.sdk.files import File

_Request = dict[str, Any]


def _new_dict() -> dict[str, Any]:
    return {}


@dataclass
class MemoryChannel:
    """Answers a context's requests from plain dictionaries, open to assertions."""

    logged: list[_Request] = field(default_factory=list[_Request])
    """Every `log` request: level, event, fields."""
    progress: list[_Request] = field(default_factory=list[_Request])
    dead_letters: list[_Request] = field(default_factory=list[_Request])
    """Every item given up: item, reason."""
    collections: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    steps: dict[str, _Request] = field(default_factory=dict[str, _Request])
    """By key: state (`uncertain` until its outcome is recorded) and outcome."""
    tools: dict[str, Any] = field(default_factory=_new_dict)
    """By name: what `ctx.call` runs; put functions here."""
    folders: dict[str, Path] = field(default_factory=dict[str, Path])
    """By name: what `ctx.folder` returns; put temporary folders here."""
    secrets: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    """By name: what `ctx.secret` returns; put made-up values here."""
    _parts: dict[str, bytearray] = field(default_factory=dict[str, bytearray])

    def tell(self, request: _Request) -> None:
        """Keep a request that has no answer."""
        (self.logged if request["op"] == "log" else self.progress).append(copy.deepcopy(request))

    def ask(self, request: _Request) -> _Request:
        """Answer one request.

        Raises:
            HostError: The service would refuse it.
        """
        request = copy.deepcopy(request)
        operation = request["op"]
        if operation.startswith("store."):
            return copy.deepcopy(self._store(operation, request))
        match operation:
            case "once.begin":
                return self._begin(request["key"])
            case "once.end":
                self.steps[request["key"]] = {"state": "done", "outcome": request["outcome"]}
                return {}
            case "artifact.put":
                return self._put(request)
            case "dead_letter":
                self.dead_letters.append(request)
                return {}
            case "secret":
                return self._secret(request["name"])
            case "call":
                return self._call(request)
            case _:
                raise HostError(f"no operation {operation}", code="host.unknown_operation")

    def _begin(self, key: str) -> _Request:
        before = self.steps.get(key)
        if before is not None:
            return dict(before)
        self.steps[key] = {"state": "uncertain", "outcome": None}
        return {"state": "new", "outcome": None}

    def _put(self, request: _Request) -> _Request:
        data = self._parts.setdefault(request["name"], bytearray())
        data += base64.b64decode(request["data"])
        if not request["last"]:
            return {}
        made = File.from_bytes(request["name"], bytes(self._parts.pop(request["name"])))
        return {"name": made.name, "size": made.size, "digest": made.digest}

    def _secret(self, name: str) -> _Request:
        if name not in self.secrets:
            message = f"put a made-up value into context.memory.secrets[{name!r}]"
            raise HostError(message, code="call.undeclared_secret")
        return {"value": self.secrets[name]}

    def _call(self, request: _Request) -> _Request:
        tool = self.tools.get(request["tool"])
        if tool is None:
            raise HostError(f"there is no tool {request['tool']}", code="tool.not_found")
        return {"value": tool(**request["arguments"])}

    def _store(self, operation: str, request: _Request) -> _Request:
        items = self.collections.setdefault(request["collection"], {})
        match operation:
            case "store.get":
                return {"found": request["key"] in items, "value": items.get(request["key"])}
            case "store.put":
                items[request["key"]] = request["value"]
                return {}
            case "store.add_if_absent":
                return {"added": _add(items, request)}
            case "store.missing":
                return {"keys": [key for key in request["keys"] if key not in items]}
            case "store.scan":
                keys = sorted(key for key in items if key > request["after"])
                return {"items": [[key, items[key]] for key in keys[: request["limit"]]]}
            case "store.batch":
                return {"added": [_add(items, step) for step in request["ops"]]}
            case _:
                raise HostError(f"no operation {operation}", code="host.unknown_operation")


def _add(items: dict[str, Any], step: _Request) -> bool:
    if step["op"] != "put" and step["key"] in items:
        return False
    items[step["key"]] = step["value"]
    return True
