"""Rows of draft calls, on both databases."""

from dataclasses import replace
from typing import Any

import pytest

from toolvet.storage import Store, Unit
from toolvet.storage.rows import DraftRow, ProposalRow
from toolvet_reviews.values import Digest

AT = "2026-11-21T12:00:00.00000{}Z"
DIGEST = Digest("sha256:" + "ab" * 32)


def called(
    id: str, proposal: int, *, at: int, revision: int = 1, author: str = "me", **came: Any
) -> DraftRow:
    begun = DraftRow(
        id=id,
        proposal=proposal,
        revision=revision,
        digest=DIGEST,
        author=author,
        started_at=AT.format(at),
        lease_s=40.0,
        owner="o",
        status="running",
    )
    return replace(begun, **came)


@pytest.fixture
def proposal(store: Store) -> int:
    row = ProposalRow(
        number=0,
        workspace="default",
        toolset="default",
        tool="t",
        state="reviewing",
        author="me",
        sponsor=None,
        kind="pure",
        revision=1,
        revision_digest=DIGEST,
        release_digest=None,
        base_release=None,
        created_at=AT.format(0),
        updated_at=AT.format(0),
        reason="",
        follows=None,
    )
    return store.write_sync(lambda unit: unit.proposals.create(row)).number


def test_calls_are_found_by_author_and_by_revision_oldest_first(
    store: Store, proposal: int
) -> None:
    rows = [
        called("c", proposal, at=1),
        called("b", proposal, at=2, revision=2, status="failed", code="tool.raised", entry=7),
        called("a", proposal, at=3, author="you", status="succeeded", duration_ms=1.5, tier="B"),
    ]

    def add(unit: Unit) -> None:
        for row in reversed(rows):
            unit.drafts.save(row)

    store.write_sync(add)

    with store.read() as view:
        assert view.drafts.since("me", AT.format(0)) == rows[:2]
        assert view.drafts.since("me", AT.format(1)) == rows[1:2]
        assert view.drafts.of_revision(proposal, 1) == [rows[0], rows[2]]


def test_a_call_is_written_over_when_it_is_done_and_forgotten_when_it_never_ran(
    store: Store, proposal: int
) -> None:
    row = called("a", proposal, at=1)
    store.write_sync(lambda unit: unit.drafts.save(row))
    done = replace(row, status="succeeded", duration_ms=2.5, entry=3)
    store.write_sync(lambda unit: unit.drafts.save(done))
    with store.read() as view:
        assert view.drafts.of_revision(proposal, 1) == [done]

    store.write_sync(lambda unit: unit.drafts.forget("a"))

    with store.read() as view:
        assert view.drafts.of_revision(proposal, 1) == []
