"""What a check brings back: evidence, and findings on places in the bundle. Pure; no I/O."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from typing import Literal, cast, get_args

from toolvet_reviews.errors import ReviewError
from toolvet_reviews.fields import Table
from toolvet_reviews.values import TIERS, Digest, Json, JsonObject, Tier

EVIDENCE_SCHEMA = "toolvet/evidence/v1"

Severity = Literal["error", "warning", "note"]
"""`error` blocks unless waived; `warning` and `note` inform."""

EvidenceStatus = Literal["passed", "failed", "warned", "unknown", "skipped"]


@dataclass(frozen=True)
class Finding:
    """One remark on a place in the bundle."""

    rule: str
    """Stable id of what was found, `check.rule`, such as `semgrep.shell-from-parameter`."""

    severity: Severity
    message: str
    path: str = ""
    """File in the bundle, or empty when it is about the whole."""
    line: int = 0
    """From 1; 0 when it is about the whole file."""
    end_line: int = 0
    snippet: str = ""
    """The lines it is about, cut by us from the bundle's bytes."""
    why: str = ""
    fix: str = ""
    cwe: str = ""
    """Such as `CWE-89`; empty when none fits."""
    category: str = ""
    """What an agent is told: injection, types, tests, …"""
    hidden: bool = False
    """By a rule or test of the organisation's own: its author is told category, place and cure only."""

    @property
    def fingerprint(self) -> str:
        """Name this finding so that it keeps its name when lines move.

        Made of the rule, the file and the snippet with white space folded; not of line numbers.
        """
        folded = " ".join(self.snippet.split())
        text = "\0".join((self.rule, self.path, folded or self.message))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True)
class Evidence:
    """What one check found, how sure it is, and what it did not look at."""

    check: str
    status: EvidenceStatus
    summary: str
    findings: tuple[Finding, ...] = ()
    measurements: dict[str, Json] = field(default_factory=dict[str, Json])
    tools: dict[str, str] = field(default_factory=dict[str, str])
    """Versions of the programs that were run."""
    not_looked_at: tuple[str, ...] = ()
    inputs: Digest = Digest("")  # noqa: RUF009 - a NewType call makes nothing
    """Digest of every declared input; the cache key."""
    raw: str = ""
    """Output of the program, capped; a claim of hostile code."""
    tier: Tier | None = None
    """The walls it ran in; None when nothing of the bundle was run."""
    duration_ms: int = 0


class EvidenceError(ReviewError):
    """Stored evidence that cannot be read back."""

    code = "evidence.invalid"


def blocking(
    findings: Iterable[Finding], waived: Collection[str], *, never: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Pick the findings that stand in the way.

    Args:
        findings: Of one check or of all.
        waived: Fingerprints that people overruled.
        never: Rules that cannot be overruled; a last `*` stands for any ending.
    """
    return tuple(
        finding
        for finding in findings
        if finding.severity == "error"
        and (finding.fingerprint not in waived or not may_waive(finding.rule, never))
    )


def may_waive(rule: str, never: Collection[str]) -> bool:
    """Tell whether a policy lets people overrule a rule at all."""
    return not any(
        rule.startswith(pattern[:-1]) if pattern.endswith("*") else rule == pattern
        for pattern in never
    )


def finding_to_json(finding: Finding) -> JsonObject:
    """Write a finding; the fingerprint goes along for readers, and is computed anew on reading."""
    said: JsonObject = {name.name: getattr(finding, name.name) for name in fields(finding)}
    return {**said, "fingerprint": finding.fingerprint}


def finding_from_json(value: Json) -> Finding:
    """Read a finding back.

    Raises:
        EvidenceError: It is not one, or its fingerprint is another's.
    """
    return _finding(Table(value, "finding", EvidenceError))


def evidence_to_json(evidence: Evidence) -> JsonObject:
    """Write evidence."""
    return {
        "schema": EVIDENCE_SCHEMA,
        "check": evidence.check,
        "status": evidence.status,
        "summary": evidence.summary,
        "findings": [finding_to_json(finding) for finding in evidence.findings],
        "measurements": evidence.measurements,
        "tools": dict[str, Json](evidence.tools),
        "not_looked_at": list[Json](evidence.not_looked_at),
        "inputs": evidence.inputs,
        "raw": evidence.raw,
        "tier": evidence.tier,
        "duration_ms": evidence.duration_ms,
    }


def evidence_from_json(value: Json) -> Evidence:
    """Read evidence back.

    Raises:
        EvidenceError: It is not evidence.
    """
    try:
        return _evidence(Table(value, "", EvidenceError))
    except EvidenceError:
        raise
    except ReviewError as error:
        raise EvidenceError(str(error), place=error.place) from error


def _finding(table: Table) -> Finding:
    texts = ("message", "path", "snippet", "why", "fix", "cwe", "category")
    finding = Finding(
        rule=table.text("rule"),
        severity=cast("Severity", table.choice("severity", get_args(Severity))),
        line=table.integer("line", 0),
        end_line=table.integer("end_line", 0),
        hidden=table.boolean("hidden", default=False),
        **{name: table.text(name, "", longest=_LONG) for name in texts},
    )
    if table.text("fingerprint", finding.fingerprint) != finding.fingerprint:
        raise table.error("fingerprint", "is not this finding's")
    table.done()
    return finding


def _evidence(table: Table) -> Evidence:
    table.choice("schema", (EVIDENCE_SCHEMA,))
    tools = table.object("tools")
    evidence = Evidence(
        check=table.text("check"),
        status=cast("EvidenceStatus", table.choice("status", get_args(EvidenceStatus))),
        summary=table.text("summary", longest=_LONG),
        findings=table.each("findings", _finding, most=_MANY),
        measurements=table.object("measurements"),
        tools={name: str(version) for name, version in tools.items()},
        not_looked_at=table.texts("not_looked_at", most=_MANY, longest=_LONG),
        inputs=Digest(table.text("inputs")),
        raw=table.text("raw", longest=_LONG),
        tier=_tier(table),
        duration_ms=table.integer("duration_ms"),
    )
    table.done()
    return evidence


def _tier(table: Table) -> Tier | None:
    if table.raw("tier") is None:
        return None
    return cast("Tier", table.choice("tier", TIERS))


_LONG = 2**20
_MANY = 10_000
