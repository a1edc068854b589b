"""The rubric: what is missing, unknown or crashed is never met."""

import re
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
MEASURED: dict[str, Json] = {
    "repeat_equal": True, "log_events": 2, "rollback_rehearsed": True, "proved": True,
    "break_even_calls": 40,
}  # fmt: skip
INFORMING = ("behaviour", "cost")
"""No preset asks for these: they inform whoever votes."""
OLD = policy.parse_policy(
    re.sub(
        r'(?m)^(\w+) = \["intake".*$',
        r'\1 = ["intake", "interface", "semgrep", "tests", "examples"]',
        policy.preset("team"),
        count=4,
    )
)
"""As it was written before there were more checks."""
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
    assert rubric.marks(lines) == "++++++"
    assert all(line.why for line in lines)


@pytest.mark.parametrize("kind", EFFECT_KINDS)
@pytest.mark.parametrize("status", ["failed", "unknown", None])
def test_a_check_that_failed_crashed_or_never_ran_stops_it(
    kind: EffectKind, status: EvidenceStatus | None
):
    for check in TEAM.required_checks[kind]:
        worse = Evidence(check, status, "", measurements=MEASURED, tier="B") if status else None

        evidence = good(**{check: worse})

        assert rubric.blocks(rubric.conclude(TEAM, kind, evidence)), check
        verdict, reasons = rubric.verdict(TEAM, kind, evidence)
        assert verdict == "failed"
        assert any(check in reason for reason in reasons)


@pytest.mark.parametrize("kind", EFFECT_KINDS)
def test_every_check_but_those_that_inform_stops_a_tool_of_some_kind(kind: EffectKind):
    asked = {*TEAM.required_checks["pure"], *TEAM.required_checks["write"]}
    assert asked == {*CHECKS} - {*INFORMING}

    for check in INFORMING:
        for status in ("failed", "unknown", "skipped"):
            evidence = good(**{check: Evidence(check, status, "", (HOLE,))})
            assert rubric.verdict(TEAM, kind, evidence) == ("passed", [])


@pytest.mark.parametrize("kind", EFFECT_KINDS)
def test_an_error_of_a_check_that_an_older_policy_does_not_list_is_an_error(kind: EffectKind):
    for check in (*rubric.CORRECTNESS, *rubric.SAFETY, "idempotency", "observability", "rollback"):
        if kind in ("pure", "read") and check in ("idempotency", "observability"):
            continue  # nothing of the kind is looked for in what changes nothing
        found = replace(HOLE, rule=f"{check}.found", message=f"seen by {check}")
        failed = Evidence(check, "failed", f"seen by {check}", (found,))

        verdict, reasons = rubric.verdict(OLD, kind, good(**{check: failed}))

        assert verdict == "failed", check
        assert any(f"seen by {check}" in reason for reason in reasons)


@pytest.mark.parametrize("kind", EFFECT_KINDS)
def test_what_an_older_policy_does_not_ask_for_may_be_unknown(kind: EffectKind):
    asked = OLD.required_checks[kind]
    lacking: dict[str, Evidence | None] = {
        name: None if number % 2 else Evidence(name, "unknown", "")
        for number, name in enumerate(CHECKS)
        if name not in asked and name != "rollback"
    }

    assert rubric.verdict(OLD, kind, good(**lacking)) == ("passed", [])


def test_a_check_that_does_not_apply_is_met_and_one_that_was_skipped_is_not():
    nothing = Evidence("held_out", "skipped", "none", measurements={"not_applicable": True})
    claimed = Evidence("held_out", "skipped", "none", measurements={"not_applicable": "yes"})

    assert rubric.verdict(TEAM, "write", good(held_out=nothing))[0] == "passed"
    assert rubric.verdict(TEAM, "write", good(held_out=claimed))[0] == "failed"


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
def test_what_changes_nothing_is_idempotent_when_it_answers_alike(value: Json, mark: Mark):
    examples = Evidence("examples", "passed", "", measurements={"repeat_equal": value}, tier="B")

    assert marked("pure", good(examples=examples))["idempotency"] == mark
    assert marked("read", good(examples=examples))["idempotency"] == mark


def test_two_answers_to_one_generated_input_are_not_idempotent():
    properties = Evidence("properties", "warned", "", measurements={"repeat_equal": False})

    assert marked("pure", good(properties=properties))["idempotency"] == "unmet"


@pytest.mark.parametrize(("status", "proved", "mark"), [
    ("passed", True, "met"), ("warned", True, "met"), ("passed", False, "unmet"),
    ("failed", False, "unmet"), ("unknown", True, "unknown"), ("skipped", None, "unmet"),
])  # fmt: skip
def test_a_tool_that_writes_is_idempotent_when_the_probes_held(
    status: EvidenceStatus, proved: Json, mark: Mark
):
    probed = Evidence("idempotency", status, "", measurements={"proved": proved}, tier="B")

    assert marked("write", good(idempotency=probed))["idempotency"] == mark


def test_under_an_older_policy_the_examples_speak_for_a_tool_that_writes():
    lines = rubric.conclude(OLD, "write", good(idempotency=None, observability=None))

    assert {line.criterion: line.mark for line in lines}["idempotency"] == "met"
    assert {line.criterion: line.mark for line in lines}["observability"] == "met"


@pytest.mark.parametrize(("kind", "events", "mark"), [
    ("pure", None, "met"), ("read", 0, "met"), ("write", 0, "unmet"), ("write", 3, "met"),
    ("write", None, "unknown"), ("write", True, "unknown"), ("destructive", 0, "unmet"),
])  # fmt: skip
def test_a_tool_that_writes_must_log(kind: EffectKind, events: Json, mark: Mark):
    seen = Evidence("observability", "passed", "", measurements={"log_events": events}, tier="B")

    assert marked(kind, good(observability=seen))["observability"] == mark


