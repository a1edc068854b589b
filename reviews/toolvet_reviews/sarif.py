"""Verdicts as SARIF 2.1.0, so that code hosts show findings on their lines. Pure; no I/O.

One run for all bundles: code hosts refuse several runs of one tool in one file. A check of which
nothing is known is a notification, and the run is then not successful: no finding is not "clean".

Source: OASIS SARIF 2.1.0 (sections 3.14 run, 3.20 invocation, 3.27 result, 3.49 descriptor)
"""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView, VerdictView
from toolvet_reviews.words import one_line, visible

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
BASE = "%SRCROOT%"
"""What every path is relative to: the folder the command ran in, usually the repository's."""
UNKNOWN = "check.unknown"
SPEC_FILE = "tool.toml"

_KINDS_OF_RISK = {"error": "8.0", "warning": "5.0", "note": "2.0"}
"""Code hosts sort security findings by a number from 0 to 10."""


def to_sarif(views: Sequence[VerdictView], *, version: str) -> JsonObject:
    """Write verdicts as one SARIF log.

    Args:
        views: One for each bundle.
        version: Of this program.
    """
    found = [
        (view, check, one) for view in views for check in view.evidence for one in check.findings
    ]
    rules = _rules(one for _, _, one in found)
    places: dict[str, int] = {str(rule["id"]): place for place, rule in enumerate(rules)}
    results: list[Json] = [_result(*one, places) for one in found]
    notifications: list[Json] = [
        _notification(view, check)
        for view in views
        for check in view.evidence
        if check.status == "unknown"
    ]
    programs = {
        one_line(f"{name} {used}")
        for view in views
        for check in view.evidence
        for name, used in check.tools.items()
    }
    driver: JsonObject = {
        "name": "toolvet",
        "version": version,
        "semanticVersion": version,
        "rules": list[Json](rules),
        "notifications": [
            {"id": UNKNOWN, "shortDescription": {"text": "A check brought back no knowledge."}}
        ],
        "properties": {"programs": list[Json](sorted(programs))},
    }
    run: JsonObject = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": not notifications,
                "toolExecutionNotifications": notifications,
            }
        ],
        "originalUriBaseIds": {
            BASE: {"description": {"text": "The folder in which toolvet verify was run."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


# --- rules -----------------------------------------------------------------------------------


def _rules(found: Iterator[FindingView]) -> list[JsonObject]:
    """Describe each rule once, in the order of its first finding."""
    rules: dict[str, JsonObject] = {}
    for one in found:
        rules.setdefault(_rule_id(one), _rule(one))
    return list(rules.values())


def _rule_id(found: FindingView) -> str:
    return _words(found.rule, found.category, "finding")


def _words(*texts: str) -> str:
    """Choose the first text that says something: the standard has no room for empty ones."""
    return next((said for text in texts if (said := one_line(text, 1000))), "nothing was said")


def _rule(found: FindingView) -> JsonObject:
    name = _rule_id(found)
    why, fix = visible(found.why).strip(), visible(found.fix).strip()
    short = one_line(_words(found.why, found.message, found.category, name), 300)
    text = "\n\n".join(part for part in (why, f"How to mend it: {fix}" if fix else "") if part)
    tags: list[Json] = [tag for tag in (one_line(found.category),) if tag]
    properties: JsonObject = {"tags": tags}
    if found.cwe:
        number = "".join(mark for mark in found.cwe if mark in "0123456789")[:6]
        tags += [f"external/cwe/cwe-{int(number or 0):03d}"]
        tags += [tag for tag in ("security",) if tag not in tags]
        properties["security-severity"] = _KINDS_OF_RISK[found.severity]
    return {
        "id": name,
        "shortDescription": {"text": short},
        "fullDescription": {"text": why or short},
        "help": {"text": text or short},
        "defaultConfiguration": {"level": found.severity},
        "properties": properties,
    }


# --- results ---------------------------------------------------------------------------------


def _result(
    view: VerdictView, check: EvidenceView, found: FindingView, places: dict[str, int]
) -> JsonObject:
    rule = _rule_id(found)
    result: JsonObject = {
        "ruleId": rule,
        "ruleIndex": places[rule],
        "level": found.severity,
        "message": {"text": _message(found)},
        "locations": [{"physicalLocation": _location(view, found)}],
        "properties": {
            "check": one_line(check.check),
            "tool": f"{one_line(view.toolset)}/{one_line(view.tool)}",
        },
    }
    if found.fingerprint:
        result["partialFingerprints"] = {"toolvetFinding/v1": one_line(found.fingerprint)}
    return result


def _message(found: FindingView) -> str:
    said = _words(found.message, found.category, found.rule)
    fix = one_line(found.fix, 1000)
    return f"{said}\n{fix}" if fix else said


def _location(view: VerdictView, found: FindingView) -> JsonObject:
    path = _path(view, found.path)
    location: JsonObject = {
        "artifactLocation": {"uri": quote(path, safe="/", errors="replace"), "uriBaseId": BASE}
    }
    # Of a single file there is no tool.toml: what is about it is about the file.
    if found.line > 0 and not (view.is_file and found.path == SPEC_FILE):
        region: JsonObject = {"startLine": found.line, "endLine": max(found.line, found.end_line)}
        if found.snippet:
            region["snippet"] = {"text": visible(found.snippet)}
        location["region"] = region
    return location


def _path(view: VerdictView, path: str) -> str:
    """Name a place as the one who ran the command does; what is about the whole is its main file."""
    if view.is_file:
        return view.path or path
    inside = path or SPEC_FILE
    return f"{view.path}/{inside}" if view.path not in ("", ".") else inside


def _notification(view: VerdictView, check: EvidenceView) -> JsonObject:
    tool = f"{one_line(view.toolset)}/{one_line(view.tool)}"
    said = one_line(check.summary, 1000) or "it brought back no knowledge"
    return {
        "descriptor": {"id": UNKNOWN, "index": 0},
        "level": "error",
        "message": {"text": f"{one_line(check.check)} of {tool} is unknown: {said}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": quote(_path(view, ""), safe="/", errors="replace"),
                        "uriBaseId": BASE,
                    }
                }
            }
        ],
    }
