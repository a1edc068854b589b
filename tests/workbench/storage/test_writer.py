"""The one writer: what fails together, what fails alone, and when callers are answered."""

import asyncio
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from toolvet.errors import StorageError
from toolvet.storage import Growth, Store, Unit, View
from toolvet.storage.errors import ConstraintError
from toolvet_reviews.events import EntryDraft
from toolvet_reviews.principals import Principal

DraftMaker = Callable[..., EntryDraft]


class RefusedByStepError(Exception):
    """What a step raises when a test wants it to fail."""


def add_person(name: str) -> Callable[[Unit], str]:
    def step(unit: Unit) -> str:
        unit.principals.add(Principal(f"id-{name}", name, "human", frozenset({"reviewer"})))
        return name

    return step


def names(view: View) -> list[str]:
    return [person.name for person in view.principals.all()]


@contextmanager
def one_transaction(store: Store) -> Generator[None]:
    """Hold the writer, so that everything submitted inside shares a transaction."""
    entered, release = threading.Event(), threading.Event()

    def hold(_unit: Unit) -> None:
        entered.set()
        release.wait(30)

    held = store.submit(hold)
    entered.wait(30)
    try:
        yield
    finally:
        release.set()
        held.result(30)


def test_what_a_step_returns_is_the_answer_and_its_rows_are_there(store: Store) -> None:
    assert store.write_sync(add_person("ada")) == "ada"

    with store.read() as view:
        ada = view.principals.by_name("ada")
    assert ada == Principal("id-ada", "ada", "human", frozenset({"reviewer"}))


def test_a_step_that_raises_alone_leaves_nothing_behind(store: Store, draft: DraftMaker) -> None:
    def step(unit: Unit) -> None:
        add_person("ada")(unit)
        unit.append(draft())
        raise RefusedByStepError

    with pytest.raises(RefusedByStepError):
        store.write_sync(step)

    with store.read() as view:
        assert view.principals.all() == []
        assert view.log_size() == 0
    assert store.write_sync(lambda unit: unit.append(draft())) == 0


def test_a_step_that_raises_among_others_fails_alone(store: Store, draft: DraftMaker) -> None:
    def fails(unit: Unit) -> None:
        add_person("eve")(unit)
        unit.append(draft())
        raise RefusedByStepError

    def works(unit: Unit, name: str) -> int:
        add_person(name)(unit)
        return unit.append(draft())

    with one_transaction(store):
        first = store.submit(lambda unit: works(unit, "ada"))
        failing = store.submit(fails)
        last = store.submit(lambda unit: works(unit, "bob"))

    assert (first.result(), last.result()) == (0, 1)
    assert isinstance(failing.exception(), RefusedByStepError)
    with store.read() as view:
        assert [person.name for person in view.principals.all()] == ["ada", "bob"]
        assert view.log_size() == 2


def test_a_row_the_database_refuses_fails_its_step_alone(store: Store) -> None:
    with one_transaction(store):
        futures = [store.submit(add_person(name)) for name in ("ada", "ada", "bob")]

    assert isinstance(futures[1].exception(), ConstraintError)
    assert [futures[0].result(), futures[2].result()] == ["ada", "bob"]


def test_a_step_cannot_go_on_after_a_statement_failed(store: Store, draft: DraftMaker) -> None:
    def swallows(unit: Unit) -> str:
        add_person("ada")(unit)
        try:
            add_person("ada")(unit)
        except ConstraintError:
            unit.append(draft())
        return "all is well"

    with pytest.raises(ConstraintError):
        store.write_sync(swallows)
    with one_transaction(store):
        among_others = [store.submit(swallows), store.submit(add_person("bob"))]

    assert isinstance(among_others[0].exception(), ConstraintError)
    with store.read() as view:
        assert [person.name for person in view.principals.all()] == ["bob"]
        assert view.log_size() == 0


def test_many_callers_share_a_transaction(store: Store, draft: DraftMaker) -> None:
    sizes: list[int] = []
    store.on_commit(lambda growth: sizes.append(growth.size))

    with one_transaction(store):
        futures = [store.submit(lambda unit: unit.append(draft())) for _ in range(300)]

    assert [future.result() for future in futures] == list(range(300))
    assert sizes == [256, 300]


def test_indexes_from_32_callers_have_no_gaps(store: Store, draft: DraftMaker) -> None:
    def call(_: int) -> int:
        return store.write_sync(lambda unit: unit.append(draft()))

    with ThreadPoolExecutor(32) as pool:
        indexes = list(pool.map(call, range(400)))

    assert sorted(indexes) == list(range(400))


