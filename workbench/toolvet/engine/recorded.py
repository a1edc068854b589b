"""Recorded calls: what the policy lets be kept of production calls, redacted before it is written.

They are there for one purpose: a new version of the tool is run on them beside the one that serves.
Of each release the newest stay, of equal arguments one, and none longer than the policy says. They
are a sample beside the log and not part of it: what does not fit, names files, is too large or comes
too fast is left out, and a record that is lost is lost.
"""

import asyncio
import functools
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from toolvet.checks.base import is_test
from toolvet.checks.published import RecordedCall
from toolvet.config import stamp
from toolvet.engine.catalogue import Served
from toolvet.errors import KNOWN
from toolvet.storage import Store, Unit, View
from toolvet.storage.rows import RecordedRow
from toolvet_reviews import canonical, digests, file_parameters
from toolvet_reviews.policy import Policy
from toolvet_reviews.policy_asks import Recorded
from toolvet_reviews.redaction import Redactor
from toolvet_reviews.values import Digest, Json, JsonObject
from toolvet_reviews.views import CallView

_log = logging.getLogger(__name__)

DELAY_S = 0.5
"""How long a call may wait to be kept."""
LARGEST = 32 * 1024
"""Bytes of the arguments, and of the result, of a call that is kept."""
MOST_WAITING = 200
"""Calls that wait to be redacted; more are left out."""
MOST_RECORDS = 100
"""Of each collection of a tool's store, that a new version is tried on."""
SECRET = "recorded.secret"  # noqa: S105 - the name under which it is kept
_SECRET_BYTES = 32
_MOST_SOURCE = 512 * 1024
_LONGEST_KNOWN = 80
_OF_PLATFORM = "call."
"""Codes of failures that say nothing of the tool: no time, no memory, no caller."""


@dataclass(frozen=True)
class _Waiting:
    """A call on its way."""

    served: Served
    arguments: JsonObject
    result: Json
    code: str
    at: str