def test_a_summary_that_does_not_add_up_is_no_observability():
    measured: dict[str, Json] = {"log_events": 3, "adds_up": False}
    seen = Evidence("observability", "passed", "", measurements=measured)

    assert marked("write", good(observability=seen))["observability"] == "unmet"


@pytest.mark.parametrize(("kind", "rehearsed", "mark"), [
    ("pure", None, "unknown"), ("pure", True, "met"), ("write", None, "unknown"),
    ("write", True, "met"), ("write", False, "unmet"), ("destructive", None, "unknown"),
])  # fmt: skip
def test_rollback_of_a_tool_that_writes_has_to_be_rehearsed(
    kind: EffectKind, rehearsed: Json, mark: Mark
):
    measured: dict[str, Json] = {**MEASURED, "rollback_rehearsed": rehearsed}
    plain = [replace(one, measurements=measured) for one in good()]

    assert marked(kind, plain)["rollback"] == mark


def test_an_unknown_line_blocks_only_where_the_policy_requires_it():
    text = policy.preset("team").replace(', "rollback"]\n\n', "]\n\n", 1)
    lax = policy.parse_policy(
        text.replace('"observability", "rollback"]\n\n# What', '"observability"]\n\n# What')
    )
    unknown = good(rollback=Evidence("rollback", "unknown", ""))

    assert "rollback" in rubric.blocks(rubric.conclude(TEAM, "destructive", unknown))
    assert rubric.blocks(rubric.conclude(lax, "destructive", unknown)) == []


@pytest.mark.parametrize(("measured", "mark"), [
    ({"pays": True, "break_even_calls": 12}, "met"), ({"break_even_calls": 12}, "met"),
    ({"pays": False, "break_even_calls": 9000}, "unmet"), ({"pays": False}, "unmet"),
    ({}, "unknown"), ({"break_even_calls": True}, "unknown"),
])  # fmt: skip
def test_cost_says_whether_it_pays_and_never_stops_a_tool(measured: dict[str, Json], mark: Mark):
    evidence = good(cost=Evidence("cost", "warned", "", measurements=measured))

    assert marked("write", evidence)["cost"] == mark
    assert rubric.verdict(TEAM, "write", evidence) == ("passed", [])


def test_measurements_of_a_crashed_check_are_not_believed():
    crashed = Evidence("examples", "unknown", "", measurements=MEASURED, tier="B")

    assert marked("read", good(examples=crashed))["idempotency"] == "unknown"


def test_a_line_names_what_decided_it_first():
    failed = Evidence("hostile", "failed", "it reached a mail header", (HOLE,))

    lines = rubric.conclude(TEAM, "write", good(hostile=failed))

    safety = next(line for line in lines if line.criterion == "safety")
    assert safety.evidence[0] == "hostile"
    assert set(safety.evidence) == {*rubric.SAFETY}
    assert "mail header" in safety.why


def test_no_reason_quotes_what_an_author_may_not_read():
    hidden = replace(HOLE, message="our own secret rule saw it", hidden=True)
    for check in ("held_out", "semgrep"):
        failed = Evidence(check, "failed", "1 error: our own secret rule saw it", (hidden,))
        found = good(**{check: failed})

        _, reasons = rubric.verdict(TEAM, "write", found)
        said = [line.why for line in rubric.conclude(TEAM, "write", found)]

        assert any(check in reason for reason in reasons)
        assert not any("secret rule" in text for text in (*reasons, *said))


def test_how_a_version_behaves_is_told_to_reviewers_only():
    measured: dict[str, Json] = {"compared": 40, "differing": 3}
    seen = Evidence("behaviour", "warned", "3 differ on /secret", measurements=measured)
    evidence = good(behaviour=seen)

    told = rubric.conclude(TEAM, "write", evidence)
    whole = rubric.conclude(TEAM, "write", evidence, for_reviewers=True)

    assert not any("differ" in line.why or "behaviour" in line.evidence for line in told)
    assert "3 of 40 inputs" in whole[0].why
    assert [line.mark for line in told] == [line.mark for line in whole]
    asked = policy.parse_policy(
        policy.preset("team").replace('"held_out", "idem', '"held_out", "behaviour", "idem')
    )
    _, reasons = rubric.verdict(asked, "write", good(behaviour=replace(seen, status="failed")))
    assert reasons == ["behaviour failed: what it found is for reviewers"]


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
    broken = replace(HOLE, rule="intake.invisible")
    evidence = good(intake=Evidence("intake", "failed", "", (broken,)))

    waived = frozenset({broken.fingerprint})

    assert rubric.verdict(TEAM, "pure", evidence, waived=waived)[0] == "failed"


@pytest.mark.parametrize("check", ["observability", "idempotency", "rollback", "examples"])
def test_what_people_overruled_no_longer_makes_its_line_unmet(check: str):
    measured: dict[str, Json] = {
        "repeat_equal": False, "proved": False, "log_events": 0, "adds_up": False,
        "rollback_rehearsed": False,
    }  # fmt: skip
    failed = Evidence(check, "failed", "", (HOLE,), measured, tier="B")
    waived = frozenset({HOLE.fingerprint})

    assert rubric.verdict(TEAM, "write", good(**{check: failed}))[0] == "failed"
    assert rubric.verdict(TEAM, "write", good(**{check: failed}), waived=waived) == ("passed", [])
    lines = rubric.conclude(TEAM, "write", good(**{check: failed}), waived=waived)
    assert any("1 finding overruled by people" in line.why for line in lines)


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
        if line.mark == "unmet"
        or (line.mark == "unknown" and line.required)  # none of them informs
    ]
