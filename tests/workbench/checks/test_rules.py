"""Every rule of ours fires where it must, and is silent where it must be."""

import ast
import asyncio
import json
from pathlib import Path
from typing import cast

import pytest

from toolvet.checks import Toolchain, reading, semgrep
from toolvet.sandbox import TierReport
from toolvet_reviews.values import Json, JsonObject

CASES = semgrep.RULES / "cases"
RULE_IDS = sorted(set(semgrep.configuration().rules) - {"toolvet-canary"})


def case_file(rule: str, kind: str) -> Path:
    return CASES / f"{rule.replace('-', '_')}_{kind}.py"


@pytest.fixture(scope="module")
def hits(toolchain: Toolchain, walls: TierReport) -> list[JsonObject]:
    """All findings of one scan over every case, the canary included."""
    files = {path.name: path.read_bytes() for path in sorted(CASES.glob("*.py"))}
    outcome = asyncio.run(semgrep.scan(toolchain, files, walls))
    document = reading.entry(reading.document(outcome.stdout))
    assert semgrep.doubts(document, {*files, "zz_canary.py"}) == []
    return reading.entries(document["results"])


def lines_of(hits: list[JsonObject], rule: str, path: Path) -> set[int]:
    return {
        line
        for hit in hits
        if hit["check_id"] == rule and reading.file_name(hit["path"]) == path.name
        for line in range(
            reading.number(reading.entry(hit["start"])["line"]),
            reading.number(reading.entry(hit["end"])["line"]) + 1,
        )
    }


@pytest.mark.parametrize("rule", RULE_IDS)
def test_a_rule_fires_in_every_function_of_its_bad_case(hits: list[JsonObject], rule: str) -> None:
    path = case_file(rule, "bad")
    lines = lines_of(hits, rule, path)
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    assert lines
    silent = [
        f.name for f in functions if not lines & set(range(f.lineno, (f.end_lineno or 0) + 1))
    ]
    assert silent == []


@pytest.mark.parametrize("rule", RULE_IDS)
def test_a_rule_is_silent_on_its_good_case(hits: list[JsonObject], rule: str) -> None:
    assert lines_of(hits, rule, case_file(rule, "good")) == set()


@pytest.mark.parametrize("rule", RULE_IDS)
def test_a_good_case_has_no_finding_of_any_error_rule(hits: list[JsonObject], rule: str) -> None:
    errors = {
        name for name, body in semgrep.configuration().rules.items() if body["severity"] == "ERROR"
    }
    path = case_file(rule, "good").name
    found = {str(h["check_id"]) for h in hits if reading.file_name(h["path"]) == path}

    assert found & errors == set()


def test_there_are_cases_for_every_rule_and_for_nothing_else() -> None:
    expected = {case_file(rule, kind).name for rule in RULE_IDS for kind in ("bad", "good")}

    assert {path.name for path in CASES.glob("*.py")} == expected
    assert len(RULE_IDS) >= 24


@pytest.mark.parametrize("rule", RULE_IDS)
def test_a_rule_says_what_is_wrong_why_and_how_to_mend_it(rule: str) -> None:
    body = semgrep.configuration().rules[rule]
    about = body["metadata"]

    assert body["message"].endswith(".")
    assert all(about[name] for name in ("why", "fix", "category"))
    assert about["cwe"].startswith("CWE-")
    assert about["confidence"] in {"high", "medium"}


def good_document() -> JsonObject:
    rules: list[Json] = [*semgrep.configuration().rules]
    return {
        "errors": [],
        "paths": {"scanned": ["/tool/f0000.py", "/tool/zz_canary.py"]},
        "time": {"rules": rules, "fixpoint_timeouts": []},
        "results": [{"check_id": "toolvet-canary", "path": "/tool/zz_canary.py"}],
    }


FAULTS: dict[str, JsonObject] = {
    "a timeout is only a warning in errors": {"errors": [{"type": "Timeout", "level": "warn"}]},
    "a file was half parsed": {"errors": [{"type": ["PartialParsing", []], "level": "warn"}]},
    "a file was not scanned": {"paths": {"scanned": ["/tool/zz_canary.py"]}},
    "a rule was not loaded": {"time": {"rules": ["toolvet-canary"]}},
    "another rule was loaded": {"time": {"rules": [*semgrep.configuration().rules, "other"]}},
    "the canary was silent": {"results": []},
    "the canary fired in another file": {
        "results": [{"check_id": "toolvet-canary", "path": "/tool/f0000.py"}]
    },
    "rules were skipped": {"skipped_rules": ["x"]},
    "the taint analysis gave up": {
        "time": {"rules": [*semgrep.configuration().rules], "fixpoint_timeouts": [1]}
    },
    "errors are missing": {"errors": None},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_scan_is_not_believed_when(fault: str) -> None:
    submitted = {"f0000.py", "zz_canary.py"}
    document = good_document() | FAULTS[fault]

    assert semgrep.doubts(good_document(), submitted) == []
    assert semgrep.doubts(document, submitted)


def test_no_output_at_all_is_not_believed() -> None:
    assert semgrep.doubts({}, {"zz_canary.py"})


def test_the_rules_are_json_with_the_canary_among_them() -> None:
    document = cast("dict[str, list[JsonObject]]", json.loads(semgrep.configuration().text))

    assert "toolvet-canary" in {str(rule["id"]) for rule in document["rules"]}
