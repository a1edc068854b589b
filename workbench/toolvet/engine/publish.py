"""Publish: an approved manifest becomes a release, and the channel points to it."""

from dataclasses import replace

from toolvet.config import stamp
from toolvet.engine import stored
from toolvet.engine.services import Services
from toolvet.storage import Unit
from toolvet.storage.rows import ChannelRow, ProposalRow, ReleaseRow
from toolvet_reviews import moves
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.policy import Tally
from toolvet_reviews.values import Digest


def publish(services: Services, unit: Unit, row: ProposalRow, result: Tally) -> None:
    """Make the next version, in the transaction of the vote that completed it.

    Every session sees it at its next list or call. What was served before stays served until then,
    and stays as a release that can be rolled back to.
    """
    release = Digest(row.release_digest or "")
    state = moves.apply(stored.facts(row), "publish", moves.SERVICE, tally=result)
    moment = stamp(services.clock())
    versions = unit.releases.versions(row.toolset, row.tool)
    version = versions[-1].version + 1 if versions else 1
    before = unit.releases.channel(row.toolset, row.tool, "stable")
    unit.releases.add(
        ReleaseRow(
            digest=release,
            workspace=row.workspace,
            toolset=row.toolset,
            name=row.tool,
            version=version,
            revision_digest=row.revision_digest,
            proposal=row.number,
            published_at=moment,
            stopped=False,
        )
    )
    index = unit.append(_entry(services, unit, row, version, before))
    unit.releases.set_channel(
        ChannelRow(row.workspace, row.toolset, row.tool, "stable", release, version, index)
    )
    unit.proposals.save(replace(row, state=state, updated_at=moment))


def _entry(
    services: Services, unit: Unit, row: ProposalRow, version: int, before: ChannelRow | None
) -> EntryDraft:
    release = Digest(row.release_digest or "")
    votes = [vote for vote in unit.proposals.votes(release) if vote.proposal == row.number]
    return EntryDraft(
        verb=Verb.RELEASE_PUBLISH,
        actor=services.service_id,
        actor_kind="service",
        auth="service",
        seat="service",
        on_behalf_of=row.author,
        target_kind="proposal",
        target_id=f"P-{row.number}",
        digest=release,
        policy=services.standing.policy,
        evidence=tuple(Digest(vote.envelope) for vote in votes if not vote.revoked),
        tier=services.tier.tier,
        facts={
            "proposal": f"P-{row.number}",
            "version": version,
            "channel": "stable",
            "previous": before.release_digest if before else None,
            "kind": row.kind,
        },
    )
