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
from pathlib import Path
from typing import cast

from toolvet.checks import (
    shown,
    unpack,
    verify_bundle,
)
from toolvet.checks.asked import Asked
from toolvet.config import uuid7
from toolvet.engine import asked, bundles
from toolvet.engine.current import published_for
from toolvet.engine.durable import DurableWork, Steps
from toolvet.engine.verdict import VerifierParts, conclude, keep, policy_limits
from toolvet.errors import StorageError
from toolvet.storage import Unit, View
from toolvet.storage.rows import RevisionRow
from toolvet.storage.workflows import WorkflowDatabase
from toolvet_reviews import canonical
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.findings import Evidence, evidence_from_json
from toolvet_reviews.policy import Policy
from toolvet_reviews.values import Digest

_log = logging.getLogger(__name__)

SIDE_BY_SIDE = 2
"""Revisions verified at once; each uses several processes."""
AGAIN_S = 2.0
"""How long a verification waits before it tries a database again that took nothing."""


class InterruptedVerification(BaseException):
    """The service ends: what runs stays pending, and goes on at the next launch.

    Not an `Exception` on purpose: DBOS would record that as the outcome.
    """


class Verifier:
    """Runs verifications as durable work, on the service's event loop."""

    def __init__(
        self, parts: VerifierParts, database: WorkflowDatabase, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._parts = parts
        self._loop = loop
        self._turn = asyncio.Semaphore(SIDE_BY_SIDE)
        self._closing = threading.Event()
        self._again = threading.Lock()
        self._gathering: set[Future[str]] = set()
        self._checking: set[asyncio.Task[str]] = set()
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

    def again(self, proposal: int, revision: int) -> None:
        """Verify a revision that was verified before; blocks while the run before comes to its end.

        One that goes on all the same is joined: it is for whoever asks to ask again later.
        """
        with self._again:
            self._work.start_again(proposal, revision)

    def close(self) -> None:
        """Stop; what is in flight goes on at the next launch."""
        self._closing.set()
        for gathering in tuple(self._gathering):
            gathering.cancel()
        self._work.close()

    async def settled(self) -> None:
        """Wait until the checks that `close` cut off have let go of what they ran."""
        await asyncio.gather(*self._checking, return_exceptions=True)

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
        gathering = asyncio.run_coroutine_threadsafe(self._check(proposal, revision), self._loop)
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

    async def _check(self, proposal: int, revision: int) -> str:
        task = asyncio.ensure_future(self._run_checks(proposal, revision))
        self._checking.add(task)
        task.add_done_callback(self._checking.discard)
        try:
            return await task
        finally:
            task.cancel()

    async def _run_checks(self, proposal: int, revision: int) -> str:
        parts = self._parts
        row = await parts.store.query(lambda view: view.proposals.revision(proposal, revision))
        if row is None or row.state != "verifying":
            return "done before"
        files = await parts.store.query(lambda view: bundles.load(view, Digest(row.digest)))
        bundle = bundles.of(files)
        policy = parts.standing.rules
        spec = bundle.spec
        async with self._turn, published_for(parts, spec.toolset, spec.name) as published:
            folder = self._folder(row)
            try:
                await asyncio.to_thread(unpack, shown(files), folder)
                verified = await verify_bundle(
                    bundle,
                    folder=folder,
                    pool=parts.pool,
                    tools=parts.toolchain,
                    tier=parts.tier.tier,
                    policy_limits=policy_limits(policy),
                    asked=await self._asked(proposal, policy, bundle),
                    published=published,
                    cached=self._cached,
                    store=self._keeper(row),
                )
            finally:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return ",".join(f"{found.check}:{found.status}" for found in verified.evidence)

    async def _asked(self, proposal: int, policy: Policy, bundle: Bundle) -> Asked:
        """Put together what the policy asks, and what reviewers of this proposal do."""
        parts = self._parts
        found = await asyncio.to_thread(asked.asked_of, parts.paths, policy, bundle, parts.clock())
        cases = await parts.store.query(lambda view: view.kept_cases.asked(proposal))
        return replace(found, kept=cases)

    def _folder(self, row: RevisionRow) -> Path:
        images, name = self._parts.paths.images, f"verify-{row.proposal}-{row.number}"
        for left in images.glob(f"{name}.*"):  # by a crash
            shutil.rmtree(left, ignore_errors=True)
        # a name of its own each time: a sandbox that is kept warm still has the old folder mounted
        return images / f"{name}.{uuid7()}"

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
