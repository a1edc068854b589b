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
from toolvet.engine import bundles, waivers
from toolvet.engine import stored as proposals
from toolvet.engine.after import happened
from toolvet.engine.standing import Standing
from toolvet.errors import ToolvetError
from toolvet.sandbox import Limits, Pool, TierReport
from toolvet.sdk import __version__ as sdk_version
from toolvet.storage import Store, Unit
from toolvet.storage.rows import EvidenceRow, ProposalRow, RevisionRow
from toolvet_reviews import canonical, manifest, moves, rubric, spec
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.errors import ReviewError, StaleVoteError
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.findings import Evidence, evidence_to_json
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.policy import Policy
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
    release: Manifest | None = None
    """Also of a revision that failed, once its interface is known: people may overrule findings."""
    dossier: bytes | None = None
    waived: tuple[str, ...] = ()
    """Fingerprints of the findings that people overruled."""


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
    verdict = _judge(parts, unit, row, stored)
    _record(parts, unit, row, stored, verdict)
    return "passed" if verdict.passed else "failed"


def conclude_again(parts: VerifierParts, unit: Unit, row: ProposalRow) -> bool:
    """Conclude once more from the same evidence, when people overruled what stood against it.

    Nothing is recorded while something still stands against it.

    Returns:
        Whether it is up for review now.

    Raises:
        StaleVoteError: The same bytes would be another release by now.
    """
    stored = unit.proposals.revision(row.number, row.revision)
    if stored is None or stored.state != "failed" or row.state != "changes_wanted":
        return False
    verdict = _judge(parts, unit, row, stored)
    if verdict.release is None or manifest.digest(verdict.release) != row.release_digest:
        raise StaleVoteError("walls, limits or SDK changed since this was verified")
    if verdict.passed:
        _record(parts, unit, row, stored, verdict)
    return verdict.passed


def _record(
    parts: VerifierParts, unit: Unit, row: ProposalRow, stored: RevisionRow, verdict: _Verdict
) -> None:
    """Keep manifest and dossier, move the proposal and enter the verdict."""
    release = (
        unit.put_blob(manifest.to_bytes(verdict.release), "manifest") if verdict.release else None
    )
    dossier = unit.put_blob(verdict.dossier, "dossier") if verdict.dossier else None
    state = "passed" if verdict.passed else "failed"
    unit.proposals.save_revision(
        replace(stored, state=state, release_digest=release, dossier=dossier)
    )
    if row.revision == stored.number and row.state == "verifying":
        _move(
            parts,
            unit,
            row,
            verdict,
            release,
            "verdict_passed" if verdict.passed else "verdict_failed",
        )
    elif stored.state == "failed":
        _move(parts, unit, row, verdict, release, "overrule")
    rows = unit.proposals.evidence(stored.proposal, stored.number)
    evidence = [Digest(one.digest) for one in rows]
    unit.append(_entry(parts, row, stored, verdict, release, dossier, evidence))
    if row.revision == stored.number:
        what = "verdict_passed" if verdict.passed else "verdict_failed"
        happened(unit, row.number, what, parts.service_id)


def _move(
    parts: VerifierParts,
    unit: Unit,
    row: ProposalRow,
    verdict: _Verdict,
    release: Digest | None,
    move: str,
) -> None:
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


def _judge(parts: VerifierParts, unit: Unit, row: ProposalRow, stored: RevisionRow) -> _Verdict:
    policy = parts.standing.rules
    evidence = proposals.load_evidence(unit, stored.proposal, stored.number)
    found = [item for item, _ in evidence]
    try:
        bundle = bundles.of(bundles.load(unit, Digest(stored.digest)))
    except (ReviewError, ToolvetError) as error:
        return _Verdict(passed=False, reasons=(str(error),))
    kind = bundle.spec.effects.kind
    release, why = _derive(parts, bundle, policy, found)
    if release is None:
        _, reasons = rubric.verdict(policy, kind, found)
        return _Verdict(passed=False, reasons=tuple(reasons) or (why,))
    digest = manifest.digest(release)
    waived = waivers.overruled(parts.standing.ledger, unit, row, digest, found, _now(parts))
    outcome, reasons = rubric.verdict(policy, kind, found, waived=frozenset(waived))
    leaned = waived if outcome == "passed" else ()
    return _Verdict(
        passed=outcome == "passed",
        reasons=tuple(reasons),
        release=release,
        dossier=_dossier(parts, row, stored, bundle, release, policy, evidence, leaned),
        waived=leaned,
    )


def _derive(
    parts: VerifierParts, bundle: Bundle, policy: Policy, found: list[Evidence]
) -> tuple[Manifest | None, str]:
    """Derive what would be signed, or say what is not known yet."""
    interface = interface_of(next((one for one in found if one.check == "interface"), None))
    if interface is None:
        return None, "the interface is not known"
    packages = next((one for one in found if one.check == "environment"), None)
    if not is_settled(bundle, packages):
        return None, "the packages are not known"
    limits = call_limits(bundle.spec, policy_limits(policy))
    environment = digest_in(packages)
    release = derive_manifest(
        bundle, interface, limits, parts.tier.tier, sdk_version, environment=environment
    )
    return release, ""


def _now(parts: VerifierParts) -> str:
    return stamp(parts.clock())


def _dossier(
    parts: VerifierParts,
    row: ProposalRow,
    stored: RevisionRow,
    bundle: Bundle,
    release: Manifest,
    policy: Policy,
    evidence: list[tuple[Evidence, Digest]],
    waived: tuple[str, ...],
) -> bytes:
    found = [one for one, _ in evidence]
    kind = bundle.spec.effects.kind
    lines = rubric.conclude(policy, kind, found, waived=frozenset(waived))
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
            "waivers": [*waived],
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
            **({"waived": [*verdict.waived]} if verdict.waived else {}),
        },
    )
