"""Every rule of ours fires on the lines where it must, and is silent on those where it must be."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any, cast

import pytest

from toolvet.checks import Toolchain, reading, scanning
from toolvet.checks.rules import RULES, SHARED, configuration
from toolvet.sandbox import TierReport
from toolvet_reviews.values import Json, JsonObject

CASES = RULES / "cases"
CANARIES = {"toolvet-canary", "toolvet-taint-canary"}
RULE_IDS = sorted(set(configuration().rules) - CANARIES)
ERRORS = {name for name, body in configuration().rules.items() if body["severity"] == "ERROR"}

Hits = dict[tuple[str, str], set[int]]
"""Lines by file and rule."""


def case_file(rule: str) -> Path:
    return CASES / f"{rule.replace('-', '_')}.py"


def marked(path: Path, word: str) -> set[int]:
    """Lines below a comment `# word: RULE`."""
    mark = re.compile(rf"\s*# {word}: [\w-]+")
    lines = path.read_text().splitlines()
    return {number + 2 for number, line in enumerate(lines) if mark.fullmatch(line)}


@pytest.fixture(scope="module")
def hits(toolchain: Toolchain, walls: TierReport) -> Hits:
    """All findings of one scan over every case."""
    files = {path.name: path.read_bytes() for path in sorted(CASES.glob("*.py"))}
    outcome = asyncio.run(scanning.scan(toolchain, files, walls))
    document = reading.entry(reading.document(outcome.stdout))
    rules = configuration().rules
    assert scanning.doubts(document, {*files, "zz_canary.py"}, rules) == []
    found: Hits = {}
    for hit in reading.entries(document["results"]):
        place = (reading.file_name(hit["path"]), str(hit["check_id"]))
        line = reading.number(reading.entry(hit["start"])["line"])
        found.setdefault(place, set()).add(line)
    return found


@pytest.mark.parametrize("rule", RULE_IDS)
def test_a_rule_fires_on_exactly_the_lines_that_its_case_marks(hits: Hits, rule: str) -> None:
    path = case_file(rule)

    assert hits.get((path.name, rule), set()) == marked(path, "ruleid")
    assert marked(path, "ruleid")
    assert marked(path, "ok")


@pytest.mark.parametrize("rule", RULE_IDS)
def test_no_error_rule_fires_on_a_line_that_is_marked_as_good(hits: Hits, rule: str) -> None:
    path = case_file(rule)
    good = marked(path, "ok")
    others = {name for name in ERRORS if hits.get((path.name, name), set()) & good}

    # Some cases show what is good only for their own rule.
    assert others <= ALSO_FOUND.get(rule, set())


ALSO_FOUND: dict[str, set[str]] = {}


def test_there_are_cases_for_every_rule_and_for_nothing_else() -> None:
    assert {path.name for path in CASES.glob("*.py")} == {case_file(r).name for r in RULE_IDS}
    assert len(RULE_IDS) >= 60


@pytest.mark.parametrize("rule", RULE_IDS)
def test_a_rule_says_what_is_wrong_why_and_how_to_mend_it(rule: str) -> None:
    body = configuration().rules[rule]
    about = body["metadata"]

    assert body["message"].endswith(".")
    assert all(about[name] for name in ("why", "fix", "category"))
    assert re.fullmatch(r"CWE-\d+", about["cwe"])
    assert about["confidence"] in {"high", "medium"}
    assert body["severity"] in {"ERROR", "WARNING"}


def test_every_shared_list_is_used_and_nothing_is_left_to_fill_in() -> None:
    shared = cast("dict[str, Any]", json.loads((RULES / SHARED).read_bytes()))["shared"]
    texts = "".join(path.read_text() for path in RULES.glob("*.json"))

    assert {name for name in shared if f'"use": "{name}"' not in texts} == set()
    assert b'"use"' not in configuration().text


def good_document() -> JsonObject:
    rules: list[Json] = [*configuration().rules]
    canary = "/tool/zz_canary.py"
    return {
        "errors": [],
        "paths": {"scanned": ["/tool/f0000.py", canary]},
        "time": {"rules": rules, "fixpoint_timeouts": []},
        "results": [
            {"check_id": "toolvet-canary", "path": canary, "start": {"line": 1}},
            {"check_id": "toolvet-taint-canary", "path": canary, "start": {"line": 5}},
        ],
    }


def without(rule: str) -> list[Json]:
    return [hit for hit in reading.entries(good_document()["results"]) if hit["check_id"] != rule]


FAULTS: dict[str, JsonObject] = {
    "a timeout is only a warning in errors": {"errors": [{"type": "Timeout", "level": "warn"}]},
    "a file was half parsed": {"errors": [{"type": ["PartialParsing", []], "level": "warn"}]},
    "a file was not scanned": {"paths": {"scanned": ["/tool/zz_canary.py"]}},
    "a rule was not loaded": {"time": {"rules": ["toolvet-canary"]}},
    "another rule was loaded": {"time": {"rules": [*configuration().rules, "other"]}},
    "the canary was silent": {"results": without("toolvet-canary")},
    "the canary's value was not followed": {"results": without("toolvet-taint-canary")},
    "the canary's check was not honoured": {
        "results": [
            *reading.entries(good_document()["results"]),
            {
                "check_id": "toolvet-taint-canary",
                "path": "/tool/zz_canary.py",
                "start": {"line": 11},
            },
        ]
    },
    "the canary fired in another file": {
        "results": [{"check_id": "toolvet-canary", "path": "/tool/f0000.py", "start": {"line": 1}}]
    },
    "rules were skipped": {"skipped_rules": ["x"]},
    "the taint analysis gave up": {
        "time": {"rules": [*configuration().rules], "fixpoint_timeouts": [1]}
    },
    "errors are missing": {"errors": None},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_scan_is_not_believed_when(fault: str) -> None:
    submitted = {"f0000.py", "zz_canary.py"}
    rules = configuration().rules
    document = good_document() | FAULTS[fault]

    assert scanning.doubts(good_document(), submitted, rules) == []
    assert scanning.doubts(document, submitted, rules)


def test_no_output_at_all_is_not_believed() -> None:
    assert scanning.doubts({}, {"zz_canary.py"}, configuration().rules)


@pytest.mark.parametrize(
    "loaded", [["toolvet-canary"], ["acme"], ["toolvet-canary", "acme", "acme"], []]
)
def test_somebody_elses_configuration_needs_a_rule_of_its_own_and_the_canary(
    loaded: list[Json],
) -> None:
    right: JsonObject = {"time": {"rules": ["toolvet-canary", "acme"], "fixpoint_timeouts": []}}
    wrong: JsonObject = {"time": {"rules": loaded, "fixpoint_timeouts": []}}

    assert scanning.doubts(good_document() | right, {"f0000.py"}) == []
    assert scanning.doubts(good_document() | wrong, {"f0000.py"})
