"""The host without effects: answers as the real one, and remembers what was asked."""

import asyncio
import base64
from collections.abc import Callable

import pytest

from toolvet.checks.fake_host import MAX_BYTES, FakeHost
from toolvet.errors import ToolvetError
from toolvet_reviews.bundle import Bundle, Effects, ToolSpec
from toolvet_reviews.values import Json, JsonObject

BUNDLE = Bundle(
    ToolSpec("a", "A.", "a:a", effects=Effects("write", store=("notes",))), {"data/a.txt": b"abc"}
)


def ask(host: FakeHost, operation: str, **fields: Json) -> JsonObject:
    return asyncio.run(host.handle({"op": operation, **fields}))


def test_the_store_keeps_adds_and_scans() -> None:
    host = FakeHost(BUNDLE)
    ask(host, "store.put", collection="notes", key="b", value=1)

    assert ask(host, "store.get", collection="notes", key="b") == {"found": True, "value": 1}
    assert ask(host, "store.add_if_absent", collection="notes", key="b", value=2) == {
        "added": False
    }
    assert ask(host, "store.missing", collection="notes", keys=["a", "b"]) == {"keys": ["a"]}
    ops: list[Json] = [
        {"op": "put", "key": "c", "value": 3},
        {"op": "add_if_absent", "key": "b", "value": 4},
    ]
    assert ask(host, "store.batch", collection="notes", ops=ops) == {"added": [True, False]}
    assert ask(host, "store.scan", collection="notes", after="b", limit=10) == {"items": [["c", 3]]}


def test_a_step_is_new_then_uncertain_then_done() -> None:
    host = FakeHost(BUNDLE)

    assert ask(host, "once.begin", key="k")["state"] == "new"
    assert ask(host, "once.begin", key="k")["state"] == "uncertain"
    ask(host, "once.end", key="k", outcome=5)
    assert ask(host, "once.begin", key="k") == {"state": "done", "outcome": 5}


def test_files_of_the_bundle_and_artifacts_are_read_back() -> None:
    host = FakeHost(BUNDLE)
    data = base64.b64encode(b"xyz").decode()
    made = ask(host, "artifact.put", name="a", offset=0, data=data, last=True)

    got = ask(host, "artifact.get", digest=made["digest"], offset=1, length=2)

    assert base64.b64decode(str(got["data"])) == b"yz"


@pytest.mark.parametrize(
    ("operation", "fields", "code"),
    [
        ("store.get", {"collection": "other", "key": "a"}, "call.undeclared_store"),
        ("call", {"tool": "x", "arguments": {}}, "tool.not_found"),
        ("artifact.get", {"digest": "sha256:0"}, "tool.not_found"),
    ],
)
def test_what_was_not_declared_is_refused_with_a_code(
    operation: str, fields: dict[str, Json], code: str
) -> None:
    with pytest.raises(ToolvetError) as refused:
        ask(FakeHost(BUNDLE), operation, **fields)

    assert refused.value.code == code


def test_the_state_changes_with_the_store_and_not_with_reading() -> None:
    host = FakeHost(BUNDLE)
    empty = host.state()
    ask(host, "store.get", collection="notes", key="a")
    ask(host, "log", level="info", event="x", fields={})
    assert host.state() == empty

    ask(host, "store.put", collection="notes", key="a", value=1)
    assert host.state() != empty
    assert host.asked["log"] == 1


LONG = "x" * 1_000_000
HOARDING: dict[str, Callable[[str], dict[str, Json]]] = {
    "store.put": lambda key: {"collection": "notes", "key": "same", "value": LONG},
    "store.batch": lambda key: {
        "collection": "notes",
        "ops": [{"op": "put", "key": key, "value": LONG}],
    },
    "once.begin": lambda key: {"key": LONG + key},
    "once.end": lambda key: {"key": key, "outcome": LONG},
    "dead_letter": lambda key: {"item": LONG, "reason": ""},
    "artifact.put": lambda key: {"name": key, "data": "eHh4" * 250_000, "last": False},
}


@pytest.mark.parametrize("operation", HOARDING)
def test_what_a_hostile_tool_makes_us_keep_is_capped(operation: str) -> None:
    host = FakeHost(BUNDLE)

    def go_on() -> None:
        for number in range(MAX_BYTES // 500_000):
            ask(host, operation, **HOARDING[operation](str(number)))

    with pytest.raises(ToolvetError) as refused:
        go_on()

    assert refused.value.code == "call.store_full"


def test_names_that_a_tool_invents_are_not_remembered_without_end() -> None:
    host = FakeHost(BUNDLE)

    for number in range(1000):
        ask(host, f"invented.{number}")
        with pytest.raises(ToolvetError):
            ask(host, "call", tool=f"t{number}")

    assert len(host.asked) <= 3
    assert len(host.undeclared) <= 100


def test_a_part_of_an_artifact_that_is_no_base64_is_refused() -> None:
    with pytest.raises(ToolvetError) as refused:
        ask(FakeHost(BUNDLE), "artifact.put", name="a", data="!", last=True)

    assert refused.value.code == "call.artifact_part"
