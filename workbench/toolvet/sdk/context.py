"""What a tool with effects is given: `ctx: Context`. Every method is a request to the service.

The sandbox holds no credential and no database; what these methods write is durable when they
return. The same class serves authors' own tests: `Context.for_tests()`.
"""

import base64
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from toolvet.sdk.errors import HostError
from toolvet.sdk.files import PART_BYTES, Channel, File
from toolvet.sdk.memory import MemoryChannel
from toolvet.sdk.plain import plain

OnceState = Literal["new", "done", "uncertain"]


class Log:
    """Structured records of what happened; no personal data, no secrets."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def _tell(self, level: str, event: str, fields: dict[str, Any]) -> None:
        self._channel.tell({"op": "log", "level": level, "event": event, "fields": plain(fields)})

    def info(self, event: str, **fields: Any) -> None:
        """Record that something happened as it should."""
        self._tell("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Record that something needs a look."""
        self._tell("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Record that something failed."""
        self._tell("error", event, fields)


class Collection:
    """Durable records of this tool under one declared name: text keys, JSON values."""

    def __init__(self, channel: Channel, name: str) -> None:
        self._channel = channel
        self._name = name

    def _ask(self, op: str, **request: Any) -> dict[str, Any]:
        return self._channel.ask({"op": op, "collection": self._name, **request})

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or the default."""
        answer = self._ask("store.get", key=key)
        return answer["value"] if answer["found"] else default

    def put(self, key: str, value: Any) -> None:
        """Write a value, over whatever was there."""
        self._ask("store.put", key=key, value=plain(value))

    def add_if_absent(self, key: str, value: Any) -> bool:
        """Write a value unless the key is there; tells whether it wrote."""
        return bool(self._ask("store.add_if_absent", key=key, value=plain(value))["added"])

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Return those keys that are not there, in the order given."""
        return list(self._ask("store.missing", keys=list(keys))["keys"])

    def scan(
        self, *, prefix: str = "", after: str = "", page: int = 500
    ) -> Iterator[tuple[str, Any]]:
        """Yield keys and values by rising key.

        Args:
            prefix: Only keys that begin with it and go on.
            after: Only keys behind this one.
            page: How many are fetched at once.
        """
        after = max(prefix, after)
        while True:
            items = self._ask("store.scan", after=after, limit=page)["items"]
            for key, value in items:
                if not key.startswith(prefix):
                    return
                yield key, value
            if len(items) < page:
                return
            after = items[-1][0]

    def batch(self, operations: Iterable["Put | AddIfAbsent"]) -> list[bool]:
        """Write several at once, all or none; tells for each whether it wrote."""
        written = [
            {"op": step.op, "key": step.key, "value": plain(step.value)} for step in operations
        ]
        return list(self._ask("store.batch", ops=written)["added"])


@dataclass(frozen=True)
class Put:
    """One write of a batch."""

    key: str
    value: Any
    op: Literal["put"] = "put"


@dataclass(frozen=True)
class AddIfAbsent:
    """One conditional write of a batch."""

    key: str
    value: Any
    op: Literal["add_if_absent"] = "add_if_absent"


class Store:
    """The tool's collections: `ctx.store["ledger"]`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __getitem__(self, name: str) -> Collection:
        return Collection(self._channel, name)


class Step:
    """One effect that must happen at most once.

    Attributes:
        state: `new`: do it. `done`: it was done, see `outcome`. `uncertain`: a crash lay between
            intent and outcome; never do it again blindly, settle or report it.
        outcome: What was recorded when it is done.
    """

    def __init__(self, channel: Channel, key: str) -> None:
        self._channel = channel
        self._key = key
        self._recorded = False
        self.state: OnceState = "new"
        self.outcome: Any = None

    def __enter__(self) -> Self:
        answer = self._channel.ask({"op": "once.begin", "key": self._key})
        self.state = answer["state"]
        self.outcome = answer.get("outcome")
        return self

    def record(self, outcome: Any = None) -> None:
        """Record what came of it. After an exception nothing is recorded: it is uncertain."""
        self._channel.ask({"op": "once.end", "key": self._key, "outcome": plain(outcome)})
        self._recorded = True
        self.state = "done"
        self.outcome = outcome

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self.state == "new" and not self._recorded:
            self.record()


class Artifacts:
    """Files that a tool hands back."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def put(self, name: str, data: bytes) -> File:
        """Hand bytes to the service and return the file that names them."""
        answer: dict[str, Any] = {}
        for offset in range(0, max(len(data), 1), PART_BYTES):
            part = data[offset : offset + PART_BYTES]
            answer = self._channel.ask(
                {
                    "op": "artifact.put",
                    "name": name,
                    "offset": offset,
                    "data": base64.b64encode(part).decode(),
                    "last": offset + PART_BYTES >= len(data),
                }
            )
        return File(answer["name"], answer["size"], answer["digest"])


class Context:
    """The tool's way to the service. Declare a parameter `ctx: Context` to get one."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.log = Log(channel)
        self.store = Store(channel)
        self.artifacts = Artifacts(channel)

    @classmethod
    def for_tests(cls) -> "Context":
        """Make a context that keeps everything in memory.

        `context.memory` shows what a tool logged, stored and gave up.
        """
        return cls(MemoryChannel())

    @property
    def memory(self) -> MemoryChannel:
        """What a context of `for_tests` recorded.

        Raises:
            TypeError: This is a real context.
        """
        if not isinstance(self._channel, MemoryChannel):
            raise TypeError("only a context of Context.for_tests() has a memory")
        return self._channel

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Tell the caller how far the work is."""
        self._channel.tell({"op": "progress", "done": done, "total": total, "message": message})

    def once(self, key: str) -> Step:
        """Guard one effect: `with ctx.once(key) as step: ...`."""
        return Step(self._channel, key)

    def call(self, tool: str, **arguments: Any) -> Any:
        """Call another tool that this one declared, as the present caller."""
        answer = self._channel.ask({"op": "call", "tool": tool, "arguments": plain(arguments)})
        return answer["value"]

    def folder(self, name: str) -> Path:
        """Return the folder that was bound to a name of `effects.files`.

        Raises:
            HostError: The specification names no such folder.
        """
        if isinstance(self._channel, MemoryChannel):
            given = self._channel.folders
        else:
            given = {key: Path(path) for key, path in _mounted().items()}
        if name not in given:
            raise HostError(f"no folder {name!r} is declared", code="mount.undeclared")
        return given[name]

    def secret(self, name: str) -> str:
        """Return a secret of `effects.visible_secrets`: for what the service cannot do for you.

        A credential that goes into an HTTP header or an SMTP login is added outside, and is better
        not seen at all.
        """
        return str(self._channel.ask({"op": "secret", "name": name})["value"])

    def dead_letter(self, item: Any, reason: str) -> None:
        """Give up on an item, so that an operator finds it."""
        self._channel.ask({"op": "dead_letter", "item": plain(item), "reason": reason})


def _mounted() -> dict[str, str]:
    """Read where the folders of this run are: name to path."""
    return dict(json.loads(os.environ.get("TOOLVET_MOUNTS", "{}")))