class Recordings:
    """Gathers calls, and writes down what the policy lets be kept of them.

    Args:
        store: Where they are kept.
        policy: Gives the one in force; None keeps nothing.
        clock: Tells the time.
    """

    def __init__(
        self, store: Store, policy: Callable[[], Policy | None], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._flushing: asyncio.Task[None] | None = None
        self._sources: dict[Digest, str] = {}

    def note(self, served: Served, arguments: JsonObject, answer: CallView) -> None:
        """Keep a finished call, if the policy wants it; never fails, and never waits."""
        if not in_force(self._policy()).calls or len(self._waiting) >= MOST_WAITING:
            return
        if answer.replayed or answer.code.startswith(_OF_PLATFORM) or _names_files(arguments):
            return
        at = stamp(self._clock())
        self._waiting.append(_Waiting(served, arguments, answer.result, answer.code, at))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.get_running_loop().create_task(self._later())

    async def flush(self) -> None:
        """Write what waits, now."""
        batch, self._waiting = self._waiting, []
        rule = in_force(self._policy())
        if not batch or not rule.calls:
            return
        try:
            secret = await secret_of(self._store)
            rows = await asyncio.to_thread(self._rows, batch, rule, secret)
            await self._store.write(lambda unit: _keep(unit, rows, rule, self._clock()))
        except KNOWN as error:
            _log.warning("%d calls could not be kept: %s (%s)", len(batch), error, error.code)

    async def close(self) -> None:
        """Write what waits, and stop."""
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.wait([self._flushing])
        await self.flush()

    def forget_old(self) -> None:
        """Forget what the policy does not let be kept any longer; blocks."""
        rule, now = in_force(self._policy()), self._clock()
        self._store.write_sync(lambda unit: prune(unit, rule, now))

    async def _later(self) -> None:
        while self._waiting:
            await asyncio.sleep(DELAY_S)
            await self.flush()

    # --- in a thread of its own -----------------------------------------------------------------

    def _rows(self, batch: list[_Waiting], rule: Recorded, secret: bytes) -> list[RecordedRow]:
        rows = (self._row(one, rule, secret) for one in batch)
        return [row for row in rows if row is not None]

    def _row(self, one: _Waiting, rule: Recorded, secret: bytes) -> RecordedRow | None:
        """Redact a call; None when it is too large, or its redacted arguments are none."""
        if max(len(canonical.dumps(one.arguments)), len(canonical.dumps(one.result))) > LARGEST:
            return None
        arguments, result = one.arguments, one.result
        if rule.redact != "none":
            redactor = Redactor(secret, self._known(one.served))
            shown = one.served.manifest.definition
            arguments = redactor.arguments(arguments, shown.input_schema)
            result = redactor.value(result, shown.output_schema)
            if not one.served.check_input.is_valid(arguments):
                return None
        digest = digests.of_json(arguments)
        return RecordedRow(one.served.digest, digest, one.at, arguments, result, one.code)

    def _known(self, served: Served) -> Callable[[str], bool]:
        source = self._sources.get(served.digest)
        if source is None:
            with self._store.read() as view:
                files = {path: view.blob(digest) for path, digest in served.files.items()}
            source = source_of(files)
            if len(self._sources) >= 16:
                self._sources.clear()
            self._sources[served.digest] = source
        return functools.partial(says, source)


def says(source: str, text: str) -> bool:
    """Tell whether the code of a tool holds a text as a whole: in quotes, or as a field's name."""
    if not text or len(text) > _LONGEST_KNOWN:
        return False
    if f'"{text}"' in source or f"'{text}'" in source:
        return True
    return text.isidentifier() and f"    {text}: " in source


def source_of(files: Mapping[str, bytes]) -> str:
    """Give the text of a release that says what it knows by name: its code without its tests."""
    parts: list[bytes] = []
    for path, data in sorted(files.items()):
        if path.endswith(".py") and not is_test(path) and sum(map(len, parts)) < _MOST_SOURCE:
            parts.append(data)
    return b"\n".join(parts)[:_MOST_SOURCE].decode("utf-8", "replace")


# --- for everybody who looks ---------------------------------------------------------------------


def in_force(policy: Policy | None) -> Recorded:
    """Read what a policy says of recorded calls; without a policy nothing is kept."""
    return policy.recorded if policy else Recorded()


async def secret_of(store: Store) -> bytes:
    """Give the secret that pseudonyms are made with; made at first use, and never handed out."""
    known = await store.query(lambda view: view.facts.get(SECRET))
    if known is None:
        known = await store.write(_make_secret)
    return bytes.fromhex(known)


def _make_secret(unit: Unit) -> str:
    known = unit.facts.get(SECRET)
    if known is None:
        known = secrets.token_hex(_SECRET_BYTES)
        unit.facts.set(SECRET, known)
    return known


def _keep(unit: Unit, rows: list[RecordedRow], rule: Recorded, now: datetime) -> None:
    unit.recorded.keep(rows)
    unit.recorded.prune(since=_since(rule, now), most=rule.calls)


def prune(unit: Unit, rule: Recorded, now: datetime) -> None:
    """Forget what a policy does not let be kept, in the caller's transaction."""
    if unit.recorded.prune(since=_since(rule, now), most=rule.calls):
        unit.wipes = True


def _since(rule: Recorded, now: datetime) -> str:
    return stamp(now - timedelta(days=rule.days))


def calls_of(
    view: View, release: Digest, rule: Recorded, now: datetime
) -> tuple[RecordedCall, ...]:
    """Read the calls that are kept of a release, the newest first."""
    rows = view.recorded.newest(release, since=_since(rule, now), limit=rule.calls)
    return tuple(
        RecordedCall(row.arguments, row.result, row.code)
        for row in rows
        if isinstance(row.arguments, dict)
    )


def records_of(
    view: View, tool: str, collections: tuple[str, ...], redactor: Redactor | None
) -> dict[str, dict[str, Json]]:
    """Copy a part of a tool's store.

    Args:
        view: Of the database.
        tool: `toolset/name`.
        collections: Of the tool.
        redactor: Redacts keys and values; None leaves them as they are.
    """
    found: dict[str, dict[str, Json]] = {}
    for name in collections:
        items = view.calls.store_scan(tool, name, limit=MOST_RECORDS)
        small = [(key, value) for key, value in items if len(canonical.dumps(value)) <= LARGEST]
        found[name] = {
            (redactor.text(key) if redactor else key): (
                redactor.value(value) if redactor else value
            )
            for key, value in small
        }
    return found


def _names_files(arguments: JsonObject) -> bool:
    """Tell whether an argument is a file: its bytes are not kept, so it could not be replayed."""
    for value in arguments.values():
        items = value if isinstance(value, list) else [value]
        if any(isinstance(one, dict) and one.keys() == file_parameters.REFERENCE for one in items):
            return True
    return False
