"""Idempotency keys, fences, and what tools keep."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from toolvet.storage import Store, Unit
from toolvet.storage.errors import FencedError
from toolvet.storage.rows import (
    CallRow,
    Claim,
    ClaimRow,
    DeadRow,
    Fence,
    InProgress,
    Mismatch,
    OnceState,
    Replay,
    Run,
    StoreOp,
)
from toolvet_reviews.values import Digest

TOOL = "growth/send"
DIGEST = Digest("sha256:" + "ab" * 32)
AT = "2026-11-21T12:00:00.000000Z"


def claim(
    store: Store, now: float, *, request: str = "r", key: str = "k", owner: str = "o1"
) -> Claim:
    return store.write_sync(
        lambda u: u.calls.claim(TOOL, key, request, now=now, lease_s=30, keep_s=86_400, owner=owner)
    )


def finish(store: Store, token: int, state: Any = "done", result: bytes | None = b"{}") -> bool:
    return store.write_sync(lambda u: u.calls.finish(TOOL, "k", token, state=state, result=result))


def test_a_key_is_claimed_once_and_its_answer_replayed(store: Store) -> None:
    assert claim(store, 1000) == Run(1)
    assert claim(store, 1001, owner="o2") == InProgress(29, "o1")
    assert claim(store, 1001, request="other") == Mismatch()
    assert finish(store, 1, result=b'"answer"')

    assert claim(store, 1002) == Replay(b'"answer"')
    assert claim(store, 1002, request="other") == Mismatch()
    assert not finish(store, 1, result=b'"late"')


def test_an_unfinished_run_may_run_again_under_a_higher_token(store: Store) -> None:
    claim(store, 1000)
    assert finish(store, 1, "unfinished")

    assert claim(store, 1001, request="other") == Mismatch()
    assert claim(store, 1001) == Run(2)


def test_a_run_that_lost_its_lease_is_fenced_off(store: Store) -> None:
    claim(store, 0)

    assert claim(store, 31, owner="o2") == Run(2)
    assert not finish(store, 1, result=b'"first, too late"')
    assert not store.write_sync(lambda u: u.calls.renew(TOOL, "k", 1, 99))
    assert finish(store, 2, result=b'"second"')
    assert claim(store, 33) == Replay(b'"second"')


def test_a_renewed_lease_holds(store: Store) -> None:
    claim(store, 0)

    assert store.write_sync(lambda u: u.calls.renew(TOOL, "k", 1, 60))
    assert claim(store, 31) == InProgress(29, "o1")


def test_a_key_used_again_after_its_time_still_raises_the_token(store: Store) -> None:
    claim(store, 0)
    finish(store, 1)

    assert claim(store, 90_000, request="other") == Run(2)


def test_a_finished_operation_that_has_grown_runs_again(store: Store) -> None:
    claim(store, 0)
    assert not store.write_sync(lambda u: u.calls.reopen(TOOL, "k"))
    finish(store, 1)

    assert store.write_sync(lambda u: u.calls.reopen(TOOL, "k"))
    assert claim(store, 1) == Run(2)


def test_a_run_that_outlives_its_key_stays_in_charge(store: Store) -> None:
    claim(store, 0)
    store.write_sync(lambda u: u.calls.renew(TOOL, "k", 1, 100_000))

    assert claim(store, 90_000) == InProgress(10_000, "o1")


def test_of_32_callers_exactly_one_runs(store: Store) -> None:
    def race(_: int) -> str:
        return type(claim(store, 5)).__name__

    with ThreadPoolExecutor(32) as pool:
        outcomes = Counter(pool.map(race, range(32)))

    assert outcomes == {"Run": 1, "InProgress": 31}


def test_what_a_dead_owner_ran_can_be_listed_and_released(store: Store) -> None:
    claim(store, 0, key="a")
    claim(store, 0, key="b")
    claim(store, 0, key="c", owner="o2")

    with store.read() as view:
        held = view.calls.claims_of("o1")
        assert len(view.calls.running()) == 3
    assert held == [ClaimRow(TOOL, "a", 1, "o1", 30), ClaimRow(TOOL, "b", 1, "o1", 30)]
    assert store.write_sync(lambda u: u.calls.release_owner("o1")) == 2
    assert claim(store, 1, key="a") == Run(2)
    assert isinstance(claim(store, 1, key="c"), InProgress)


def test_old_keys_are_pruned_and_running_ones_kept(store: Store) -> None:
    claim(store, 0)
    finish(store, 1)
    claim(store, 0, key="running")

    assert store.write_sync(lambda u: u.calls.prune(50)) == 0
    assert store.write_sync(lambda u: u.calls.prune(90_000)) == 1
    with store.read() as view:
        assert [row.key for row in view.calls.running()] == ["running"]


def test_records_are_put_added_missed_and_scanned(store: Store) -> None:
    def fill(unit: Unit) -> list[bool]:
        calls = unit.calls
        calls.store_put(TOOL, "ledger", "b", {"n": 1})
        calls.store_put(TOOL, "ledger", "b", {"n": [2, None, "\x00"]})
        calls.store_put("other/tool", "ledger", "x", 1)
        return [
            calls.store_add_if_absent(TOOL, "ledger", "a", 1),
            calls.store_add_if_absent(TOOL, "ledger", "a", 2),
        ]

    assert store.write_sync(fill) == [True, False]
    with store.read() as view:
        calls = view.calls
        assert calls.store_get(TOOL, "ledger", "a") == 1
        assert calls.store_get(TOOL, "ledger", "b") == {"n": [2, None, "\x00"]}
        assert calls.store_get(TOOL, "ledger", "x") is None
        assert calls.store_missing(TOOL, "ledger", ["z", "a", "y", "z"]) == ["z", "y"]
        assert calls.store_scan(TOOL, "ledger", limit=1) == [("a", 1)]
        assert [key for key, _ in calls.store_scan(TOOL, "ledger", after="a")] == ["b"]


def test_keys_are_scanned_by_code_point_on_every_database(store: Store) -> None:
    keys = ["b", "B", "a", "ä", "_", "Z", "10", "9", "\U0001f600", "\uff21"]
    ops = [StoreOp("put", "c", key, None) for key in keys]
    store.write_sync(lambda u: u.calls.store_batch(TOOL, ops))

    with store.read() as view:
        assert [key for key, _ in view.calls.store_scan(TOOL, "c")] == sorted(keys)


def test_missing_takes_more_keys_than_a_statement_takes_parameters(store: Store) -> None:
    keys = [f"k{n:05}" for n in range(1500)]
    ops = [StoreOp("put", "c", key, 1) for key in keys[:700]]
    store.write_sync(lambda u: u.calls.store_batch(TOOL, ops))

    with store.read() as view:
        assert view.calls.store_missing(TOOL, "c", keys) == keys[700:]


def test_a_batch_tells_of_each_write(store: Store) -> None:
    ops = [
        StoreOp("put", "c", "a", 1),
        StoreOp("add_if_absent", "c", "a", 2),
        StoreOp("add_if_absent", "c", "b", 3),
    ]

    assert store.write_sync(lambda u: u.calls.store_batch(TOOL, ops)) == [True, False, True]


def test_a_batch_with_a_key_no_database_can_hold_stores_nothing(store: Store) -> None:
    ops = [StoreOp("put", "c", "a", 1), StoreOp("put", "c", "b\x00", 1)]

    future = store.submit(lambda u: u.calls.store_batch(TOOL, ops))

    assert getattr(future.exception(), "code", "") == "storage.value"
    with store.read() as view:
        assert view.calls.store_scan(TOOL, "c") == []


@pytest.mark.parametrize("ended", ["overtaken", "done", "never begun"])
def test_a_run_that_is_not_in_charge_writes_nothing(store: Store, ended: str) -> None:
    fence = Fence(TOOL, "k", 1)
    if ended != "never begun":
        claim(store, 0)
    if ended == "overtaken":
        claim(store, 31)
    if ended == "done":
        finish(store, 1)
    dead = DeadRow("d1", TOOL, DIGEST, "call", None, "why", AT)
    writes: list[Callable[[Unit], object]] = [
        lambda u: u.calls.store_put(TOOL, "c", "a", 1, fence=fence),
        lambda u: u.calls.store_add_if_absent(TOOL, "c", "a", 1, fence=fence),
        lambda u: u.calls.once_begin(TOOL, "i1", "call", fence=fence),
        lambda u: u.calls.once_end(TOOL, "i1", "call", None, fence=fence),
        lambda u: u.calls.add_dead(dead, fence=fence),
    ]

    errors = [store.submit(write).exception() for write in writes]

    assert all(isinstance(error, FencedError) for error in errors)
    with store.read() as view:
        assert view.calls.store_scan(TOOL, "c") == []
        assert view.calls.dead() == []


def test_a_run_in_charge_writes(store: Store) -> None:
    claim(store, 0)
    fence = Fence(TOOL, "k", 1)

    store.write_sync(lambda u: u.calls.store_put(TOOL, "c", "a", 1, fence=fence))

    with store.read() as view:
        assert view.calls.store_get(TOOL, "c", "a") == 1


def test_an_effect_is_new_then_uncertain_then_done(store: Store) -> None:
    def begin(call: str) -> OnceState:
        return store.write_sync(lambda u: u.calls.once_begin(TOOL, "item", call))

    assert not store.write_sync(lambda u: u.calls.once_end(TOOL, "item", "c0", 1))
    assert begin("c1") == OnceState("new")
    assert begin("c2") == OnceState("uncertain")
    assert store.write_sync(lambda u: u.calls.once_end(TOOL, "item", "c2", {"id": 7}))
    assert not store.write_sync(lambda u: u.calls.once_end(TOOL, "item", "c1", {"id": 8}))
    assert begin("c3") == OnceState("done", {"id": 7})


def test_effects_of_two_tools_do_not_meet(store: Store) -> None:
    store.write_sync(lambda u: u.calls.once_begin(TOOL, "item", "c1"))

    other = store.write_sync(lambda u: u.calls.once_begin("other/tool", "item", "c2"))

    assert other == OnceState("new")


def test_dead_letters_are_kept_by_tool(store: Store) -> None:
    letters = [
        DeadRow("d1", TOOL, DIGEST, "c1", {"to": "a"}, "bounced \x00", AT),
        DeadRow("d2", "other/tool", DIGEST, "c2", None, "", AT),
    ]
    for letter in letters:
        store.write_sync(lambda u, letter=letter: u.calls.add_dead(letter))

    with store.read() as view:
        assert view.calls.dead() == letters
        assert view.calls.dead(TOOL) == letters[:1]


def test_calls_are_recorded_and_listed_newest_first(store: Store) -> None:
    first = CallRow(
        "c1", DIGEST, "default", "slugify", "p1", None, "succeeded", "", AT, 1.5, "B", b"{}"
    )
    second = replace(
        first, id="c2", started_at=AT.replace("12:", "13:"), result=None, tier=None, replayed=True
    )
    for row in (first, second):
        store.write_sync(lambda u, row=row: u.calls.add(row))

    with store.read() as view:
        assert view.calls.get("c1") == first
        assert view.calls.get("c3") is None
        assert view.calls.recent(5) == [second, first]
        assert view.calls.recent(1) == [second]
