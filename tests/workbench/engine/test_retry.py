"""Declared transient errors are tried again, within one deadline, and nothing else is."""

import asyncio
import dataclasses
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet.engine import retry
from toolvet.engine.retry import Rule, Tried
from toolvet.sandbox.model import Outcome, Raised
from toolvet_reviews import digests
from toolvet_reviews.manifest import Manifest, ToolDefinition
from toolvet_reviews.values import JsonObject

BUSY = Raised("RateLimited", "come back later", "mail.busy")
DONE = Outcome("returned", 1, None, "", 1.0, "B")
FAILED = Outcome("raised", None, BUSY, "", 1.0, "B")
RULE = Rule(frozenset({"RateLimited"}), 4)


class Tool:
    """Answers with outcomes in turn, and remembers what it was given."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self._outcomes = list(outcomes)
        self.attempts: list[int] = []
        self.left: list[float] = []

    async def __call__(self, attempt: int, left_s: float) -> Outcome:
        self.attempts.append(attempt)
        self.left.append(left_s)
        return self._outcomes.pop(0)


def run(tool: Tool, rule: Rule = RULE, *, wall_s: float = 10.0, draw: float = 0.0) -> Tried:
    return asyncio.run(retry.run(rule, tool, wall_s=wall_s, draw=lambda: draw))


def manifest(rule: JsonObject) -> Manifest:
    definition = ToolDefinition("t", "t", "t", {}, {}, {})
    digest = digests.sha256(b"")
    return Manifest(
        "default", "default", "t", "t:t", digest, None, definition, {}, None, {}, rule, "B", "1"
    )


def test_a_transient_error_is_tried_again_until_it_passes() -> None:
    tool = Tool([FAILED, FAILED, DONE])

    tried = run(tool)

    assert (tried.outcome, tried.attempts, tried.exhausted) == (DONE, 3, False)
    assert tool.attempts == [1, 2, 3]
    assert [failure["code"] for failure in tried.history] == ["mail.busy"] * 2


def test_after_the_last_attempt_it_is_exhausted() -> None:
    tried = run(Tool([FAILED] * 4))

    assert (tried.outcome, tried.attempts, tried.exhausted) == (FAILED, 4, True)


@pytest.mark.parametrize("status", ["timed_out", "output_limit", "died", "refused"])
def test_what_the_tool_did_not_say_itself_is_never_tried_again(status: str) -> None:
    cut_off = dataclasses.replace(FAILED, status=status)

    assert run(Tool([cut_off])) == Tried(cut_off, 1)


@pytest.mark.parametrize("error", [Raised("ValueError", ""), Raised("Other", "", "rate.other")])
def test_an_error_that_was_not_declared_is_the_answer(error: Raised) -> None:
    refused = dataclasses.replace(FAILED, error=error)

    assert run(Tool([refused])) == Tried(refused, 1)


def test_nothing_is_tried_again_after_another_error_than_the_declared() -> None:
    other = dataclasses.replace(FAILED, error=Raised("ValueError", ""))

    tried = run(Tool([FAILED, other]))

    assert (tried.outcome, tried.attempts, tried.exhausted) == (other, 2, False)


def test_attempts_and_pauses_share_the_wall_time() -> None:
    tool = Tool([FAILED, FAILED, DONE])

    run(tool, wall_s=5.0)

    assert tool.left == sorted(tool.left, reverse=True)
    assert max(tool.left) <= 5.0


def test_a_pause_that_would_end_too_late_is_not_begun() -> None:
    tried = run(Tool([FAILED]), wall_s=0.2, draw=0.9)

    assert (tried.attempts, tried.exhausted) == (1, True)


@given(st.integers(1, 60), st.floats(0, 1, exclude_max=True))
def test_a_pause_grows_to_its_cap_and_is_anything_below(attempt: int, draw: float) -> None:
    assert 0 <= retry.pause_s(attempt, draw) <= retry.CAP_S
    assert retry.pause_s(attempt, 1.0) <= retry.pause_s(attempt + 1, 1.0)


def test_a_manifest_names_types_also_with_their_module() -> None:
    rule = retry.rule_of(manifest({"on": ["clients.RateLimited", "mail.busy"], "attempts": 3}))

    assert rule.attempts == 3
    assert rule.covers(FAILED)
    assert rule.covers(dataclasses.replace(FAILED, error=Raised("Other", "", "mail.busy")))


@pytest.mark.parametrize("said", [{}, {"on": [], "attempts": 1}, {"on": ["A"], "attempts": 1}])
def test_without_a_declaration_there_is_one_attempt(said: JsonObject) -> None:
    assert run(Tool([FAILED]), retry.rule_of(manifest(said))).attempts == 1


def test_what_a_tool_says_of_a_failure_is_kept_short_and_shown_harmless() -> None:
    hostile = Raised("RateLimited", "\u202e" + "x" * 9999, "\u202e")

    tried = run(Tool([dataclasses.replace(FAILED, error=hostile), DONE]))

    [failure] = tried.history
    assert "\u202e" not in str(failure)
    assert len(str(failure["message"])) < 600