def test_an_answered_entry_is_in_every_snapshot_that_begins_then(
    store: Store, draft: DraftMaker
) -> None:
    def call(_: int) -> bool:
        index = store.write_sync(lambda unit: unit.append(draft()))
        with store.read() as view:
            return view.log_size() > index

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(call, range(100)))


def test_followers_hear_of_new_entries_before_the_caller_does(
    store: Store, draft: DraftMaker
) -> None:
    heard: list[int] = []
    store.on_commit(lambda growth: heard.append(growth.size))

    index = store.write_sync(lambda unit: unit.append(draft()))

    assert heard == [index + 1]


def test_followers_hear_nothing_of_commits_without_entries(store: Store) -> None:
    heard: list[int] = []
    store.on_commit(lambda growth: heard.append(growth.size))

    store.write_sync(add_person("ada"))

    assert heard == []


def test_a_follower_that_fails_keeps_nobody_from_being_answered(
    store: Store, draft: DraftMaker
) -> None:
    def fails(_growth: Growth) -> None:
        raise RefusedByStepError

    store.on_commit(fails)

    assert store.write_sync(lambda unit: unit.append(draft())) == 0
    assert store.write_sync(lambda unit: unit.append(draft())) == 1


def test_a_follower_may_queue_a_write(store: Store, draft: DraftMaker) -> None:
    queued: list[Future[None]] = []
    store.on_commit(
        lambda growth: queued.append(
            store.submit(lambda unit: unit.set_checkpoint(growth.size, "note"))
        )
    )

    store.write_sync(lambda unit: unit.append(draft()))
    queued[0].result(10)

    with store.read() as view:
        newest = view.last_checkpoint()
    assert newest is not None
    assert newest.size == 1


def test_a_step_that_waits_for_another_write_is_refused_instead_of_hanging(store: Store) -> None:
    with pytest.raises(RuntimeError):
        store.write_sync(lambda _unit: store.write_sync(add_person("ada")))


def test_a_cancelled_step_that_has_not_begun_never_runs(store: Store) -> None:
    with one_transaction(store):
        cancelled = store.submit(add_person("ada"))
        kept = store.submit(add_person("bob"))
        assert cancelled.cancel()

    assert kept.result() == "bob"
    with store.read() as view:
        assert [person.name for person in view.principals.all()] == ["bob"]


def test_a_closed_store_writes_what_was_queued_and_refuses_the_rest(
    store: Store, draft: DraftMaker
) -> None:
    futures = [store.submit(lambda unit: unit.append(draft())) for _ in range(20)]

    store.close()

    assert [future.result(0) for future in futures] == list(range(20))
    with pytest.raises(StorageError):
        store.submit(add_person("ada"))
    store.close()


def test_async_callers_write_and_look(store: Store, draft: DraftMaker) -> None:
    async def session() -> tuple[list[int], int]:
        writes = [store.write(lambda unit: unit.append(draft())) for _ in range(20)]
        indexes = await asyncio.gather(*writes)
        return indexes, await store.query(lambda view: view.log_size())

    assert asyncio.run(session()) == (list(range(20)), 20)


def test_a_view_is_one_snapshot(store: Store, draft: DraftMaker) -> None:
    with store.read() as view:
        assert view.log_size() == 0
        store.write_sync(lambda unit: unit.append(draft()))
        assert view.log_size() == 0
        assert view.entries() == []

    with store.read() as view:
        assert view.log_size() == 1


def test_a_view_only_reads(store: Store) -> None:
    with store.read() as view, pytest.raises(StorageError):
        view.facts.set("a", "b")


def test_reading_does_not_wait_for_a_write_in_progress(store: Store) -> None:
    store.write_sync(add_person("ada"))

    def write_and_look_from_elsewhere(unit: Unit) -> list[str]:
        add_person("bob")(unit)
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(store.query_sync, names).result(5)

    assert store.write_sync(write_and_look_from_elsewhere) == ["ada"]


def test_text_no_database_can_hold_is_refused_and_disturbs_nobody(store: Store) -> None:
    half = "\ud800"
    with one_transaction(store):
        bad = store.submit(lambda unit: unit.facts.set("half", half))
        good = store.submit(lambda unit: unit.facts.set("whole", "text"))

    assert getattr(bad.exception(), "code", "") == "storage.value"
    assert good.exception() is None
