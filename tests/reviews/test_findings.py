"""Findings keep their names when lines move; evidence reads back as it was stored."""

from dataclasses import replace

import pytest
from hypothesis import given
from strategies import evidence, findings

from toolvet_reviews import canonical
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.findings import (
    Evidence,
    Finding,
    blocking,
    evidence_from_json,
    evidence_to_json,
    finding_from_json,
    finding_to_json,
)

HOLE = Finding("semgrep.sql", "error", "SQL from a parameter", "a.py", 3, snippet="execute(x)")


@given(findings)
def test_a_finding_reads_back(finding: Finding):
    assert finding_from_json(canonical.parse(canonical.dumps(finding_to_json(finding)))) == finding


@given(evidence)
def test_evidence_reads_back(found: Evidence):
    assert evidence_from_json(canonical.parse(canonical.dumps(evidence_to_json(found)))) == found


def test_a_fingerprint_survives_moved_lines_and_other_indentation():
    moved = replace(HOLE, line=90, end_line=91, snippet="  execute(x)\n", severity="warning")

    assert moved.fingerprint == HOLE.fingerprint


@pytest.mark.parametrize(
    "other",
    [
        replace(HOLE, snippet="execute(y)"),
        replace(HOLE, path="b.py"),
        replace(HOLE, rule="semgrep.shell"),
    ],
)
def test_another_finding_has_another_fingerprint(other: Finding):
    assert other.fingerprint != HOLE.fingerprint


def test_only_errors_that_nobody_waived_block():
    warning = replace(HOLE, severity="warning")
    other = replace(HOLE, snippet="other")

    assert blocking([HOLE, warning, other], {HOLE.fingerprint}) == (other,)


@pytest.mark.parametrize(
    ("never", "blocks"), [(["semgrep.*"], True), (["semgrep.sql"], True), (["ruff.*"], False)]
)
def test_a_rule_that_cannot_be_waived_blocks_all_the_same(never: list[str], blocks: bool):
    assert bool(blocking([HOLE], {HOLE.fingerprint}, never=never)) is blocks


@pytest.mark.parametrize(
    "change",
    [
        {"status": "fine"},
        {"surprise": 1},
        {"findings": [{"rule": "x"}]},
        {"tier": "D"},
        {"schema": "toolvet/evidence/v2"},
        {"duration_ms": -1},
        {"tools": []},
    ],
)
def test_stored_evidence_that_was_changed_into_nonsense_is_refused(change: dict[str, object]):
    said = evidence_to_json(Evidence("ruff", "passed", ""))

    with pytest.raises(ReviewError) as caught:
        evidence_from_json({**said, **change})  # type: ignore[dict-item]

    assert caught.value.code == "evidence.invalid"


def test_a_finding_under_another_fingerprint_is_refused():
    said = {**finding_to_json(HOLE), "fingerprint": "0" * 32}

    with pytest.raises(ReviewError):
        finding_from_json(said)
