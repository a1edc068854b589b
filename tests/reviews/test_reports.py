"""SARIF and JUnit: what code hosts read, whatever the words of an author are."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import hypothesis.strategies as st
from hypothesis import given

from toolvet_reviews.junit import to_junit
from toolvet_reviews.sarif import to_sarif
from toolvet_reviews.views import EvidenceView, FindingView, RubricLine, VerdictView
from toolvet_reviews.words import visible

SQL = FindingView(
    "semgrep.sql-from-parameter", "error", "injection", "SQL from a parameter", "tool.py", 7, 8,
    "    db.execute(q)", "The caller writes the query.", "Bind it.", "CWE-89", "ab" * 16,
)  # fmt: skip
WHOLE = FindingView("examples.result", "warning", "examples", "It lies.", "tool.toml")
VIEW = VerdictView(
    toolset="growth", tool="send", verdict="failed", reasons=("semgrep failed",),
    rubric=(
        RubricLine("safety", "unmet", required=True, why="semgrep failed"),
        RubricLine("cost", "unknown", required=False, why="nobody measured"),
        RubricLine("rollback", "unknown", required=True, why="nobody tried"),
        RubricLine("correctness", "met", required=True, why="fine"),
    ),
    evidence=(
        EvidenceView("semgrep", "failed", "1 error", duration_ms=1500, findings=(SQL, SQL)),
        EvidenceView("examples", "warned", "1 warning", findings=(WHOLE,)),
        EvidenceView("ruff", "passed", "nothing found", tools={"ruff": "0.17"}),
        EvidenceView("mypy", "unknown", "mypy ran out of time"),
        EvidenceView("cost", "skipped", "no volume"),
    ),
    tier="B", kind="write", path="tools/send", duration_ms=2000,
)  # fmt: skip

# Property names of SARIF 2.1.0 that we write, by kind of object: anything else is a mistake.
ALLOWED = {
    "log": {"$schema", "version", "runs"},
    "run": {
        "tool", "invocations", "originalUriBaseIds", "columnKind", "results",
    },
    "driver": {"name", "version", "semanticVersion", "rules", "notifications", "properties"},
    "rule": {
        "id", "shortDescription", "fullDescription", "help", "defaultConfiguration", "properties",
    },
    "result": {
        "ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints", "properties",
    },
    "physical": {"artifactLocation", "region"},
    "region": {"startLine", "endLine", "snippet"},
    "notification": {"descriptor", "level", "message", "locations"},
}  # fmt: skip


def check_sarif(log: Any) -> None:
    """Hold a log against the rules of the standard for everything we write."""
    assert log.keys() == ALLOWED["log"]
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    assert run.keys() == ALLOWED["run"]
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    driver = run["tool"]["driver"]
    assert driver.keys() == ALLOWED["driver"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        _check_rule(rule)
    for result in run["results"]:
        assert result.keys() <= ALLOWED["result"]
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note", "none")
        assert result["message"]["text"]
        assert all(isinstance(one, str) for one in result.get("partialFingerprints", {}).values())
        _check_places(run, result["locations"])
    [invocation] = run["invocations"]
    for one in invocation["toolExecutionNotifications"]:
        assert one.keys() == ALLOWED["notification"]
        assert driver["notifications"][one["descriptor"]["index"]]["id"] == one["descriptor"]["id"]
        _check_places(run, one["locations"])
    assert invocation["executionSuccessful"] is not bool(invocation["toolExecutionNotifications"])


def _check_rule(rule: Any) -> None:
    assert rule.keys() == ALLOWED["rule"]
    assert rule["id"]
    for name in ("shortDescription", "fullDescription", "help"):
        assert rule[name]["text"]
    assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    tags = rule["properties"]["tags"]
    assert len(set(tags)) == len(tags)


def _check_places(run: Any, locations: Any) -> None:
    for location in locations:
        physical = location["physicalLocation"]
        assert physical.keys() <= ALLOWED["physical"]
        uri = physical["artifactLocation"]["uri"]
        assert urlsplit(uri)[:2] == ("", "")
        assert uri.isascii()
        assert " " not in uri
        assert physical["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        region = physical.get("region")
        if region is not None:
            assert region.keys() <= ALLOWED["region"]
            assert 1 <= region["startLine"] <= region["endLine"]


def test_findings_are_results_on_their_lines_with_rules_that_help() -> None:
    log: Any = to_sarif([VIEW], version="0.1.0")
    check_sarif(log)
    [run] = log["runs"]
    first = run["results"][0]
    rule = run["tool"]["driver"]["rules"][first["ruleIndex"]]

    assert len(run["results"]) == 3
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "tools/send/tool.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7, "endLine": 8, "snippet": {"text": "    db.execute(q)"}},
    }
    assert first["partialFingerprints"] == {"toolvetFinding/v1": "ab" * 16}
    assert "Bind it." in rule["help"]["text"]
    assert rule["properties"]["tags"] == ["injection", "external/cwe/cwe-089", "security"]


def test_a_check_that_knows_nothing_makes_the_run_unsuccessful() -> None:
    [run] = to_sarif([VIEW], version="0.1.0")["runs"]  # type: ignore[misc]
    known = replace(VIEW, evidence=VIEW.evidence[:3])
    [other] = to_sarif([known], version="0.1.0")["runs"]  # type: ignore[misc]

    assert run["invocations"][0]["executionSuccessful"] is False  # type: ignore[index, call-overload]
    [told] = run["invocations"][0]["toolExecutionNotifications"]  # type: ignore[index, call-overload]
    assert "mypy of growth/send is unknown: mypy ran out of time" in json.dumps(told)
    assert other["invocations"][0]["executionSuccessful"] is True  # type: ignore[index, call-overload]


def test_of_a_single_file_every_place_is_in_that_file() -> None:
    log: Any = to_sarif([replace(VIEW, path="tools/one.py", is_file=True)], version="0.1.0")
    check_sarif(log)
    places = [one["locations"][0]["physicalLocation"] for one in log["runs"][0]["results"]]

    assert {place["artifactLocation"]["uri"] for place in places} == {"tools/one.py"}
    assert "region" not in places[2]


def test_several_bundles_are_one_run_and_share_rules() -> None:
    log: Any = to_sarif([VIEW, replace(VIEW, tool="other", path="tools/other")], version="0.1.0")
    check_sarif(log)

    assert len(log["runs"][0]["tool"]["driver"]["rules"]) == 2
    assert len(log["runs"][0]["results"]) == 6


words = st.text(max_size=40)


def hostile(one: str, two: str, three: str) -> VerdictView:
    """A verdict in which everything that others wrote is anything."""
    remark = FindingView(one, "error", two, three, two, 3, 0, three, one, two, three, one)
    found = EvidenceView(one, "failed", three, findings=(remark,), tools={one: two})
    lost = replace(found, status="unknown", summary=two)
    return replace(VIEW, toolset=one, tool=two, path=three, evidence=(found, lost))


@given(words, words, words)
def test_whatever_an_author_writes_the_sarif_log_is_valid_and_harmless(
    one: str, two: str, three: str
) -> None:
    log = to_sarif([hostile(one, two, three)], version="0.1.0")
    check_sarif(log)

    for text in _texts(log):
        assert visible(text) == text


def _texts(value: Any) -> Iterator[str]:
    """Every text in it; the reader of a URI gets it escaped."""
    if isinstance(value, str):
        yield value
        return
    inside: list[Any] = []
    if isinstance(value, dict):
        inside = list(cast("dict[str, Any]", value).values())
    elif isinstance(value, list):
        inside = cast("list[Any]", value)
    for inner in inside:
        yield from _texts(inner)


def test_a_suite_counts_what_failed_what_is_unknown_and_what_was_skipped() -> None:
    root = ET.fromstring(to_junit([VIEW]))
    [suite] = root
    cases = {case.get("name"): case for case in suite.findall("testcase")}

    assert (suite.get("name"), suite.get("time")) == ("growth/send", "2.000")
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == [
        "9", "2", "2", "2",
    ]  # fmt: skip
    assert [root.get(name) for name in ("tests", "failures", "errors")] == ["9", "2", "2"]
    failure = cases["semgrep"].find("failure")
    assert failure is not None
    assert "tool.py:7: SQL from a parameter" in (failure.text or "")
    assert cases["mypy"].find("error") is not None
    assert cases["cost"].find("skipped") is not None
    assert (cases["examples"].findtext("system-out") or "").startswith("warning: tool.toml")


def test_what_is_unknown_and_does_not_block_is_no_error() -> None:
    passed = replace(VIEW, verdict="passed", rubric=())
    [suite] = ET.fromstring(to_junit([passed]))

    assert suite.get("errors") == "0"


@given(words, words, words)
def test_whatever_an_author_writes_the_xml_can_be_read(one: str, two: str, three: str) -> None:
    root = ET.fromstring(to_junit([hostile(one, two, three)]))

    assert root.get("tests") == "6"
