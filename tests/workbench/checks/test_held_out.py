"""Cases that an organisation holds out: run like examples, told to reviewers only."""

import json
from collections.abc import Mapping
from typing import Protocol

import pytest

from toolvet.checks import Verified
from toolvet.checks.asked import Asked, OwnFile
from toolvet.checks.held_out import UnreadableError, read_cases
from toolvet_reviews import digests
from toolvet_reviews.evidence_views import author_view
from toolvet_reviews.findings import Evidence
from toolvet_reviews.values import Json


class Verify(Protocol):
    def __call__(self, files: Mapping[str, str], *names: str, asked: Asked = ...) -> Verified: ...


BUNDLE = {
    "tool.toml": (
        '[tool]\nname = "shout"\nsummary = "Shout."\nentry = "shout:shout"\n\n[effects]\nkind = "pure"\n\n'
        '[[examples]]\narguments = { word = "a" }\nresult = "A!"\n'
    ),
    "shout.py": '''"""Shout."""


def shout(word: str) -> str:
    """Shout a word.

    Args:
        word: The word.
    """
    if not word:
        raise KeyError("no word")
    return word.upper() + "!"
''',
}


def held(verify: Verify, cases: Json, *, data: bytes | None = None) -> Evidence:
    data = json.dumps(cases).encode() if data is None else data
    own = OwnFile("default/shout", digests.sha256(data), data)
    verified = verify(BUNDLE, "held_out", asked=Asked(held_out=own))
    return next(one for one in verified.evidence if one.check == "held_out")


def test_without_such_cases_the_check_does_not_apply(verify: Verify) -> None:
    [evidence] = [e for e in verify(BUNDLE, "held_out").evidence if e.check == "held_out"]

    assert (evidence.status, evidence.measurements["not_applicable"]) == ("skipped", True)


def test_cases_that_are_met_pass(verify: Verify) -> None:
    evidence = held(
        verify,
        [
            {"arguments": {"word": "b"}, "result": "B!"},
            {"arguments": {"word": ""}, "raises": "KeyError", "note": "nothing to shout"},
        ],
    )

    assert (evidence.status, evidence.measurements) == ("passed", {"cases": 2, "passed": 2})


def test_a_case_that_is_not_met_is_hidden_from_its_author_everywhere(verify: Verify) -> None:
    evidence = held(verify, [{"arguments": {"word": "zebra"}, "result": "MARKER"}])

    assert (evidence.status, evidence.measurements["passed"]) == ("failed", 0)
    [finding] = evidence.findings
    assert finding.hidden
    assert "MARKER" in finding.message
    shown = json.dumps(author_view(evidence), default=str)
    assert "MARKER" not in shown
    assert "ZEBRA" not in shown
    assert "MARKER" not in evidence.summary + evidence.raw + json.dumps(evidence.measurements)


def test_arguments_that_the_schema_does_not_take_are_a_finding(verify: Verify) -> None:
    evidence = held(verify, [{"arguments": {"words": ["a"]}, "result": "A!"}])

    assert [finding.rule for finding in evidence.findings] == ["held_out.unfit"]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"\xff", b"[1]"])
def test_a_file_that_cannot_be_used_leaves_nothing_known(verify: Verify, data: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_cases(data)


def test_a_file_that_is_not_the_pinned_one_leaves_nothing_known(verify: Verify) -> None:
    own = OwnFile("default/shout", digests.sha256(b"other"), b'[{"arguments": {}, "result": 1}]')
    [evidence] = [
        e
        for e in verify(BUNDLE, "held_out", asked=Asked(held_out=own)).evidence
        if e.check == "held_out"
    ]

    assert evidence.status == "unknown"


@pytest.mark.parametrize(
    "case",
    [
        {"arguments": {}},
        {"arguments": {}, "result": 1, "raises": "KeyError"},
        {"arguments": [], "result": 1},
        {"arguments": {}, "result": 1, "weight": 2},
        {"arguments": {}, "raises": ""},
    ],
)
def test_a_case_says_what_it_wants_and_nothing_else(case: Json) -> None:
    with pytest.raises(UnreadableError):
        read_cases(json.dumps([case]).encode())
