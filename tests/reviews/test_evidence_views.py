"""What an author is told of evidence, and what never leaves the house."""

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from toolvet_reviews.evidence_views import (
    ORGANISATION,
    author_reason,
    author_rubric,
    author_view,
    limited,
    reviewer_view,
    told,
)
from toolvet_reviews.findings import Evidence, EvidenceStatus, Finding
from toolvet_reviews.policy import parse_policy, preset
from toolvet_reviews.rubric import conclude
from toolvet_reviews.values import Digest
from toolvet_reviews.views import RubricLine

MARK = "SECRET-91"
OWN = Finding(
    "semgrep.own.x", "error", f"{MARK} here", "tool.py", 3, 4, MARK, MARK, "Do it this way.", MARK,
    "house-rule", hidden=True,
)  # fmt: skip
SHIPPED = Finding("semgrep.sql", "error", "SQL from a parameter", "tool.py", 7, fix="Bind it.")
statuses = st.sampled_from(["passed", "failed", "warned", "unknown", "skipped"])


def evidence(*findings: Finding, check: str = "semgrep") -> Evidence:
    return Evidence(check, "failed", f"1 error: {findings[0].message}", findings, raw=MARK)


@given(statuses, st.sampled_from(["semgrep", "held_out", "behaviour", "properties", "secrets"]))
def test_of_hidden_remarks_nothing_but_category_place_and_cure_is_told(
    status: EvidenceStatus, check: str
) -> None:
    found = Evidence(
        check, status, f"1 error: {MARK}", (OWN,), {"cases": 3, MARK: MARK, "own": [MARK]},
        {MARK: "1"}, inputs=Digest(MARK), raw=MARK,
    )  # fmt: skip

    if status not in ("passed", "skipped") or check in ("held_out", "behaviour"):
        assert MARK not in repr(author_view(found, digest="sha256:1"))
    assert MARK in repr(reviewer_view(found, digest="sha256:1"))


def test_a_shipped_rule_is_told_in_full_beside_a_hidden_one() -> None:
    view = author_view(evidence(OWN, SHIPPED))

    assert [one.rule for one in view.findings] == [ORGANISATION, "semgrep.sql"]
    assert view.findings[1].message == "SQL from a parameter"
    assert view.summary == "2 errors"


def test_held_out_cases_are_hidden_even_when_a_finding_forgot_to_say_so() -> None:
    view = author_view(evidence(replace(OWN, hidden=False), check="held_out"))

    assert MARK not in repr(view)
    assert view.findings[0].rule == ORGANISATION


def test_of_behaviour_an_author_sees_the_same_whatever_was_found() -> None:
    ends: list[tuple[EvidenceStatus, tuple[Finding, ...]]] = [
        ("passed", ()),
        ("failed", (OWN,)),
        ("unknown", ()),
    ]
    found = [
        author_view(Evidence("behaviour", status, MARK, findings), digest="sha256:1")
        for status, findings in ends
    ]

    assert found[0] == found[1] == found[2]
    assert found[0].digest == ""


@pytest.mark.parametrize(
    ("check", "why"),
    [
        ("held_out", "the policy holds no cases out for this tool"),
        ("behaviour", "nothing serves under this name yet"),
    ],
)
def test_a_check_that_has_nothing_to_look_at_is_told_as_it_is(check: str, why: str) -> None:
    found = Evidence(check, "skipped", why, measurements={"not_applicable": True})

    assert told(found) == found
    assert author_view(found, digest="sha256:1") == reviewer_view(found, digest="sha256:1")


@pytest.mark.parametrize("check", ["held_out", "behaviour"])
@pytest.mark.parametrize(
    "found",
    [
        Evidence("", "skipped", MARK, measurements={"cases": 0}),
        Evidence("", "skipped", MARK, measurements={"not_applicable": 1}),
        Evidence("", "failed", MARK, measurements={"not_applicable": True}),
        Evidence("", "skipped", MARK, (OWN,), {"not_applicable": True}),
    ],
    ids=["no_call", "no_bool", "failed", "finding"],
)
def test_what_had_something_to_look_at_stays_secret_whatever_it_calls_itself(
    found: Evidence, check: str
) -> None:
    assert MARK not in repr(author_view(replace(found, check=check), digest="sha256:1"))


def test_an_author_reads_why_a_line_is_met_when_no_cases_are_held_out() -> None:
    policy = parse_policy(preset("team"))
    found = [
        *(Evidence(one, "passed", "") for one in ("interface", "tests", "properties", "strength")),
        Evidence("examples", "passed", "", measurements={"examples": 3}),
        Evidence("held_out", "skipped", "none", measurements={"not_applicable": True, "cases": 0}),
    ]

    whole = conclude(policy, "pure", found)
    lines = author_rubric(whole, conclude(policy, "pure", [told(one) for one in found]))

    assert lines == whole
    assert (lines[0].mark, lines[0].why) == ("met", "3 examples gave their result")


def test_what_was_measured_on_the_authors_own_work_is_told() -> None:
    found = Evidence("strength", "warned", "weak", measurements={"score": 30, "survivors": []})

    assert author_view(found).measurements == {"score": 30, "survivors": []}


def test_the_rubrics_words_come_from_what_may_be_told_and_its_marks_from_everything() -> None:
    whole = (RubricLine("safety", "unmet", True, MARK), RubricLine("cost", "met", False, MARK))
    said = (RubricLine("safety", "met", True, "fine"), RubricLine("cost", "met", False, "pays"))

    lines = author_rubric(whole, said)

    assert [(line.mark, line.why) for line in lines] == [
        ("unmet", "what decided this is for reviewers only"),
        ("met", "pays"),
    ]


def test_a_reason_that_quotes_a_hidden_remark_is_written_anew_and_a_persons_words_stay() -> None:
    found = [evidence(OWN)]
    machine = f"semgrep failed: {found[0].summary}"

    assert MARK not in author_reason(machine, found, [machine], ["semgrep failed: 1 error"])
    assert author_reason("Split it in two.", found, [machine], ["x"]) == "Split it in two."


def test_a_reason_that_was_cut_short_is_known_all_the_same() -> None:
    found = [evidence(replace(OWN, message=f"{MARK} " * 100))]
    cut = f"safety: semgrep failed: {found[0].summary}"[:80]

    assert MARK not in author_reason(cut, found, [], [])


def test_held_back_remarks_say_only_that_there_are_some_and_when() -> None:
    view = limited(author_view(evidence(OWN, SHIPPED)), 59.6)

    assert [one.rule for one in view.findings] == ["semgrep.sql", "verify.limited"]
    assert "60 s" in view.findings[1].fix
    assert "tool.py" not in repr(view.findings[1])


def test_telling_twice_tells_no_more() -> None:
    once = told(evidence(OWN, SHIPPED))

    assert told(once) == once
