"""The rubric: what is missing, unknown or crashed is never met."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import effect_kinds
from strategies import evidence as any_evidence

from toolvet_reviews import policy, rubric
from toolvet_reviews.findings import Evidence, EvidenceStatus, Finding
from toolvet_reviews.policy import CHECKS
from toolvet_reviews.values import EFFECT_KINDS, EffectKind, Json
from toolvet_reviews.views import Mark, RubricLine

TEAM = policy.parse_policy(policy.preset("team"))
MEASURED: dict[str, Json] = {"repeat_equal": True, "log_events": 2, "rollback_rehearsed": True}
HOLE = Finding("semgrep.sql", "error", "SQL from a parameter", "a.py", 3, snippet="execute(x)")


def good(**changed: Evidence | None) -> list[Evidence]:
    """Evidence with nothing against it; a check may be replaced, or left out by None."""
    made = {
        name: Evidence(name, "passed", "fine", measurements=MEASURED, tier="B") for name in CHECKS
    }
    return [one for name in CHECKS if (one := changed.get(name, made[name])) is not None]


def marked(kind: EffectKind, evidence: list[Evidence]) -> dict[str, Mark]:
    return {line.criterion: line.mark for line in rubric.conclude(TEAM, kind, evidence)}


@pytest.mark.parametrize("kind", EFFECT_KINDS)
def test_good_evidence_meets_every_required_line(kind: EffectKind):
    lines = rubric.conclude(TEAM, kind, good())

    assert [line.criterion for line in lines] == list(rubric.CRITERIA)
    assert rubric.blocks(lines) == []
    assert rubric.verdict(TEAM, kind, good()) == ("passed", [])
    assert rubric.marks(lines) == "+++++?"


@pytest.mark.parametrize("kind", EFFECT_KINDS)
@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("status", ["failed", "unknown", None])
def test_a_check_that_failed_crashed_or_never_ran_stops_it(
    kind: EffectKind, check: str, status: EvidenceStatus | None
):
    worse = Evidence(check, status, "", measurements=MEASURED, tier="B") if status else None

    evidence = good(**{check: worse})

    assert rubric.blocks(rubric.conclude(TEAM, kind, evidence))
    verdict, reasons = rubric.verdict(TEAM, kind, evidence)
    assert verdict == "failed"
    assert any(check in reason for reason in reasons)


@pytest.mark.parametrize("kind", EFFECT_KINDS)
def test_no_evidence_at_all_is_a_no(kind: EffectKind):
    assert rubric.verdict(TEAM, kind, [])[0] == "failed"


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [("pure", "passed"), ("read", "failed"), ("write", "failed"), ("destructive", "failed")],
)
def test_only_a_pure_tool_may_do_without_tests(kind: EffectKind, verdict: str):
    evidence = good(tests=Evidence("tests", "skipped", "no tests"))

    assert rubric.verdict(TEAM, kind, evidence)[0] == verdict


def test_a_skipped_check_other_than_tests_stops_even_a_pure_tool():
    assert rubric.verdict(TEAM, "pure", good(semgrep=Evidence("semgrep", "skipped", "")))[0] == (
        "failed"
    )


@pytest.mark.parametrize(("value", "mark"), [
    (True, "met"), (False, "unmet"), (None, "unknown"), (1, "unknown"), ("true", "unknown"),
])  # fmt: skip
def test_idempotency_is_what_the_second_run_of_the_examples_showed(value: Json, mark: Mark):
    examples = Evidence("examples", "passed", "", measurements={"repeat_equal": value}, tier="B")

    assert marked("write", good(examples=examples))["idempotency"] == mark


@pytest.mark.parametrize(("kind", "events", "mark"), [
    ("pure", None, "met"), ("read", 0, "met"), ("write", 0, "unmet"), ("write", 3, "met"),
    ("write", None, "unknown"), ("write", True, "unknown"), ("destructive", 0, "unmet"),
])  # fmt: skip
def test_a_tool_that_writes_must_log(kind: EffectKind, events: Json, mark: Mark):
    examples = Evidence("examples", "passed", "", measurements={"log_events": events}, tier="B")

    assert marked(kind, good(examples=examples))["observability"] == mark


@pytest.mark.parametrize(("kind", "rehearsed", "mark"), [
    ("pure", None, "met"), ("read", None, "met"), ("write", None, "unknown"),
    ("write", True, "met"), ("write", False, "unmet"), ("destructive", None, "unknown"),
])  # fmt: skip
def test_rollback_of_a_tool_that_writes_has_to_be_rehearsed(
    kind: EffectKind, rehearsed: Json, mark: Mark
):
    measured: dict[str, Json] = {**MEASURED, "rollback_rehearsed": rehearsed}
    plain = [replace(one, measurements=measured) for one in good()]

    assert marked(kind, plain)["rollback"] == mark


def test_an_unknown_line_blocks_only_where_the_policy_requires_it():
    plain = [replace(one, measurements={"repeat_equal": True, "log_events": 1}) for one in good()]

    assert rubric.blocks(rubric.conclude(TEAM, "write", plain)) == []
    assert rubric.blocks(rubric.conclude(TEAM, "destructive", plain)) == ["rollback"]


def test_measurements_of_a_crashed_check_are_not_believed():
    crashed = Evidence("examples", "unknown", "", measurements=MEASURED, tier="B")

    assert marked("write", good(examples=crashed))["idempotency"] == "unknown"


@pytest.mark.parametrize("tier", [None, "none"])
def test_a_pure_tool_that_did_not_run_in_walls_is_not_known_to_be_safe(tier: None):
    examples = Evidence("examples", "passed", "", measurements=MEASURED, tier=tier)

    assert marked("pure", good(examples=examples))["safety"] == "unknown"


def test_an_error_finding_fails_a_check_whatever_the_check_says_of_itself():
    lying = Evidence("semgrep", "passed", "all fine", (HOLE,))

    assert marked("pure", good(semgrep=lying))["safety"] == "unmet"


def test_of_two_pieces_of_evidence_of_one_check_the_worse_counts():
    twice = [*good(), Evidence("ruff", "failed", ""), Evidence("ruff", "passed", "")]

    assert marked("pure", twice)["safety"] == "unmet"


def test_a_waived_finding_no_longer_fails_its_check():
    failed = Evidence("semgrep", "failed", "1 error", (HOLE,))
    evidence = good(semgrep=failed)

    waived = frozenset({HOLE.fingerprint})

    assert rubric.verdict(TEAM, "pure", evidence)[0] == "failed"
    assert rubric.verdict(TEAM, "pure", evidence, waived=waived)[0] == "passed"


def test_a_waiver_does_not_mend_a_crash_or_a_failure_without_findings():
    waived = frozenset({HOLE.fingerprint})

    for status in ("unknown", "failed"):
        findings = (HOLE,) if status == "unknown" else ()
        evidence = good(semgrep=Evidence("semgrep", status, "", findings))
        assert rubric.verdict(TEAM, "pure", evidence, waived=waived)[0] == "failed"


def test_some_findings_nobody_can_waive():
    broken = replace(HOLE, rule="intake.bidi")
    evidence = good(intake=Evidence("intake", "failed", "", (broken,)))

    waived = frozenset({broken.fingerprint})

    assert rubric.verdict(TEAM, "pure", evidence, waived=waived)[0] == "failed"


def test_what_the_policy_does_not_require_does_not_count():
    text = policy.preset("team").replace('"mypy", ', "")
    lax = policy.parse_policy(text)

    assert rubric.verdict(lax, "pure", good(mypy=None))[0] == "passed"


@given(effect_kinds, st.lists(any_evidence, max_size=8))
def test_passed_means_that_nothing_stands_against_it(kind: EffectKind, found: list[Evidence]):
    verdict, reasons = rubric.verdict(TEAM, kind, found)

    assert (verdict == "passed") is (reasons == [])
    if verdict == "passed":
        checked = {one.check for one in found}
        assert checked >= set(TEAM.required_checks[kind])
        assert not any(one.status in ("failed", "unknown") and not one.findings for one in found)


@given(effect_kinds, st.lists(any_evidence, max_size=8), any_evidence)
def test_more_bad_news_never_makes_it_better(
    kind: EffectKind, found: list[Evidence], more: Evidence
):
    worse = replace(more, status="failed", findings=())

    before = set(rubric.blocks(rubric.conclude(TEAM, kind, found)))
    after = set(rubric.blocks(rubric.conclude(TEAM, kind, [*found, worse])))

    assert before & {"correctness", "safety"} <= after


@given(st.lists(st.tuples(st.sampled_from(["met", "unmet", "unknown"]), st.booleans())))
def test_blocking_follows_mark_and_requirement(drawn: list[tuple[Mark, bool]]):
    lines = [RubricLine(str(n), mark, required, "") for n, (mark, required) in enumerate(drawn)]

    blocked = rubric.blocks(lines)

    assert blocked == [
        line.criterion
        for line in lines
        if line.mark == "unmet" or (line.mark == "unknown" and line.required)
    ]
