"""The trusted side of `Context` during a draft call: fakes in memory, nothing that lasts.

The tool may log and tell how far it is, as in a call; its store, steps, files and dead letters, and the
hosts and folders it declares, are those of verification and are gone with the call. It sees the bundle's files and those that were
sent along.
"""

from collections.abc import Iterable

from toolvet.checks.fake_host import FakeHost
from toolvet.checks.fake_network import Seen
from toolvet.engine import artifacts
from toolvet.engine.host import Progress
from toolvet.errors import ForbiddenError
from toolvet_reviews import canonical
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.values import JsonObject

LOG_EVENTS = 100
LOG_BYTES = 64 * 1024
"""Of all log events of one draft call; what comes after is dropped."""
_MESSAGE = 1000
_WRITES = frozenset({
    "store.put", "store.add_if_absent", "store.batch", "once.begin", "once.end",
})  # fmt: skip


class DraftHost(FakeHost):
    """Answers one draft call's requests.

    Args:
        bundle: The revision.
        progress: Told of done, total and message while the tool works.
    """

    def __init__(self, bundle: Bundle, progress: Progress | None) -> None:
        super().__init__(bundle)
        self._kind = bundle.spec.effects.kind
        self._progress = progress
        self._logged = 0
        self.log: list[JsonObject] = []

    async def take(self, name: str, data: bytes) -> JsonObject:
        """Let the tool read a file that was sent along; return the reference to it.

        Raises:
            ArtifactError: It is too large, or its name is no file name.
        """
        artifacts.check(name, data)
        return self.add_file(name, data)

    async def handle(self, request: JsonObject) -> JsonObject:
        """Answer one request of the running tool.

        Raises:
            ToolvetError: It asked for something it may not have; the tool is told code and message.
        """
        operation = request.get("op")
        if operation in _WRITES and self._kind in ("pure", "read"):
            raise ForbiddenError(f"a {self._kind} tool writes nothing")
        if operation == "log":
            self._keep_event(request)
        elif operation == "progress":
            await self._tell(request)
        return await super().handle(request)

    def _keep_event(self, request: JsonObject) -> None:
        event: JsonObject = {name: request.get(name) for name in ("level", "event", "fields")}
        self._logged += len(canonical.dumps(event))
        if len(self.log) < LOG_EVENTS and self._logged <= LOG_BYTES:
            self.log.append(event)

    def note_unrecorded(self, seen: Iterable[Seen]) -> None:
        """Log the requests that no cassette answered, each with the entry to add."""
        for one in seen:
            if one.entry:
                fields: JsonObject = {"host": one.name, "asked": one.how, "entry": one.entry}
                self._keep_event(
                    {"level": "warning", "event": "no cassette answers", "fields": fields}
                )

    async def _tell(self, request: JsonObject) -> None:
        done, total, message = (request.get(name) for name in ("done", "total", "message"))
        if self._progress is None or not isinstance(done, int | float):
            return
        whole = float(total) if isinstance(total, int | float) else None
        text = message[:_MESSAGE] if isinstance(message, str) else ""
        await self._progress(float(done), whole, text)
