"""The check `semgrep`: rules over the code, most of them with every parameter as a source of taint.

Our own rules come first (`rules/`, see docs/rules.md). What a policy asks for beside them, an
organisation's own configurations and packs of the registry, is scanned with in runs of its own, so
that a broken one takes nothing from ours; each has its canary.
"""

import asyncio
from typing import Any, NamedTuple, cast

from toolvet.checks import reading, scanning
from toolvet.checks.base import (
    Check,
    CheckContext,
    Inputs,
    conclude,
    is_test,
    program_trouble,
    python_files,
    snippet,
    unknown,
)
from toolvet.checks.own_rules import packs_in, repeated_ids
from toolvet.checks.rules import CANARY_RULE, TAINT_CANARY_RULE, configuration
from toolvet.checks.staging import CANARY, neutral_names
from toolvet.sandbox import ProgramOutcome
from toolvet_reviews import digests
from toolvet_reviews.findings import Evidence, Finding, Severity
from toolvet_reviews.values import JsonObject
from toolvet_reviews.words import one_line

NAME = "semgrep"
_OWN = "a rule file of the organisation"
_NOT_IN_TESTS = frozenset({"check-by-assert", "key-in-code", "predictable-temporary-file"})
_SEVERITIES: dict[str, Severity] = {
    "ERROR": "error", "WARNING": "warning", "INFO": "note",
    "CRITICAL": "error", "HIGH": "error", "MEDIUM": "warning", "LOW": "note",
}  # fmt: skip
_CANARIES = frozenset({str(CANARY_RULE["id"]), str(TAINT_CANARY_RULE["id"])})


class _Source(NamedTuple):
    """One configuration to scan with."""

    name: str
    text: bytes | None
    """None for our own rules."""
    prefix: str
    """What the ids of its findings begin with."""
    is_hidden: bool = False


class _Scanned(NamedTuple):
    """What came of one scan."""

    findings: list[Finding]
    reasons: list[str]
    rules: int
    outcome: ProgramOutcome


async def run(context: CheckContext) -> Evidence:
    """Scan the Python files of the bundle."""
    versions = {"semgrep": context.tools.versions["semgrep"]}
    if not context.tools.is_ready:
        return unknown(NAME, "semgrep is not installed: `toolvet doctor --fix`", tools=versions)
    intake = context.earlier.get("intake")
    if (
        intake is None
        or intake.status == "unknown"
        or any(finding.rule == "intake.syntax" for finding in intake.findings)
    ):
        return unknown(NAME, "a file does not parse, so a scan would prove nothing", tools=versions)
    sources, missing = await _sources(context)
    scans = await asyncio.gather(*(_scanned(context, source) for source in sources))
    ours = scans[0]
    reasons = [reason for scan in scans for reason in scan.reasons]
    if any(digests.sha256(file.data) != file.digest for file in context.asked.rules):
        reasons.append(f"{_OWN} is not the one that the policy pins")
    return conclude(
        NAME,
        _without_echoes([finding for scan in scans for finding in scan.findings]),
        reasons,
        measurements={
            "files": len(python_files(context.bundle)),
            "rules": ours.rules,
            "further_rules": sum(scan.rules for scan in scans[1:]),
        },
        tools=versions,
        not_looked_at=missing,
        # What a scan with rules of the organisation's own says may hold them.
        raw=ours.outcome.stderr.decode("utf-8", "replace") if ours.reasons else "",
        tier=ours.outcome.tier,
    )


CHECK = Check(
    NAME, run, Inputs("python", ("semgrep",), asked=("rules", "packs", "day")), needs=("intake",)
)


async def _sources(context: CheckContext) -> tuple[list[_Source], list[str]]:
    """Name what to scan with, and the packs that cannot be had."""
    found = [_Source(NAME, None, NAME)]
    found += [
        _Source(_OWN, file.data, f"{NAME}.own", is_hidden=True) for file in context.asked.rules
    ]
    missing: list[str] = []
    packs = packs_in(context.tools.root / "packs")
    for name in context.asked.packs:
        text = await packs.get(name)
        if text is None:
            missing.append(f"the rule pack {name}: no network, and none of today is kept")
        else:
            found.append(_Source(f"the rule pack {name}", text, f"{NAME}.pack"))
    return found, missing


