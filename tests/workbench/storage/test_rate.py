"""Group commit: durable entries at a rate no single commit would reach."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from toolvet.storage import open_store
from toolvet_reviews.events import EntryDraft

CALLERS = 32
ENTRIES = 2000
FLOOR = 500
"""Entries a second a shared, busy machine reaches too; `make bench` measures the real figure."""


def test_32_callers_append_at_a_high_rate_in_few_commits(
    sqlite_url: str, clock: Any, draft: Callable[..., EntryDraft]
) -> None:
    store = open_store(sqlite_url, clock=clock)
    commits: list[int] = []
    store.on_commit(lambda growth: commits.append(growth.size))
    entry = draft()

    def append_one(_: int) -> int:
        return store.write_sync(lambda unit: unit.append(entry))

    began = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as pool:
        indexes = list(pool.map(append_one, range(ENTRIES)))
    rate = ENTRIES / (time.perf_counter() - began)
    store.close()

    assert sorted(indexes) == list(range(ENTRIES))
    assert len(commits) < ENTRIES / 2
    assert rate > FLOOR
