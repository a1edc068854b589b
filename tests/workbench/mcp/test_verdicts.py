from dataclasses import replace
from typing import get_args

import jsonschema_rs
import pytest

from toolvet.mcp.verdicts import OUTPUT_SCHEMA, verdict
from toolvet_reviews.views import (
    CommentView,
    EvidenceView,
    FindingView,
    ProposalState,
    ProposalView,
)

FINDING = FindingView(
    "semgrep.sql", "error", "injection", "SQL from a parameter", "tool.py", 7, fix="Bind it."
)
PROPOSAL = ProposalView(
    id="P-12",
    toolset="growth",
    tool="send",
    state="changes_wanted",
    turn="author",
    author="robo",
    author_id="a",
    sponsor_id="s",
    kind="pure",
    revision=2,
    revision_digest="sha256:" + "ab" * 32,
    release_digest=None,
    base_release=None,
    created_at="",
    updated_at="",
    verdict="failed",
    evidence=(EvidenceView("semgrep", "failed", "1 finding", findings=(FINDING,)),),
    comments=(CommentView("c", "ada", "human", "Why?", "2026-11-21T00:00:00.000000Z"),),
)


@pytest.mark.parametrize("state", get_args(ProposalState))
def test_every_state_says_what_to_do_next_and_fits_the_schema(state: ProposalState):
    answer = verdict(replace(PROPOSAL, state=state))

    assert answer["next"]
    assert jsonschema_rs.is_valid(OUTPUT_SCHEMA, answer)


def test_a_finding_says_category_place_and_fix():
    (finding,) = verdict(PROPOSAL)["findings"]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]

    assert finding == {
        "check": "semgrep",
        "category": "injection",
        "severity": "error",
        "rule": "semgrep.sql",
        "message": "SQL from a parameter",
        "path": "tool.py",
        "line": 7,
        "fix": "Bind it.",
    }


def test_the_tool_is_named_as_it_will_be_advertised():
    assert verdict(PROPOSAL)["tool"] == "growth__send"
    assert verdict(replace(PROPOSAL, toolset="default"))["tool"] == "send"
