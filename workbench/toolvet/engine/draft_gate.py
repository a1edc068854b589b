"""Whether a revision may be called as a draft: whose it is, and what the checks say so far."""

import asyncio
import contextlib
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from toolvet.checks import Interface, call_limits, interface_of
from toolvet.engine import bundles, environments
from toolvet.engine.images import image_of_revision
from toolvet.engine.reach import Reach
from toolvet.engine.services import Services
from toolvet.engine.verdict import policy_limits
from toolvet.errors import KNOWN, ConflictError, ToolNotFoundError
from toolvet.sandbox import Environment, Image, Limits
from toolvet.storage import View
from toolvet.storage.rows import ProposalRow, RevisionRow
from toolvet_reviews import canonical, drafts
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.digests import is_digest
from toolvet_reviews.findings import evidence_from_json
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest

_LOOK_S = 0.05
"""Evidence is stored as it comes, without a word to anybody."""


class DraftClosedError(ConflictError):
    """The proposal was rejected or withdrawn: nothing of it runs any more."""

    code = "draft.closed"
    hint = "Submit it again, linked to the closed one: `again`."


class DraftStoppedError(ConflictError):
    """A check objects that a draft call needs, or could not tell."""

    code = "draft.stopped"


class DraftNotReadyError(ConflictError):
    """The checks that a draft call needs are not done yet."""

    code = "draft.not_ready"
    hint = "Call again in a moment."


@dataclass(frozen=True)
class Revision:
    """What is called."""

    proposal: int
    number: int
    digest: Digest
    bundle: Bundle
    interface: Interface
    limits: Limits
    """Of one call."""
    environment: Environment | None = None
    """Its packages, from quarantine."""


class Seen(NamedTuple):
    """A revision of the caller's, and how far its checks are."""

    proposal: ProposalRow
    revision: RevisionRow
    gate: drafts.Gate


async def look(services: Services, caller: Caller, revision: str) -> Seen:
    """Find a revision of the caller's by digest.

    Raises:
        ToolNotFoundError: No such revision, or somebody else's.
        DraftClosedError: It was rejected or withdrawn.
    """
    return await services.store.query(partial(_look, caller=caller, revision=revision))


async def ready(services: Services, caller: Caller, revision: str, wait_s: float) -> Revision:
    """Find a revision of the caller's, and wait until the checks it needs are done.

    Raises:
        ToolNotFoundError: No such revision, or somebody else's.
        DraftClosedError: It was rejected or withdrawn.
        DraftStoppedError: A check it needs objects, or could not tell.
        DraftNotReadyError: A check it needs is not done yet.
    """
    ends = time.monotonic() + wait_s
    seen = await look(services, caller, revision)
    async with AsyncExitStack() as warming:
        is_warm = False
        while not seen.gate.is_open:
            _check(services, seen, is_over=time.monotonic() >= ends)
            if not is_warm and not {"intake", "interface"} & {*seen.gate.pending}:
                is_warm = True
                warmer = asyncio.create_task(_warm(services, seen))
                warming.callback(warmer.cancel)
            await asyncio.sleep(_LOOK_S)
            seen = await look(services, caller, revision)
    return await services.store.query(lambda view: load(view, services, *seen[:2]))


def _check(services: Services, seen: Seen, *, is_over: bool) -> None:
    """Say why there is nothing to wait for."""
    if seen.gate.stopped:
        raise DraftStoppedError(
            f"stopped by {', '.join(seen.gate.stopped)}",
            hint=f"`toolvet_status` of P-{seen.proposal.number} says why; revise it.",
        )
    if is_over or services.stopping.is_set():
        waits = ", ".join(seen.gate.pending)
        raise DraftNotReadyError(f"{waits}: not done yet", retry_after_s=1.0)


async def _warm(services: Services, seen: Seen) -> None:
    """Start the sandbox while the scanners work: verification has the tool described there too."""
    with contextlib.suppress(*KNOWN):  # whatever it is, the call itself will say so
        found = await services.store.query(lambda view: load(view, services, *seen[:2]))
        await services.pool.describe(image_of(services, found), found.limits)


def image_of(services: Services, revision: Revision) -> Image:
    """Give the sandbox's image of a revision."""
    reach = Reach(environment=revision.environment)
    return image_of_revision(services, revision.digest, revision.bundle.spec.entry, reach)


def _look(view: View, caller: Caller, revision: str) -> Seen:
    if not is_digest(revision):
        raise _unknown(revision)
    mine = [
        row
        for row in view.proposals.by_revision(caller.id, revision)
        if drafts.may_draft(caller, row.author)
    ]
    if not mine:
        raise _unknown(revision)
    alive = [row for row in mine if not drafts.is_closed(row.state)]
    if not alive:
        raise DraftClosedError(f"P-{mine[-1].number} is {mine[-1].state}")
    row = alive[-1]
    stored = [one for one in view.proposals.revisions(row.number) if one.digest == revision][-1]
    evidence = view.proposals.evidence(row.number, stored.number)
    statuses = {found.check: found.status for found in evidence}
    return Seen(row, stored, drafts.gate(statuses, verifying=stored.state == "verifying"))


def _unknown(revision: str) -> ToolNotFoundError:
    return ToolNotFoundError(
        f"no revision {revision[:80]!r}",
        hint="Name a revision of yours by its digest, as submitting it answered.",
    )


def load(view: View, services: Services, proposal: ProposalRow, revision: RevisionRow) -> Revision:
    """Load what is called.

    Raises:
        DraftStoppedError: Nobody knows how to call it.
    """
    digest = Digest(revision.digest)
    found = {
        one.check: evidence_from_json(canonical.parse(view.blob(one.digest)))
        for one in view.proposals.evidence(proposal.number, revision.number)
        if one.check in ("interface", "environment")
    }
    interface = interface_of(found.get("interface"))
    if interface is None:
        raise DraftStoppedError("the interface is not known")
    bundle = bundles.of(bundles.load(view, digest))
    return Revision(
        proposal=proposal.number,
        number=revision.number,
        digest=digest,
        bundle=bundle,
        interface=interface,
        limits=call_limits(bundle.spec, policy_limits(services.standing.rules)),
        environment=environments.drafted(services, bundle, found.get("environment")),
    )
