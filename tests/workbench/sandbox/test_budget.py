"""What a process tree holds."""

import os
import subprocess
import sys

from toolvet.sandbox import budget

FILL = """
import os, sys
held = bytearray(os.urandom(1)) * (40 << 20)
if len(sys.argv) > 1:
    child = os.fork()
    if child == 0:
        own = bytearray(b"x") * (30 << 20)
        print("full", flush=True)
        sys.stdin.read()
        os._exit(0)
else:
    print("full", flush=True)
sys.stdin.read()
"""


def measured(*arguments: str) -> float:
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", FILL, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        found = budget.tree_mib(process.pid)
        process.kill()
    assert found is not None
    return found


def test_what_a_process_filled_is_counted() -> None:
    assert 40 < measured() < 60


def test_what_two_processes_share_is_counted_once_and_what_is_their_own_twice() -> None:
    assert 70 < measured("fork") < 95


def test_a_process_that_is_gone_holds_nothing_that_is_known() -> None:
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    process.wait()

    assert budget.tree_mib(process.pid) is None


def test_the_budget_is_a_part_of_this_machine() -> None:
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20

    assert 512 <= budget.default_mib() <= max(512, whole)
