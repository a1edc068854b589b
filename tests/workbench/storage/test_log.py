"""The log in tables: indexes, times, payloads, tiles and proofs."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolvet.audit.entries import parse_entry
from toolvet.audit.merkle import leaf_hash, node_hash, verify_consistency, verify_inclusion
from toolvet.storage import Store, Unit, open_store
from toolvet_reviews.events import EntryDraft, Verb

DraftMaker = Callable[..., EntryDraft]


class ChangedMindError(Exception):
    """What a step raises when a test wants it to fail."""


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    left = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(naive_root(leaves[:left]), naive_root(leaves[left:]))


def append_many(store: Store, drafts: list[EntryDraft]) -> list[int]:
    return store.write_sync(lambda unit: [unit.append(draft) for draft in drafts])


def test_entries_get_indexes_without_gaps_and_times_that_never_fall(
    store: Store, clock: Any, draft: DraftMaker
) -> None:
    first = append_many(store, [draft(), draft()])
    clock.at -= timedelta(hours=1)
    second = append_many(store, [draft()])

    with store.read() as view:
        entries = view.entries()
        assert view.log_size() == 3
    assert first + second == [0, 1, 2]
    times = [entry.time for entry in entries]
    assert times == sorted(times)
    assert times[2] == times[1]


def test_a_stored_leaf_is_the_entry_with_its_columns_and_hash(
    store: Store, draft: DraftMaker
) -> None:
    append_many(store, [draft(code="call.arguments")])

    with store.read() as view:
        row = view.entry(0)
    assert row is not None
    entry = parse_entry(row.leaf)
    assert (entry.index, entry.time, str(entry.verb)) == (row.index, row.time, row.verb)
    assert (entry.actor, entry.target_id) == (row.actor, row.target_id)
    assert row.hash == leaf_hash(row.leaf)


def test_the_log_starts_empty_with_the_root_of_nothing(store: Store) -> None:
    with store.read() as view:
        assert view.log_size() == 0
        assert view.root() == hashlib.sha256(b"").digest()
        assert view.last_checkpoint() is None
        assert view.entry(0) is None


def test_payloads_lie_beside_the_leaf_and_open_its_commitments(
    store: Store, draft: DraftMaker
) -> None:
    append_many(store, [draft(payloads={"arguments": {"name": "Ada \x00 \U0001f600"}})])

    with store.read() as view:
        (payload,) = view.payloads(0)
        row = view.entry(0)
    assert row is not None
    assert payload.salt is not None
    assert payload.body is not None
    opened = hashlib.sha256(payload.salt + payload.body).hexdigest()
    assert payload.commitment == f"sha256:{opened}"
    assert parse_entry(row.leaf).payloads == {"arguments": payload.commitment}
    assert json.loads(payload.body) == {"name": "Ada \x00 \U0001f600"}
    assert b"Ada" not in row.leaf


def test_an_erased_payload_leaves_commitment_root_and_the_other_payload(
    store: Store, draft: DraftMaker
) -> None:
    append_many(store, [draft(payloads={"a": "secret", "b": "kept"})])
    with store.read() as view:
        before = view.root()
        commitments = [payload.commitment for payload in view.payloads(0)]

    assert store.write_sync(lambda unit: unit.erase_payload(0, "a"))
    assert not store.write_sync(lambda unit: unit.erase_payload(0, "a"))
    assert not store.write_sync(lambda unit: unit.erase_payload(7, "a"))

    with store.read() as view:
        a, b = view.payloads(0)
        assert view.root() == before
    assert (a.salt, a.body) == (None, None)
    assert b.body == b'"kept"'
    assert [a.commitment, b.commitment] == commitments


def test_an_erased_payload_is_in_no_file_of_the_database(
    sqlite_url: str, clock: Any, draft: DraftMaker, tmp_path: Any
) -> None:
    store = open_store(sqlite_url, clock=clock)
    words = "the quick brown secret"
    append_many(store, [draft(payloads={"a": words})])

    store.write_sync(lambda unit: unit.erase_payload(0, "a"))

    found = [file.name for file in tmp_path.iterdir() if words.encode() in file.read_bytes()]
    store.close()
    assert found == []


def test_a_step_sees_its_own_entries_and_those_queued_before_it(
    store: Store, draft: DraftMaker
) -> None:
    def step(unit: Unit) -> tuple[int, bytes, list[int], list[str]]:
        unit.append(draft(payloads={"a": 1}))
        seen = (unit.log_size(), unit.root(), [row.index for row in unit.entries()])
        unit.append(draft())
        return (*seen, [payload.name for payload in unit.payloads(0)])

    size, root, indexes, payloads = store.write_sync(step)

    with store.read() as view:
        assert view.root(1) == root
        assert view.log_size() == 2
        assert view.root() == naive_root([row.leaf for row in view.entries()])
    assert (size, indexes, payloads) == (1, [0], ["a"])


def test_a_step_that_fails_after_reading_the_log_takes_only_its_own_entries_back(
    store: Store, draft: DraftMaker
) -> None:
    def fails(unit: Unit) -> None:
        unit.append(draft())
        unit.root()
        raise ChangedMindError

    gate = store.submit(lambda unit: unit.append(draft()))
    futures = [store.submit(lambda unit: unit.append(draft())) for _ in range(3)]
    failing = store.submit(fails)
    last = store.submit(lambda unit: unit.append(draft()))

    assert [gate.result(), *(future.result() for future in futures), last.result()] == [*range(5)]
    assert isinstance(failing.exception(), ChangedMindError)
    with store.read() as view:
        leaves = [row.leaf for row in view.entries()]
        assert view.root() == naive_root(leaves)
    assert len(leaves) == 5


@pytest.mark.parametrize("sizes", [[255, 1, 1], [256, 256], [300, 300, 1], [1] * 5])
def test_roots_and_proofs_from_tiles_equal_the_definition(
    store: Store, draft: DraftMaker, sizes: list[int]
) -> None:
    for size in sizes:
        append_many(store, [draft()] * size)

    with store.read() as view:
        leaves = [row.leaf for row in view.entries()]
        total = len(leaves)
        old = sizes[0]
        root = view.root(total)
        assert root == naive_root(leaves)
        assert view.root(old) == naive_root(leaves[:old])
        for index in (0, old - 1, total - 1):
            proof = view.inclusion_proof(index, total)
            verify_inclusion(index, total, leaf_hash(leaves[index]), proof, root)
        proof = view.consistency_proof(old, total)
        verify_consistency(old, total, view.root(old), root, proof)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(plan=st.lists(st.tuples(st.integers(0, 90), st.booleans()), min_size=1, max_size=12))
def test_whatever_fails_between_the_tree_holds_exactly_the_answered_entries(
    plan: list[tuple[int, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    from_clock = datetime(2026, 1, 1, tzinfo=UTC)
    folder = tmp_path_factory.mktemp("plan")
    store = open_store(f"sqlite:///{folder}/toolvet.db", clock=lambda: from_clock)

    def run(unit: Unit, count: int, *, fails: bool) -> list[int]:
        indexes = [unit.append(_bare_draft()) for _ in range(count)]
        if count % 3 == 0:
            unit.root()
        if fails:
            raise ChangedMindError
        return indexes

    futures = [store.submit(lambda u, c=c, f=f: run(u, c, fails=f)) for c, f in plan]
    answered = [index for future in futures if not future.exception() for index in future.result()]
    with store.read() as view:
        leaves = [row.leaf for row in view.entries()]
        root = view.root()
    store.close()

    assert answered == list(range(len(leaves)))
    assert root == naive_root(leaves)


def _bare_draft() -> EntryDraft:
    actor = "019a0000-0000-7000-8000-000000000001"
    return EntryDraft(Verb("call:run"), actor, "agent", "token", "mcp", "tool", actor)


def test_entries_can_be_asked_for_by_range_verb_and_target(store: Store, draft: DraftMaker) -> None:
    append_many(store, [draft()] * 5)

    with store.read() as view:
        assert [row.index for row in view.entries(1, 3)] == [1, 2]
        assert [row.index for row in view.entries(3)] == [3, 4]
        assert view.entries(verbs=["token:issue"]) == []
        assert len(view.entries(verbs=["call:run", "token:issue"])) == 5
        assert len(view.entries_about(draft().target_id)) == 5
        assert view.entries_about("nobody") == []


def test_payloads_can_be_read_for_many_entries_at_once(store: Store, draft: DraftMaker) -> None:
    append_many(store, [draft(payloads={"a": 1, "b": 2}), draft(), draft(payloads={"a": 3})])

    with store.read() as view:
        found = view.payloads_between(0, 3)
    assert {index: [row.name for row in rows] for index, rows in found.items()} == {
        0: ["a", "b"],
        2: ["a"],
    }


def test_the_newest_checkpoint_is_the_one_of_the_largest_size(store: Store) -> None:
    store.write_sync(lambda unit: unit.set_checkpoint(5, "five"))
    store.write_sync(lambda unit: unit.set_checkpoint(3, "three"))
    store.write_sync(lambda unit: unit.set_checkpoint(5, "five again"))

    with store.read() as view:
        newest, three = view.last_checkpoint(), view.checkpoint(3)
    assert newest is not None
    assert (newest.size, newest.note) == (5, "five again")
    assert three is not None
    assert three.note == "three"


def test_an_entry_that_may_not_stand_in_the_log_fails_its_step_alone(
    store: Store, draft: DraftMaker
) -> None:
    futures = [
        store.submit(lambda unit: unit.append(draft())),
        store.submit(lambda unit: unit.append(draft(code="free text with spaces and \n lines"))),
        store.submit(lambda unit: unit.append(draft())),
    ]

    errors = [future.exception() for future in futures]
    assert errors[0] is None
    assert errors[2] is None
    assert getattr(errors[1], "code", "").startswith("audit.")
    assert [futures[0].result(), futures[2].result()] == [0, 1]


def test_an_export_is_read_in_columns(store: Store, draft: DraftMaker) -> None:
    store.write_sync(lambda unit: [unit.append(draft(payloads={"b": 1, "a": "x"})) for _ in "xyz"])

    with store.read() as view:
        leaves, texts = view.leaves(1, 3), view.payload_texts(1, 3)
        rows = view.entries(1, 3)

    assert [tuple(leaf) for leaf in leaves] == [
        (row.index, row.leaf, row.verb, row.digest, row.act) for row in rows
    ]
    assert [(place, name, body) for place, name, _salt, body in texts] == [
        (1, "a", b'"x"'),
        (1, "b", b"1"),
        (2, "a", b'"x"'),
        (2, "b", b"1"),
    ]
