"""The same task written unsafely and safely: rules fire on the one and not on the other.

The tasks are written in other hands than the cases of single rules: handlers of web pages, short
functions without types, classes, helpers, aliases.
"""

import ast
import asyncio

import pytest

from toolvet.checks import Toolchain, reading, scanning
from toolvet.checks.rules import RULES, configuration
from toolvet.sandbox import TierReport

PAIRS = RULES / "cases" / "pairs"


def functions(word: str) -> dict[str, tuple[str, range]]:
    """File and lines of each function whose name begins with a word."""
    return {
        node.name.removeprefix(f"{word}_"): (
            path.name,
            range(node.lineno, (node.end_lineno or node.lineno) + 1),
        )
        for path in sorted(PAIRS.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith(f"{word}_")
    }


UNSAFE, SAFE = functions("unsafe"), functions("safe")


@pytest.fixture(scope="module")
def places(toolchain: Toolchain, walls: TierReport) -> set[tuple[str, int, str]]:
    """File, line and rule of every finding."""
    files = {path.name: path.read_bytes() for path in sorted(PAIRS.glob("*.py"))}
    outcome = asyncio.run(scanning.scan(toolchain, files, walls))
    document = reading.entry(reading.document(outcome.stdout))
    assert scanning.doubts(document, {*files}, configuration().rules) == []
    return {
        (
            reading.file_name(hit["path"]),
            reading.number(reading.entry(hit["start"])["line"]),
            str(hit["check_id"]),
        )
        for hit in reading.entries(document["results"])
    }


def rules_in(places: set[tuple[str, int, str]], where: tuple[str, range]) -> set[str]:
    name, lines = where
    return {rule for file, line, rule in places if file == name and line in lines}


def test_there_are_forty_pairs() -> None:
    assert UNSAFE.keys() == SAFE.keys()
    assert len(UNSAFE) >= 40


@pytest.mark.parametrize("task", sorted(UNSAFE))
def test_a_task_done_unsafely_is_told_from_the_same_done_safely(
    places: set[tuple[str, int, str]], task: str
) -> None:
    assert rules_in(places, UNSAFE[task])
    assert rules_in(places, SAFE[task]) == set()
