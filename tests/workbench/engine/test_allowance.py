"""What one call may leave behind is counted; what is beyond is refused, and the tool hears why."""

import asyncio
import base64
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from toolvet.engine import allowance
from toolvet.engine.allowance import ArtifactsError, DeadLettersError, StepsError
from toolvet.engine.host import CallHost
from toolvet.errors import ToolvetError
from toolvet_reviews.values import JsonObject


class Kept:
    """A store that keeps nothing but the number of its writes."""

    def __init__(self) -> None:
        self.writes = 0

    async def write(self, _work: object) -> Any:
        self.writes += 1
        return SimpleNamespace(state="new", outcome=None)


class Guest:
    """A call of a tool that writes, and what its context says."""

    def __init__(self) -> None:
        self.kept = Kept()
        manifest = SimpleNamespace(toolset="a", name="b", effects={})
        served = SimpleNamespace(manifest=manifest, kind="write", digest="sha256:0")
        services = SimpleNamespace(store=self.kept, service_id="s", clock=_noon)
        self.host = CallHost(cast("Any", services), cast("Any", served), "call")

    def ask(self, *requests: JsonObject) -> list[str]:
        return asyncio.run(self._ask(requests))

    async def _ask(self, requests: tuple[JsonObject, ...]) -> list[str]:
        said: list[str] = []
        for request in requests:
            try:
                await self.host.handle(request)
            except ToolvetError as error:
                said.append(error.code)
            else:
                said.append("")
        return said


def _noon() -> Any:
    return datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Guest:
    """A call that may leave two of each kind, and a hundred bytes."""
    for name in ("DEAD_LETTERS", "ARTIFACTS", "STEPS"):
        monkeypatch.setattr(allowance, name, 2)
    for name in ("DEAD_BYTES", "ARTIFACT_BYTES", "STEP_BYTES"):
        monkeypatch.setattr(allowance, name, 100)
    return Guest()


def dead(item: object = 1) -> JsonObject:
    return {"op": "dead_letter", "item": cast("Any", item), "reason": "odd"}


def file(data: bytes, name: str = "x") -> JsonObject:
    said = base64.b64encode(data).decode()
    return {"op": "artifact.put", "name": name, "data": said, "last": True}


def begin(key: str) -> JsonObject:
    return {"op": "once.begin", "key": key}


def end(key: str, outcome: object) -> JsonObject:
    return {"op": "once.end", "key": key, "outcome": cast("Any", outcome)}


@pytest.mark.parametrize(("one", "code"), [
    (dead(), DeadLettersError.code),
    (file(b"a"), ArtifactsError.code),
    (begin("a"), StepsError.code),
])  # fmt: skip
def test_only_so_many_are_left_behind(few: Guest, one: JsonObject, code: str) -> None:
    assert few.ask(one, one, one, one) == ["", "", code, code]
    assert few.kept.writes == 2


@pytest.mark.parametrize(("one", "code"), [
    (dead("a" * 60), DeadLettersError.code),
    (file(b"a" * 60), ArtifactsError.code),
    (end("a", "a" * 60), StepsError.code),
])  # fmt: skip
def test_only_so_many_bytes_are_left_behind(few: Guest, one: JsonObject, code: str) -> None:
    assert few.ask(one, one) == ["", code]
    assert few.kept.writes == 1


@pytest.mark.parametrize(("one", "code"), [
    (dead("é" * allowance.EACH_BYTES), DeadLettersError.code),
    (end("a", "é" * allowance.EACH_BYTES), StepsError.code),
])  # fmt: skip
def test_one_alone_may_not_be_large(one: JsonObject, code: str) -> None:
    assert Guest().ask(one) == [code]


def test_a_step_that_was_begun_can_end_though_no_other_may_begin(few: Guest) -> None:
    said = few.ask(begin("a"), begin("b"), end("a", 1), begin("c"), end("b", 1))

    assert said == ["", "", "", StepsError.code, ""]


def test_a_further_attempt_of_the_call_begins_with_what_the_first_one_left(few: Guest) -> None:
    few.ask(dead(), dead())
    few.host.begin()

    assert few.ask(dead()) == [DeadLettersError.code]


def test_files_that_are_never_finished_are_counted_too() -> None:
    parts: list[JsonObject] = [
        {"op": "artifact.put", "name": str(number), "data": ""} for number in range(1001)
    ]

    assert [code for code in Guest().ask(*parts) if code] == ["context.refused"]
