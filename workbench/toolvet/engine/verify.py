"""Verify a revision: run the checks in the sandbox, keep their evidence, conclude.

Both halves may be repeated after a crash: evidence is keyed by the digest of every declared input,
so that what was found before is not looked for again.
"""

import asyncio
import logging
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import cast

from toolvet.checks import (
    Toolchain,
    call_limits,
    derive_manifest,
    interface_of,
    unpack,
    verify_bundle,
)
from toolvet.config import Paths, stamp, uuid7
from toolvet.engine import bundles
from toolvet.engine import stored as proposals
from toolvet.engine.durable import DurableWork, Steps
from toolvet.engine.standing import Standing
from toolvet.errors import StorageError, ToolvetError
from toolvet.sandbox import Limits, Pool, TierReport
from toolvet.sdk import __version__ as sdk_version
from toolvet.storage import Store, Unit, View
from toolvet.storage.rows import EvidenceRow, ProposalRow, RevisionRow
from toolvet.storage.workflows import WorkflowDatabase
from toolvet_reviews import canonical, manifest, moves, rubric, spec
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.findings import Evidence, evidence_from_json, evidence_to_json
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.policy import Policy, parse_policy
from toolvet_reviews.values import Digest

_log = logging.getLogger(__name__)

SIDE_BY_SIDE = 2
"""Revisions verified at once; each uses several processes."""
AGAIN_S = 2.0
"""How long a verification waits before it tries a database again that took nothing."""
DOSSIER_SCHEMA = "toolvet/dossier/v1"


class InterruptedVerification(BaseException):
    """The service ends: what runs stays pending, and goes on at the next launch.

    Not an `Exception` on purpose: DBOS would record that as the outcome.
    """


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


class Verifier:
    """Runs verifications as durable work, on the service's event loop."""

    def __init__(
        self, parts: VerifierParts, database: WorkflowDatabase, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._parts = parts
        self._loop = loop
        self._turn = asyncio.Semaphore(SIDE_BY_SIDE)
        self._closing = threading.Event()
        self._gathering: set[Future[str]] = set()
        self._work = DurableWork(
            database, Steps(self._patiently(self._gather), self._patiently(self._conclude))
        )

    def launch(self) -> None:
        """Start, recover what a crash left, and close what cannot be recovered."""
        self._work.launch()
        with self._parts.store.read() as view:
            waiting = view.proposals.unverified()
        for revision in waiting:
            if self._work.is_dead(revision.proposal, revision.number):
                self._give_up(revision.proposal, revision.number)
                continue
            self._work.forget_finished(revision.proposal, revision.number)
            self.start(revision.proposal, revision.number)

    def start(self, proposal: int, revision: int) -> None:
        """Verify a stored revision; answers at once."""
        self._work.start(proposal, revision)

    def close(self) -> None:
        """Stop; what is in flight goes on at the next launch."""
        self._closing.set()
        for gathering in tuple(self._gathering):
            gathering.cancel()
        self._work.close()

    # --- the two halves, called by DBOS in a thread of its own -----------------------------------

    def _patiently(self, half: Callable[[int, int], str]) -> Callable[[int, int], str]:
        """Wait while the disk is full or the database locked: that says nothing of the revision."""

        def run(proposal: int, revision: int) -> str:
            while True:
                self._check_open()
                try:
                    return half(proposal, revision)
                except StorageError as error:
                    if _refused_by_storage(error) is None:
                        raise
                    _log.warning("verification of P-%s waits: %s", proposal, error)
                    self._closing.wait(AGAIN_S)

        return run

    def _gather(self, proposal: int, revision: int) -> str:
        gathering = asyncio.run_coroutine_threadsafe(
            self._run_checks(proposal, revision), self._loop
        )
        self._gathering.add(gathering)
        try:
            return gathering.result()
        except Exception as error:  # outermost of one verification: its author is told
            self._check_open()
            refused = _refused_by_storage(error)
            if refused is not None:
                raise refused from error
            _log.exception("verification of P-%s, revision %s, failed", proposal, revision)
            self._give_up(proposal, revision)
            return "given up"
        finally:
            self._gathering.discard(gathering)

    def _check_open(self) -> None:
        if self._closing.is_set():
            raise InterruptedVerification

    def _conclude(self, proposal: int, revision: int) -> str:
        return self._parts.store.write_sync(
            lambda unit: conclude(self._parts, unit, proposal, revision)
        )

    def _give_up(self, proposal: int, revision: int) -> None:
        lost = Evidence(
            check="intake",
            status="unknown",
            summary="verification was given up: it failed, or kept ending its process",
        )

        def close(unit: Unit) -> str:
            keep(self._parts, unit, proposal, revision, lost)
            return conclude(self._parts, unit, proposal, revision)

        self._parts.store.write_sync(close)

    async def _run_checks(self, proposal: int, revision: int) -> str:
        parts = self._parts
        row = await parts.store.query(lambda view: view.proposals.revision(proposal, revision))
        if row is None or row.state != "verifying":
            return "done before"
        files = await parts.store.query(lambda view: bundles.load(view, Digest(row.digest)))
        bundle = bundles.of(files)
        async with self._turn:
            folder = self._folder(row)
            try:
                await asyncio.to_thread(unpack, files, folder)
                verified = await verify_bundle(
                    bundle,
                    folder=folder,
                    pool=parts.pool,
                    tools=parts.toolchain,
                    tier=parts.tier.tier,
                    policy_limits=self._limits(),
                    cached=self._cached,
                    store=self._keeper(row),
                )
            finally:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return ",".join(f"{found.check}:{found.status}" for found in verified.evidence)

    def _folder(self, row: RevisionRow) -> Path:
        images, name = self._parts.paths.images, f"verify-{row.proposal}-{row.number}"
        for left in images.glob(f"{name}.*"):  # by a crash
            shutil.rmtree(left, ignore_errors=True)
        # a name of its own each time: a sandbox that is kept warm still has the old folder mounted
        return images / f"{name}.{uuid7()}"

    def _limits(self) -> Limits:
        return policy_limits(parse_policy(self._parts.standing.ledger.policy_text or ""))

    def _cached(self, check: str, inputs: Digest) -> Evidence | None:
        def read(view: View) -> Evidence | None:
            row = view.proposals.evidence_by_inputs(check, inputs)
            if row is None:
                return None
            return evidence_from_json(canonical.parse(view.blob(row.digest)))

        return self._parts.store.query_sync(read)

    def _keeper(self, row: RevisionRow) -> "Keeper":
        return Keeper(self._parts, row.proposal, row.number)


def _refused_by_storage(error: Exception) -> StorageError | None:
    """Find a full disk or a locked database in an error; checks that run side by side group theirs."""
    if isinstance(error, ExceptionGroup):
        grouped = cast("ExceptionGroup[Exception]", error)
        inner = (_refused_by_storage(one) for one in grouped.exceptions)
        return next((found for found in inner if found is not None), None)
    if isinstance(error, StorageError) and error.code == StorageError.code:
        return error
    return None


@dataclass(frozen=True)
class Keeper:
    """Stores evidence as it comes."""

    parts: VerifierParts
    proposal: int
    revision: int

    async def __call__(self, evidence: Evidence) -> None:
        """Keep one check's evidence."""
        await self.parts.store.write(
            lambda unit: keep(self.parts, unit, self.proposal, self.revision, evidence)
        )


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
    limits = call_limits(bundle.spec, policy_limits(policy))
    release = derive_manifest(bundle, interface, limits, parts.tier.tier, sdk_version)
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
