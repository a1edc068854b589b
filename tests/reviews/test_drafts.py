"""Draft calls: who may, when, how often, and how much of it people see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import drafts
from toolvet_reviews.principals import Caller, Principal
from toolvet_reviews.views import DraftView

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def caller(id: str = "a", *roles: Any, active: bool = True) -> Caller:
    who = Principal(id, id, "agent", frozenset(roles or ("author",)), "s", active)
    return Caller(who, "token", "mcp")


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (caller(), True),
        (caller("other"), False),
        (caller("s", "author", "reviewer", "operator"), False),
        (caller("a", "caller"), False),
        (caller("a", active=False), False),
    ],
    ids=["author", "sibling", "sponsor", "no author any more", "revoked"],
)
def test_only_the_author_tries_a_revision_out(who: Caller, may: bool):
    assert drafts.may_draft(who, "a") is may


def test_the_gate_opens_when_all_that_runs_nothing_is_done():
    found = dict.fromkeys(drafts.GATE, "passed") | {"ruff": "warned", "mypy": "skipped"}

    assert drafts.gate(found, verifying=True).is_open
    assert drafts.gate(found | {"tests": "failed", "examples": "unknown"}, verifying=False).is_open


@pytest.mark.parametrize("check", drafts.GATE)
@pytest.mark.parametrize("status", ["failed", "unknown", "a word of tomorrow"])
def test_what_objects_or_cannot_tell_keeps_the_gate_shut(check: str, status: str):
    found = dict.fromkeys(drafts.GATE, "passed") | {check: status}

    gate = drafts.gate(found, verifying=True)

    assert (gate.is_open, gate.stopped, gate.pending) == (False, (check,), ())


def test_a_check_that_is_missing_is_waited_for_until_the_verdict_and_then_unknown():
    found = dict.fromkeys(drafts.GATE[:-1], "passed")

    assert drafts.gate(found, verifying=True).pending == ("semgrep",)
    assert drafts.gate(found, verifying=False) == (("semgrep",), ())


def test_the_quota_frees_a_place_when_the_oldest_call_is_a_day_old():
    started = [(NOW - timedelta(hours=1, seconds=n)).isoformat() for n in range(drafts.MAX_CALLS)]

    assert drafts.wait_for_quota(started[1:], NOW) is None
    oldest = timedelta(hours=1, seconds=drafts.MAX_CALLS - 1)
    assert drafts.wait_for_quota(started, NOW) == (drafts.WINDOW - oldest).total_seconds()


@given(st.text())
def test_what_is_kept_is_a_beginning_and_says_how_much_there_was(text: str):
    long = text * 5000

    kept = drafts.keep(long)

    assert long.encode("utf-8", "replace").decode().startswith(kept.text)
    assert len(kept.text.encode()) <= drafts.KEPT_BYTES
    assert kept.size == len(long.encode("utf-8", "replace"))


@given(st.lists(st.sampled_from(["succeeded", "failed", "interrupted"]), max_size=60))
def test_nobody_buries_a_failure_under_calls_that_work(statuses: list[Any]):
    calls = [(str(number), status) for number, status in enumerate(statuses)]

    shown = drafts.choose(calls, most=10)

    assert shown == sorted(shown, key=int)
    assert len(shown) == min(len(calls), 10)
    wrong = {id for id, status in calls if status != "succeeded"}
    assert len(wrong & {*shown}) >= min(len(wrong), 5)


def test_a_call_that_never_ended_was_interrupted():
    started = NOW.isoformat()

    def became(status: Any, seconds: int, *, is_ours: bool = True) -> str:
        now = NOW + timedelta(seconds=seconds)
        return drafts.lasting(status, started, now, lease_s=60, is_ours=is_ours)

    assert (became("running", 59), became("running", 60)) == ("running", "interrupted")
    assert became("running", 1, is_ours=False) == "interrupted"
    assert became("failed", 3600, is_ours=False) == "failed"


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ({"status": "succeeded", "arguments": '{"a":1}', "result": "2"}, '{"a":1} -> 2 (7 ms)'),
        (
            {"status": "failed", "arguments": "{}", "code": "tool.raised", "message": "a\nb\u202e"},
            "{} -> failed: a b<U+202E> [tool.raised] (7 ms)",
        ),
        (
            {"status": "incomplete", "arguments": "{}", "result": "[]", "cut": True},
            "{} -> [] (incomplete) (7 ms, shortened)",
        ),
        ({"status": "interrupted", "duration_ms": 0}, "arguments unknown -> interrupted"),
        ({"status": "succeeded", "erased": True}, "arguments erased -> succeeded (7 ms)"),
    ],
)
def test_a_call_is_told_in_one_harmless_line(view: dict[str, Any], words: str):
    came: dict[str, Any] = {"duration_ms": 7.2, **view}
    call = DraftView(id="i", revision=1, by="bot", time="t", **came)

    assert drafts.in_words(call) == words
