"""Two versions of a tool that can be run alike: the one that serves, and the one under verification."""

import asyncio
import contextlib
import copy
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace

import jsonschema_rs

from toolvet.checks import reading
from toolvet.checks.base import CheckContext
from toolvet.checks.fake_host import FakeHost
from toolvet.checks.fakes import Fakes, fakes
from toolvet.checks.interface import Interface, example_arguments, tool_image
from toolvet.checks.published import Published
from toolvet.checks.schemas import compile_schema
from toolvet.checks.stage import Stage
from toolvet.errors import KNOWN
from toolvet.sandbox import Image, Limits, Outcome, Pool, cpu_seconds
from toolvet_reviews import canonical, digests
from toolvet_reviews.bundle import Bundle, Example
from toolvet_reviews.differences import Answer
from toolvet_reviews.values import Json, JsonObject

Records = Mapping[str, Mapping[str, Json]]
"""Of a store: values by collection and key."""

MOST_EXAMPLES = 20
"""Of each version."""
MOST_RECORDED = 60
ASTRAY = "asked a host for what no cassette answers"
"""What came of such a run says nothing of the version."""
BUDGET_S = 20.0
"""After which no further call is begun: what was compared by then counts."""
_LONGEST_S = 10.0
"""Of one run, if its own limit is longer."""
LARGEST = 64 * 1024
"""Bytes of an answer, or of what it left, that is looked into."""
MOST_SHOWN = 50
"""Mails that an answer lists."""


@dataclass(frozen=True)
class Version:
    """One of the two, as it is run."""

    bundle: Bundle
    image: Image
    limits: Limits
    input_schema: JsonObject
    takes: jsonschema_rs.Draft202012Validator
    """Says which arguments it takes."""

    @property
    def writes(self) -> bool:
        """Whether what it leaves behind is part of its answer."""
        return self.bundle.spec.effects.writes


def submitted(context: CheckContext, interface: Interface) -> Version:
    """The revision under verification."""
    return Version(
        context.bundle,
        tool_image(context.bundle, context),
        _shortened(context.limits),
        interface.input_schema,
        compile_schema(interface.input_schema),
    )


def served(context: CheckContext, published: Published) -> Version:
    """The release that serves, within the limits it was approved with, as far as they are short.

    Raises:
        SchemaError: Its schema is none.
    """
    schema = published.manifest.definition.input_schema
    image = Image(
        published.folder,
        published.bundle.spec.entry,
        digest=published.bundle.digest,
        environment=published.environment,
    )
    limits = _limits(context.limits, published.manifest.limits)
    return Version(published.bundle, image, limits, schema, compile_schema(schema))


def _shortened(limits: Limits) -> Limits:
    wall_s = min(limits.wall_s, _LONGEST_S)
    return replace(limits, wall_s=wall_s, cpu_s=cpu_seconds(wall_s))


def _limits(usual: Limits, said: Mapping[str, Json]) -> Limits:
    approved = replace(usual, wall_s=float(reading.number(said.get("wall_s")) or usual.wall_s))
    return replace(
        _shortened(approved),
        memory_mib=reading.number(said.get("memory_mib")) or usual.memory_mib,
        output_kib=reading.number(said.get("output_kib")) or usual.output_kib,
        processes=reading.number(said.get("processes")),
    )


@dataclass(frozen=True)
class Asked:
    """One call for both versions."""

    arguments: JsonObject
    source: str
    """`example`, `recorded` or `generated`."""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """Bytes that the arguments refer to, by name."""
    example: Example | None = None
    """Where the arguments stand, with what they must give."""
    is_promise: bool = False
    """Whether the version that serves says so."""


def examples_of(bundle: Bundle) -> list[Asked]:
    """Read the examples of a version; one that cannot be asked is left out."""
    asked: list[Asked] = []
    for example in bundle.spec.examples[:MOST_EXAMPLES]:
        try:
            arguments = example_arguments(bundle, example)
        except KNOWN:  # the check `interface` says so, or said so when it was published
            continue
        files = {path.rpartition("/")[2]: bundle.files[path] for path in example.files.values()}
        asked.append(Asked(arguments, "example", files, example))
    return asked


def recorded_of(published: Published) -> list[Asked]:
    """Read the newest recorded calls."""
    return [Asked(call.arguments, "recorded") for call in published.calls[:MOST_RECORDED]]


class Player:
    """Runs one version, each time in a process of its own against fakes."""

    def __init__(self, version: Version, made: Fakes, pool: Pool) -> None:
        self.version = version
        self._fakes = made
        self._pool = pool
        self._image = made.image(version.image)
        self._turn = asyncio.Lock()

    def stage(
        self, records: Records | None = None, files: Mapping[str, bytes] | None = None
    ) -> Stage:
        """Set a stage with a store that holds these records already, as far as they are declared."""
        host = FakeHost(self.version.bundle)
        for name, items in (records or {}).items():
            if name in host.store:
                host.store[name] = copy.deepcopy(dict(items))
        for name, data in (files or {}).items():
            host.add_file(name, data)
        return Stage(self._fakes, host, self._fakes.world())

    async def run(
        self, stage: Stage, arguments: JsonObject, *, memory_mib: int | None = None
    ) -> Outcome:
        """Run one call on a stage, with less memory if so said; what it leaves there stays."""
        limits = self.version.limits
        if memory_mib is not None:
            limits = replace(limits, memory_mib=memory_mib)
        return await self._pool.call(
            self._image, arguments, limits, stage.host, stage.world.network()
        )

    async def answer(self, asked: Asked, records: Records | None = None) -> Answer:
        """Run one call on a stage of its own."""
        stage = self.stage(records, asked.files)
        if not self._fakes.takes_turns:
            return await self._answer(stage, asked)
        async with self._turn:  # the folders are one for all
            await stage.set_up()
            return await self._answer(stage, asked)

    async def _answer(self, stage: Stage, asked: Asked) -> Answer:
        outcome = await self.run(stage, asked.arguments)
        if any(seen.entry or not seen.is_faked for seen in stage.world.seen):
            return Answer(error=ASTRAY)
        left = await self._left(stage) if self.version.writes else {}
        return Answer(bounded(outcome.value), failure(outcome), left)

    async def _left(self, stage: Stage) -> JsonObject:
        left = await stage.left()
        mails: list[Json] = [
            [*mail.recipients, mail.digest] for mail in stage.world.mails[:MOST_SHOWN]
        ]
        store: JsonObject = {name: dict(items) for name, items in stage.host.store.items() if items}
        said: JsonObject = {
            "mails": mails,
            "sent": left.sent,
            "store": store,
            "files": left.folders,
        }
        return {name: bounded(value) for name, value in said.items()}


def bounded(value: Json) -> Json:
    """Give a value, or its digest when it is so large that looking into it would take long."""
    data = canonical.dumps(value)
    if len(data) <= LARGEST:
        return value
    return f"{len(data)} bytes, {digests.sha256(data)}"


def failure(outcome: Outcome) -> str:
    """Name how a run failed; empty when it gave a result."""
    if outcome.status == "returned":
        return ""
    if outcome.status == "raised" and outcome.error is not None:
        return outcome.error.code or outcome.error.type.rpartition(".")[2] or "raised"
    return outcome.status


@contextlib.contextmanager
def player(version: Version, pool: Pool) -> Generator[Player]:
    """Make what a version is run against, for as long as the body runs.

    Raises:
        StorageError: The disk does not take it.
    """
    with fakes(version.bundle) as made:
        yield Player(version, made, pool)
