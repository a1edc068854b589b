"""The machine's verdict: from evidence to rubric, manifest and dossier, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from toolvet.checks import (
    Toolchain,
    call_limits,
    derive_manifest,
    interface_of,
)
from toolvet.checks.environment import digest_in, is_settled
from toolvet.config import Paths, stamp
from toolvet.engine import bundles
from toolvet.engine import stored as proposals
from toolvet.engine.standing import Standing
from toolvet.errors import ToolvetError
from toolvet.sandbox import Limits, Pool, TierReport
from toolvet.sdk import __version__ as sdk_version
from toolvet.storage import Store, Unit
from toolvet.storage.rows import EvidenceRow, ProposalRow, RevisionRow
from toolvet_reviews import canonical, manifest, moves, rubric, spec
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.findings import Evidence, evidence_to_json
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.policy import Policy, parse_policy
from toolvet_reviews.values import Digest

DOSSIER_SCHEMA = "toolvet/dossier/v1"


@dataclass(frozen=True)
class VerifierParts:
    """What verification needs of the service."""

    paths: Paths
    store: Store
    standing: Standing
    pool: Pool
    tier: TierReport
    toolchain: Toolchain
    clock: Callable[[], datetime]
    service_id: str


@dataclass(frozen=True)
class _Verdict:
    passed: bool
    reasons: tuple[str, ...]
    release: Manifest | None
    dossier: bytes | None


def policy_limits(policy: Policy) -> Limits:
    """Read the caps of one call that the policy gives a tool that asks for none."""
    return replace(
        Limits(),
        wall_s=policy.limits.wall_s,
        memory_mib=policy.limits.memory_mib,
        output_kib=policy.limits.output_kib,
    )


def keep(
    parts: VerifierParts, unit: Unit, proposal: int, revision: int, evidence: Evidence
) -> None:
    """Store evidence as a blob, and where it belongs."""
    digest = unit.put_blob(canonical.dumps(evidence_to_json(evidence)), "evidence")
    unit.proposals.put_evidence(
        EvidenceRow(
            proposal,
            revision,
            evidence.check,
            evidence.status,
            digest,
            evidence.inputs,
            stamp(parts.clock()),
        )
    )


def conclude(parts: VerifierParts, unit: Unit, proposal: int, revision: int) -> str:
    """Turn evidence into the machine's verdict: rubric, manifest and dossier, in one transaction."""
    row = unit.proposals.get(proposal)
    stored = unit.proposals.revision(proposal, revision)
    if row is None or stored is None or stored.state != "verifying":
        return "done before"
    evidence = proposals.load_evidence(unit, proposal, revision)
    policy = parse_policy(parts.standing.ledger.policy_text or "")
    verdict = _judge(parts, unit, row, stored, policy, evidence)
    release = (
        unit.put_blob(manifest.to_bytes(verdict.release), "manifest") if verdict.release else None
    )
    dossier = unit.put_blob(verdict.dossier, "dossier") if verdict.dossier else None
    state = "passed" if verdict.passed else "failed"
    unit.proposals.save_revision(
        replace(stored, state=state, release_digest=release, dossier=dossier)
    )
    if row.revision == revision and row.state == "verifying":
        _move(parts, unit, row, verdict, release)
    unit.append(_entry(parts, row, stored, verdict, release, dossier, [d for _, d in evidence]))
    return state


def _move(
    parts: VerifierParts, unit: Unit, row: ProposalRow, verdict: _Verdict, release: Digest | None
) -> None:
    move = "verdict_passed" if verdict.passed else "verdict_failed"
    state = moves.apply(proposals.facts(row), move, moves.SERVICE)
    unit.proposals.save(
        replace(
            row,
            state=state,
            release_digest=release,
            reason="; ".join(verdict.reasons)[:2000],
            updated_at=stamp(parts.clock()),
        )
    )


def _judge(
    parts: VerifierParts,
    unit: Unit,
    row: ProposalRow,
    stored: RevisionRow,
    policy: Policy,
    evidence: list[tuple[Evidence, Digest]],
) -> _Verdict:
    found = [item for item, _ in evidence]
    try:
        bundle = bundles.of(bundles.load(unit, Digest(stored.digest)))
    except (ReviewError, ToolvetError) as error:
        return _Verdict(passed=False, reasons=(str(error),), release=None, dossier=None)
    kind = bundle.spec.effects.kind
    outcome, reasons = rubric.verdict(policy, kind, found)
    if outcome != "passed":
        return _Verdict(passed=False, reasons=tuple(reasons), release=None, dossier=None)
    interface = interface_of(next((one for one in found if one.check == "interface"), None))
    if interface is None:
        return _Verdict(
            passed=False, reasons=("the interface is not known",), release=None, dossier=None
        )
    packages = next((one for one in found if one.check == "environment"), None)
    if not is_settled(bundle, packages):
        return _Verdict(
            passed=False, reasons=("the packages are not known",), release=None, dossier=None
        )
    limits = call_limits(bundle.spec, policy_limits(policy))
    release = derive_manifest(
        bundle, interface, limits, parts.tier.tier, sdk_version, environment=digest_in(packages)
    )
    dossier = _dossier(parts, row, stored, bundle, release, policy, evidence)
    return _Verdict(passed=True, reasons=(), release=release, dossier=dossier)


def _dossier(
    parts: VerifierParts,
    row: ProposalRow,
    stored: RevisionRow,
    bundle: Bundle,
    release: Manifest,
    policy: Policy,
    evidence: list[tuple[Evidence, Digest]],
) -> bytes:
    lines = rubric.conclude(policy, bundle.spec.effects.kind, [found for found, _ in evidence])
    return canonical.dumps(
        {
            "schema": DOSSIER_SCHEMA,
            "service": parts.service_id,
            "proposal": f"P-{row.number}",
            "revision": stored.number,
            "revision_digest": stored.digest,
            "release_digest": manifest.digest(release),
            "manifest": manifest.to_json(release),
            "spec": spec.spec_to_json(bundle.spec),
            "base_release": row.base_release,
            "policy": parts.standing.policy,
            "tier": parts.tier.tier,
            "rubric": {line.criterion: line.mark for line in lines},
            "evidence": [
                {
                    "check": found.check,
                    "status": found.status,
                    "summary": found.summary,
                    "digest": digest,
                    "findings": [one.fingerprint for one in found.findings],
                }
                for found, digest in evidence
            ],
        }
    )


def _entry(
    parts: VerifierParts,
    row: ProposalRow,
    stored: RevisionRow,
    verdict: _Verdict,
    release: Digest | None,
    dossier: Digest | None,
    evidence: list[Digest],
) -> EntryDraft:
    return EntryDraft(
        verb=Verb.REVISION_VERIFY,
        actor=parts.service_id,
        actor_kind="service",
        auth="service",
        seat="service",
        on_behalf_of=row.author,
        target_kind="proposal",
        target_id=f"P-{row.number}",
        digest=release or Digest(stored.digest),
        outcome="ok" if verdict.passed else "failed",
        code="" if verdict.passed else "verify.failed",
        policy=parts.standing.policy,
        evidence=tuple(evidence),
        tier=parts.tier.tier,
        facts={
            "proposal": f"P-{row.number}",
            "revision": stored.number,
            "verdict": "passed" if verdict.passed else "failed",
            "dossier": dossier,
            "kind": row.kind,
            "revision_digest": stored.digest,
        },
    )
