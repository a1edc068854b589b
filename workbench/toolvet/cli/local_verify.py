"""`toolvet verify`: the service's own checks, run here and now, with nothing kept."""

import asyncio
from dataclasses import dataclass

from toolvet.checks.local import verify_files
from toolvet.checks.toolchain import Toolchain
from toolvet.cli import render
from toolvet.cli.progress import Progress
from toolvet.client.connect import connect
from toolvet.client.shown import policy_in_force
from toolvet.config import Settings
from toolvet.errors import SandboxUnavailableError, UnreachableError
from toolvet.sandbox import Pool, TierReport, probe
from toolvet_reviews import policy, rubric
from toolvet_reviews.findings import Evidence
from toolvet_reviews.policy import Policy
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import EvidenceView, FindingView, RubricLine


@dataclass(frozen=True)
class LocalVerdict:
    """What the checks say, without a proposal."""

    toolset: str
    tool: str
    verdict: str
    reasons: tuple[str, ...]
    rubric: tuple[RubricLine, ...]
    evidence: tuple[EvidenceView, ...]
    tier: str

    def text(self) -> str:
        """Say it to people."""
        lines = [f"{self.toolset}/{self.tool}  {self.verdict}"]
        lines += [f"  {line.criterion:<14}{line.mark:<8}{line.why}" for line in self.rubric]
        for found in self.evidence:
            lines += render.evidence(found)
        lines += [f"  {reason}" for reason in self.reasons]
        return "\n".join(lines) + "\n"


def verify_here(
    files: dict[str, bytes], examples: list[JsonObject] | None, toolset: str | None
) -> LocalVerdict:
    """Run every check over files as they would be submitted.

    Raises:
        ReviewError: Intake refuses them.
        SandboxUnavailableError: Nothing may run on this host.
    """
    settings = Settings.from_env()
    rules, tier = _rules(settings)
    report = probe(allow_c=tier == "C")
    if report.tier == "none":
        raise SandboxUnavailableError(report.reason, hint=report.cure)
    with Progress("verifying"):
        return asyncio.run(_verify(settings, rules, report, files, examples, toolset))


def _rules(settings: Settings) -> tuple[Policy, str]:
    """Take policy and tier from the service, if there is one; else those of a new home."""
    if not settings.url and not settings.paths.log_key.exists():
        return policy.parse_policy(policy.preset("solo")), ""
    try:
        connection = connect(settings)
    except UnreachableError:
        return policy.parse_policy(policy.preset("solo")), ""
    return policy_in_force(connection.client, connection.service), connection.service.tier


async def _verify(
    settings: Settings,
    rules: Policy,
    report: TierReport,
    files: dict[str, bytes],
    examples: list[JsonObject] | None,
    toolset: str | None,
) -> LocalVerdict:
    pool = Pool(report)
    try:
        found = await verify_files(
            files,
            pool=pool,
            tools=Toolchain(settings.paths.toolchain, settings.wheels),
            tier=report.tier,
            examples=examples or [],
            toolset=toolset,
        )
    finally:
        await pool.close()
    spec = found.bundle.spec
    outcome, reasons = rubric.verdict(rules, spec.effects.kind, found.evidence)
    return LocalVerdict(
        toolset=spec.toolset,
        tool=spec.name,
        verdict=outcome,
        reasons=tuple(reasons),
        rubric=rubric.conclude(rules, spec.effects.kind, found.evidence),
        evidence=tuple(_view(item) for item in found.evidence),
        tier=report.tier,
    )


def _view(found: Evidence) -> EvidenceView:
    remarks = tuple(
        FindingView(
            rule=one.rule,
            severity=one.severity,
            category=one.category,
            message=one.message,
            path=one.path,
            line=one.line,
            end_line=one.end_line,
            snippet=one.snippet,
            why=one.why,
            fix=one.fix,
            cwe=one.cwe,
            fingerprint=one.fingerprint,
        )
        for one in found.findings
    )
    return EvidenceView(
        check=found.check,
        status=found.status,
        summary=found.summary,
        duration_ms=found.duration_ms,
        findings=remarks,
        measurements=found.measurements,
        tools=found.tools,
        not_looked_at=found.not_looked_at,
        tier=found.tier,
    )
