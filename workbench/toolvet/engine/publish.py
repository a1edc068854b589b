"""Publish: an approved manifest becomes a release, and the channel points to it."""

from collections.abc import Sequence
from dataclasses import replace

from toolvet.config import stamp
from toolvet.engine import after, attend, counting, stored, waivers
from toolvet.engine.blocking import blocking
from toolvet.engine.services import Services
from toolvet.storage import Unit
from toolvet.storage.rows import ChannelRow, ProposalRow, ReleaseRow
from toolvet_reviews import moves, rubric
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.policy import CountedVote, Tally, tally
from toolvet_reviews.values import Digest
from toolvet_reviews.waivers import until

OTHER_BASE = "the published release changed since this was verified"


def try_publish(services: Services, unit: Unit, row: ProposalRow) -> tuple[str, ...]:
    """Publish a proposal when nothing stands in its way any more, in the caller's transaction.

    Whatever may have been the last obstacle calls this: a vote, an objection that was lifted, a thread
    that was resolved.

    Returns:
        What it still waits for, one line each; empty when it was published.

    Raises:
        PolicyError: No policy is in force.
    """
    if row.state != "reviewing" or row.release_digest is None:
        return (f"P-{row.number} is {row.state}",)
    release = Digest(row.release_digest)
    votes = counting.counted_votes(services, unit, row, release)
    result = tally(services.standing.rules, moves.kind_of(stored.facts(row)), votes, release)
    waits = (*_missing(result), *obstacles(services, unit, row, votes))
    if waits:
        return waits
    publish(services, unit, row, result)
    return ()


def obstacles(
    services: Services, unit: Unit, row: ProposalRow, votes: Sequence[CountedVote]
) -> tuple[str, ...]:
    """Name what keeps an approved proposal from being published now."""
    against = counting.objecting(services, unit, row)
    open_threads = blocking(unit, row)
    waits = [f"an objection of {stored.name_of(unit, one.person)} stands" for one in against]
    if open_threads:
        waits.append(f"blocking threads are open: {', '.join(open_threads)}")
    return tuple(waits) or _outdated(services, unit, row, votes)


def _missing(result: Tally) -> tuple[str, ...]:
    if result.met:
        return ()
    return result.reasons or (f"{result.have} of {result.needed} votes",)


def _outdated(
    services: Services, unit: Unit, row: ProposalRow, votes: Sequence[CountedVote]
) -> tuple[str, ...]:
    """Name what the votes were shown and is so no more: time has passed since they were cast."""
    if attend.base_now(unit, row) != row.base_release:
        return (OTHER_BASE,)
    revision = unit.proposals.revision(row.number, row.revision)
    waived = waivers.leaned_on(unit, revision.dossier if revision else None)
    lapsed = _lapsed(services, unit, row, waived, [vote.voter for vote in votes])
    lines = rubric.conclude(
        services.standing.rules,
        moves.kind_of(stored.facts(row)),
        [found for found, _ in stored.load_evidence(unit, row.number, row.revision)],
        waived=frozenset(waived),
    )
    return (*lapsed, *rubric.blocks(lines))


def _lapsed(
    services: Services,
    unit: Unit,
    row: ProposalRow,
    waived: Sequence[str],
    voters: Sequence[str],
) -> list[str]:
    if not waived:
        return []
    people, now = services.standing.rules.waiver_people, stamp(services.clock())
    given = waivers.counting(services.standing.ledger, unit, row, row.release_digest or "")
    return [
        f"no waiver of the finding {one} stands any more"
        for one in waived
        if until(given, one, (), 1) <= now or until(given, one, voters, people) <= now
    ]


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
    after.happened(unit, row.number, "published", services.service_id)


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
