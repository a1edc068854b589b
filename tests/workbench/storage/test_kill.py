"""kill -9 of a process that writes: everything it was told is stored is there."""

import random
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from toolvet.audit.entries import parse_entry
from toolvet.audit.merkle import leaf_hash, node_hash
from toolvet.storage import open_store
from toolvet_reviews.events import EntryDraft

DraftMaker = Callable[..., EntryDraft]

WRITER_PROGRAM = """
import sys, threading
from toolvet.config import now
from toolvet.storage import open_store
from toolvet_reviews.events import EntryDraft, Verb
actor = "019a0000-0000-7000-8000-000000000001"
draft = EntryDraft(Verb("call:run"), actor, "agent", "token", "mcp", "tool", actor,
                   payloads={"arguments": {"n": 1}})
store = open_store(sys.argv[1], clock=now)
mutex = threading.Lock()

def step(unit):
    index = unit.append(draft)
    unit.facts.set(f"fact-{index}", "x" * 300)
    return index

def write():
    while True:
        index = store.write_sync(step)
        with mutex:
            print(index, flush=True)

for _ in range(8):
    threading.Thread(target=write, daemon=True).start()
threading.Event().wait()
"""


def root_of(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    left = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(root_of(hashes[:left]), root_of(hashes[left:]))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_that_was_answered_is_lost(
    database_url: str, clock: Any, draft: DraftMaker, seed: int
) -> None:
    chosen = random.Random(seed)
    program = [sys.executable, "-c", WRITER_PROGRAM, database_url]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        answered = [int(writer.stdout.readline()) for _ in range(chosen.randrange(20, 400))]
        writer.send_signal(signal.SIGKILL)
        answered.extend(int(line) for line in writer.stdout if line.endswith("\n"))

    store = open_store(database_url, clock=clock)
    with store.read() as view:
        entries = view.entries()
        payloads = view.payloads_between(0, len(entries))
        root = view.root()
        facts = [view.facts.get(f"fact-{row.index}") for row in entries]
    next_index = store.write_sync(lambda unit: unit.append(draft()))
    store.close()

    assert set(answered) <= {row.index for row in entries}
    assert [parse_entry(row.leaf).index for row in entries] == list(range(len(entries)))
    assert root == root_of([leaf_hash(row.leaf) for row in entries])
    assert sorted(payloads) == list(range(len(entries)))
    assert None not in facts
    assert next_index == len(entries)
