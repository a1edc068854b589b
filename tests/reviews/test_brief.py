"""The brief: one order for every face, and nothing in it that a screen would obey or hide."""

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from toolvet_reviews.brief import MOST_FINDINGS, BriefSection, brief, ordered_findings
from toolvet_reviews.sides import compare
from toolvet_reviews.views import (
    CommentView,
    EvidenceView,
    FindingView,
    ProposalView,
    RevisionView,
    RubricLine,
    VoteView,
)
from toolvet_reviews.words import visible

VIEW = ProposalView(
    id="P-1",
    toolset="default",
    tool="add",
    state="reviewing",
    turn="reviewers",
    author="agent",
    author_id="a",
    sponsor_id="s",
    kind="pure",
    revision=1,
    revision_digest="sha256:" + "0" * 64,
    release_digest=None,
    base_release=None,
    created_at="2026-11-21T12:00:00.000000Z",
    updated_at="2026-11-21T12:00:00.000000Z",
    verdict="passed",
    revisions=(RevisionView(1, "sha256:" + "0" * 64, "2026-11-21T12:00:00.000000Z", "passed"),),
)


def finding(
    severity: str, path: str = "add.py", line: int = 1, message: str = "remark"
) -> FindingView:
    severities = {"error": "error", "warning": "warning", "note": "note"}
    return FindingView("ruff.X", severities[severity], "style", message, path, line)  # type: ignore[arg-type]


def evidence(*findings: FindingView, status: str = "warned") -> EvidenceView:
    return EvidenceView("ruff", status, "some remarks", findings=findings)  # type: ignore[arg-type]


def sections(view: ProposalView) -> dict[str, BriefSection]:
    found = brief(view, manifest=None, base=None, files=compare({}, {"add.py": b"x = 1\n"}))
    return {section.key: section for section in found}


def test_the_worst_findings_come_first_then_the_place() -> None:
    found = evidence(
        finding("note"), finding("warning", line=9), finding("warning", line=2), finding("error")
    )

    assert [(one.severity, one.line) for one in ordered_findings([found])] == [
        ("error", 1),
        ("warning", 2),
        ("warning", 9),
        ("note", 1),
    ]


def test_of_very_many_findings_the_rest_is_counted_and_none_is_kept_quiet() -> None:
    many = evidence(*(finding("warning", line=n) for n in range(1, MOST_FINDINGS + 8)))

    lines = sections(replace(VIEW, evidence=(many,)))["wrong"].lines

    assert sum(line.label == "warning" for line in lines) == MOST_FINDINGS
    assert [line.text for line in lines if line.label == "more"] == ["and 7 more of these"]


def test_what_nobody_knows_is_said_to_be_unsure_and_never_good() -> None:
    unknown = evidence(status="unknown")
    line = RubricLine("safety", "unknown", required=True, why="the scanner crashed")

    wrong = sections(replace(VIEW, evidence=(unknown,), rubric=(line,)))["wrong"].lines

    assert [(said.label, said.tone) for said in wrong] == [("ruff", "unsure"), ("safety", "unsure")]


def test_a_proposal_that_is_being_verified_is_not_said_to_be_well() -> None:
    wrong = sections(replace(VIEW, verdict="pending", state="verifying"))["wrong"].lines

    assert [(said.label, said.tone) for said in wrong] == [("verdict", "unsure")]


words = st.text(max_size=60)


@given(words, words, words, words, words)
def test_whatever_an_author_writes_is_harmless_on_every_line(
    one: str, two: str, three: str, four: str, five: str
) -> None:
    view = replace(
        VIEW,
        toolset=one,
        tool=two,
        author=three,
        reason=four,
        summary=five,
        verdict="failed",
        evidence=(replace(evidence(finding("error", one, 3, two)), check=three, summary=four),),
        rubric=(RubricLine("safety", "unmet", required=True, why=five),),
        votes=(VoteView(one, "v", "approve", "d", "e", "t", note=two),),
        comments=(CommentView("c", three, "agent", four, "t", five, 1),),
    )

    for section in sections(view).values():
        for line in section.lines:
            for text in (line.label, line.text, line.path):
                assert visible(text) == text
                assert "\n" not in text
