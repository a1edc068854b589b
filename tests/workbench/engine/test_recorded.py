"""What is kept of calls: as the policy says, redacted before it is written, and gone in time."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import furniture
import pytest
from house import House

from toolvet.engine import current, recorded, stored
from toolvet.engine.recorded import Recordings
from toolvet.engine.verdict import VerifierParts
from toolvet.storage.rows import RecordedRow
from toolvet_reviews import digests
from toolvet_reviews.findings import Evidence
from toolvet_reviews.policy import Policy, parse_policy, preset
from toolvet_reviews.policy_asks import Recorded
from toolvet_reviews.redaction import Redactor
from toolvet_reviews.values import Digest, Json, JsonObject
from toolvet_reviews.views import CallView

Run = Callable[[Coroutine[Any, Any, Any]], Any]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def policy(calls: int, redact: str = "shape", days: int = 30) -> str:
    text = preset("solo")
    start = text.find("[recorded]")
    kept = text if start < 0 else text[:start] + text[text.find("\n[", start) + 1 :]
    return f'{kept}\n[recorded]\ncalls = {calls}\ndays = {days}\nredact = "{redact}"\n'


class Desk:
    """Keeps calls of a served tool under a policy, without calling it."""

    def __init__(self, home: House, text: str | None) -> None:
        self.home = home
        self.now = NOW
        in_force = parse_policy(text) if text else None
        self.kept = Recordings(home.services.store, lambda: in_force, lambda: self.now)
        self.served = home.services.catalogue.snapshot.served["add"]

    async def keep(self, result: Json = None, code: str = "", **arguments: Any) -> None:
        status = "failed" if code else "succeeded"
        view = CallView(
            id="c", tool="add", version=1, release_digest=self.served.digest, status=status,
            code=code, result=result, duration_ms=1.0,
        )  # fmt: skip
        self.kept.note(self.served, arguments, view)
        self.now += timedelta(seconds=1)
        await self.kept.close()

    def rows(self, limit: int = 100) -> list[RecordedRow]:
        with self.home.services.store.read() as view:
            return view.recorded.newest(self.served.digest, since="", limit=limit)

    def clear(self) -> None:
        self.home.services.store.write_sync(lambda unit: recorded.prune(unit, Recorded(), self.now))


@pytest.fixture
def desk(home: House) -> Callable[[str], Desk]:
    def made(text: str) -> Desk:
        one = Desk(home, text)
        one.clear()
        return one

    return made


def test_nothing_is_kept_unless_the_policy_says_so(desk: Callable[[str], Desk], run: Run) -> None:
    for text in (policy(0), ""):
        one = desk(text)
        run(one.keep(3, first=1, second=2))
        assert one.rows() == []


def test_a_call_is_redacted_before_it_is_written(desk: Callable[[str], Desk], run: Run) -> None:
    one = desk(policy(10))
    run(one.keep(999_888, first=123_456, second=876_432))

    (row,) = one.rows()
    assert isinstance(row.arguments, dict)
    assert row.arguments.keys() == {"first", "second"}
    said = [*row.arguments.values(), row.result]
    assert not any(value in said for value in (123_456, 876_432, 999_888))
    assert [len(str(value)) for value in row.arguments.values()] == [6, 6]
    assert row.digest == digests.of_json(row.arguments)


def test_a_policy_may_keep_calls_as_they_are(desk: Callable[[str], Desk], run: Run) -> None:
    one = desk(policy(10, "none"))
    run(one.keep(5, first=2, second=3))

    (row,) = one.rows()
    assert (row.arguments, row.result, row.code) == ({"first": 2, "second": 3}, 5, "")


def test_the_newest_stay_and_of_equal_arguments_one(desk: Callable[[str], Desk], run: Run) -> None:
    one = desk(policy(2, "none"))
    for first in (1, 2, 2, 3, 1):
        run(one.keep(first, first=first, second=0))

    assert [row.arguments for row in one.rows()] == [
        {"first": 1, "second": 0},
        {"first": 3, "second": 0},
    ]


def test_what_is_older_than_the_policy_says_goes(desk: Callable[[str], Desk], run: Run) -> None:
    one = desk(policy(10, "none", days=3))
    run(one.keep(1, first=1, second=0))
    one.now += timedelta(days=4)
    run(one.keep(2, first=2, second=0))

    assert [row.result for row in one.rows()] == [2]


def test_a_policy_that_keeps_nothing_forgets_what_was_kept(
    desk: Callable[[str], Desk], run: Run
) -> None:
    one = desk(policy(10))
    run(one.keep(1, first=1, second=0))
    kept = len(one.rows())
    Recordings(
        one.home.services.store, lambda: parse_policy(policy(0)), lambda: one.now
    ).forget_old()

    assert (kept, one.rows()) == (1, [])


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("call.timed_out", {"first": 1, "second": 2}),
        ("", {"file": {"name": "a", "size": 1, "digest": "sha256:0"}}),
        ("", {"files": [{"name": "a", "size": 1, "digest": "sha256:0"}]}),
        ("", {"first": 1, "second": 2, "text": "x" * recorded.LARGEST}),
        ("", {"first": "not a number", "second": 2}),
    ],
)
def test_calls_that_could_not_be_replayed_are_left_out(
    desk: Callable[[str], Desk], run: Run, code: str, arguments: JsonObject
) -> None:
    one = desk(policy(10))
    run(one.keep(code=code, **arguments))

    assert one.rows() == []


def test_a_failure_of_the_tool_itself_is_kept(desk: Callable[[str], Desk], run: Run) -> None:
    one = desk(policy(10, "none"))
    run(one.keep(code="tool.raised", first=1, second=2))

    assert [(row.result, row.code) for row in one.rows()] == [(None, "tool.raised")]


def test_more_calls_than_can_wait_are_left_out(desk: Callable[[str], Desk], run: Run) -> None:
    one = desk(policy(1000, "none"))
    view = CallView(
        id="c", tool="add", version=1, release_digest=one.served.digest, status="succeeded",
        result=1, duration_ms=1.0,
    )  # fmt: skip

    async def flood() -> None:
        for number in range(2 * recorded.MOST_WAITING):
            one.kept.note(one.served, {"first": number, "second": 0}, view)
        await one.kept.close()

    run(flood())

    assert len(one.rows(1000)) == recorded.MOST_WAITING


def test_the_secret_is_made_once(home: House, run: Run) -> None:
    async def both() -> list[bytes]:
        store = home.services.store
        return await asyncio.gather(*(recorded.secret_of(store) for _ in range(4)))

    found = set(run(both()))

    assert len(found) == 1
    assert len(found.pop()) == 32


def test_a_text_that_the_code_says_in_quotes_is_known() -> None:
    source = recorded.source_of(
        {
            "a.py": b"KINDS = (\"spring_offer\", 'EUR')\n    cents: int",
            "tests/test_a.py": b'"ana"',
            "b.txt": b'"x"',
        }
    )

    assert recorded.says(source, "spring_offer")
    assert recorded.says(source, "EUR")
    assert recorded.says(source, "cents")
    assert not any(recorded.says(source, text) for text in ("ana", "x", "", "spring", "K" * 200))


# --- what serves -----------------------------------------------------------------------------------


def parts_of(home: House) -> VerifierParts:
    services = home.services
    return VerifierParts(
        services.paths, services.store, services.standing, services.pool, services.tier,
        services.toolchain, services.clock, services.service_id,
    )  # fmt: skip


def test_what_serves_is_unpacked_for_as_long_as_it_is_needed(home: House, run: Run) -> None:
    async def look() -> tuple[Path, str]:
        async with current.published_for(parts_of(home), "default", "add") as found:
            assert found is not None
            served = home.services.catalogue.snapshot.served["add"]
            assert found.version == served.version
            assert found.manifest == served.manifest
            assert (found.folder / "add.py").read_bytes() == found.bundle.files["add.py"]
            assert not (found.folder / "tool.toml").exists()
            assert (found.trouble, found.environment) == ("", None)
            return found.folder, found.digest

    folder, digest = run(look())
    assert not folder.exists()
    assert digest == run(look())[1]


def test_a_name_that_nothing_serves_under_has_no_published_version(home: House, run: Run) -> None:
    async def look(toolset: str, name: str) -> object:
        async with current.published_for(parts_of(home), toolset, name) as found:
            return found

    assert run(look("default", "nobody")) is None
    assert run(look("other", "add")) is None


def test_recorded_calls_of_the_release_that_serves_come_along_the_newest_first(
    home: House, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two(_policy: Policy | None) -> Recorded:
        return Recorded(calls=5, redact="none")

    monkeypatch.setattr(recorded, "in_force", two)
    one = Desk(home, None)
    one.clear()
    one.now = home.services.clock()
    run(one.keep(3, first=1, second=2))
    run(one.keep(7, first=3, second=4))

    async def look() -> list[object]:
        async with current.published_for(parts_of(home), "default", "add") as found:
            assert found is not None
            assert found.kept
            return [call.result for call in found.calls]

    assert run(look()) == [7, 3]
    one.clear()


def test_records_are_copied_redacted_with_their_keys(home: House) -> None:
    store, redactor = home.services.store, Redactor(b"0" * 32, {"n"}.__contains__)
    tool = "default/some_ledger"
    store.write_sync(
        lambda unit: unit.calls.store_put(tool, "seen", "ana@example.org", {"n": "Ana"})
    )

    with store.read() as view:
        plain = recorded.records_of(view, tool, ("seen", "none"), None)
        hidden = recorded.records_of(view, tool, ("seen",), redactor)

    assert plain == {"seen": {"ana@example.org": {"n": "Ana"}}, "none": {}}
    assert hidden == {"seen": {redactor.text("ana@example.org"): {"n": redactor.text("Ana")}}}
    assert "ana" not in str(hidden).lower()


def test_the_digest_of_what_serves_changes_with_what_is_known_of_it(home: House, run: Run) -> None:
    async def look() -> set[Digest]:
        async with current.published_for(parts_of(home), "default", "add") as found:
            assert found is not None
            others = (
                replace(found, kept=not found.kept),
                replace(found, store={"a": {"b": 1}}),
                replace(found, trouble="gone"),
            )
            return {found.digest, *(other.digest for other in others)}

    assert len(run(look())) == 4


def test_a_new_version_of_a_served_tool_is_verified_beside_it(home: House, run: Run) -> None:
    new = {
        **furniture.ADD,
        "add.py": furniture.ADD["add.py"].replace(
            "return first + second", "return first + second if first >= 0 else second - first"
        ),
    }

    async def propose() -> dict[str, Evidence]:
        view = await home.submit(home.members["bot"], new)
        number = int(view.id.removeprefix("P-"))
        with home.services.store.read() as found:
            evidence = stored.load_evidence(found, number, view.revision)
        return {one.check: one for one, _ in evidence}

    found = run(propose())

    assert found["behaviour"].status == "warned"
    assert found["behaviour"].measurements["differing"]
    assert found["behaviour"].not_looked_at == ("recorded calls: the policy keeps none",)
    assert "was served again after a rollback" in found["rollback"].summary
    assert found["cost"].measurements["review_minutes"]