async def _scanned(context: CheckContext, source: _Source) -> _Scanned:
    files = python_files(context.bundle)
    names = neutral_names(files)
    outcome = await scanning.scan(
        context.tools,
        {name: files[path] for name, path in names.items()},
        context.pool.report,
        () if source.text is None else (source.text, scanning.canary_rules()),
    )
    document = reading.entry(reading.document(outcome.stdout))
    rules = configuration().rules if source.text is None else None
    reasons = program_trouble(NAME, outcome, (0,)) + scanning.doubts(
        document, {*names, CANARY}, rules
    )
    if source.text is not None:
        if repeated_ids(source.text):
            reasons.append("a rule id is there twice")
        reasons = [f"{source.name}: {reason}" for reason in reasons]
    findings = [
        finding
        for hit in reading.entries(document.get("results"))
        if (path := names.get(reading.file_name(hit.get("path"))))
        and (finding := _finding(context, path, hit, source))
    ]
    loaded = set(reading.texts(reading.entry(document.get("time")).get("rules"))) - _CANARIES
    return _Scanned(findings, reasons, len(loaded), outcome)


def _finding(context: CheckContext, path: str, hit: JsonObject, source: _Source) -> Finding | None:
    rule = str(hit.get("check_id"))
    if rule in _CANARIES or (rule in _NOT_IN_TESTS and is_test(path)):
        return None
    extra = reading.entry(hit.get("extra"))
    known = configuration().rules.get(rule) if source.text is None else None
    about = cast("dict[str, Any]", known.get("metadata", {}) if known else extra.get("metadata"))
    said = reading.text(extra.get("severity"))
    severity = _SEVERITIES.get(str(known["severity"] if known else said).upper(), "error")
    line = reading.number(reading.entry(hit.get("start")).get("line"))
    end_line = reading.number(reading.entry(hit.get("end")).get("line"))
    return Finding(
        rule=f"{source.prefix}.{rule}"[:200],
        severity=_in_test(rule, severity) if is_test(path) else severity,
        message=str(known["message"]) if known else one_line(reading.text(extra.get("message"))),
        path=path,
        line=line,
        end_line=end_line,
        # The free engine hides `extra.lines` behind a login notice.
        snippet=snippet(context.bundle, path, line, end_line),
        why=_told(about, "why"),
        fix=_told(about, "fix"),
        cwe=_cwe(about),
        category=_told(about, "category") or "security",
        hidden=source.is_hidden,
    )


def _in_test(rule: str, severity: Severity) -> Severity:
    """What tests do is done to nobody, and parameters of their helpers are chosen by no caller."""
    if rule.endswith("-from-parameter"):
        return "note"
    return "warning" if severity == "error" else severity


def _told(about: Any, name: str) -> str:
    """Read a text of a rule's metadata, whoever wrote the rule."""
    value = cast("dict[str, Any]", about).get(name) if isinstance(about, dict) else None
    return one_line(value, 500) if isinstance(value, str) else ""


def _cwe(about: Any) -> str:
    """Read the first CWE of a rule's metadata; packs write `CWE-79: words`, or several in a list."""
    value = cast("dict[str, Any]", about).get("cwe") if isinstance(about, dict) else None
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    first = items[0] if items and isinstance(items[0], str) else ""
    return one_line(first[:60]).partition(":")[0]


def _without_echoes(findings: list[Finding]) -> list[Finding]:
    """Leave out what a rule says again of the same lines: several sources reach one sink."""
    seen: set[tuple[str, str, int, int]] = set()
    kept: list[Finding] = []
    for finding in findings:
        place = (finding.rule, finding.path, finding.line, finding.end_line)
        if place not in seen:
            kept.append(finding)
        seen.add(place)
    return kept
