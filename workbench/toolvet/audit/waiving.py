"""Waivers as the log says: who overruled which finding of which release, until when. Pure; no I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from toolvet.audit.acts import VoidError
from toolvet.audit.entries import Entry
from toolvet.audit.releases import Release
from toolvet.audit.voting import Proposal, Verification, Vote, Voting, proposal_name, waived_in
from toolvet_reviews import waivers
from toolvet_reviews.policy import Policy
from toolvet_reviews.principals import Principal
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import Digest
from toolvet_reviews.waivers import Work

Principals = Mapping[str, Principal]


@dataclass(frozen=True)
class Waiver:
    """A person's word that a finding does not block a release."""

    release: Digest
    fingerprint: str
    rule: str
    """Of the finding, as the person was shown it."""
    voter: str
    signed: str
    expires: str
    envelope: Digest | None
    entry: int
    proposal: str


@dataclass
class Waivers:
    """Every waiver whose signature holds, by release digest."""

    voting: Voting
    given: dict[Digest, list[Waiver]] = field(default_factory=dict[Digest, list[Waiver]])

    def add(self, entry: Entry, said: Statement, policy: Policy | None) -> None:
        """Take in a waiver.

        Raises:
            VoidError: It is not about what was verified, or not this person's to give.
        """
        waiver = _read(entry, said)
        proposal = self.voting.of(entry)
        seen = _seen(proposal, waiver)
        if said.proposal != waiver.proposal or said.dossier != seen.dossier:
            raise VoidError("waiver.other_words", "the person was shown another dossier")
        if policy is None:
            raise VoidError("waiver.policy", "no policy says who may waive what")
        why = waivers.refusal(
            policy,
            work_of(proposal, seen),
            waiver.voter,
            waiver.rule,
            expires=waiver.expires,
            signed=waiver.signed,
        )
        if why is not None:
            raise VoidError(why.code, str(why))
        self.given.setdefault(waiver.release, []).append(waiver)

    def check_verdict(self, entry: Entry, policy: Policy | None, principals: Principals) -> None:
        """Hold a verdict that leans on waivers against those that stand.

        Raises:
            VoidError: The service says that people overruled what nobody did.
        """
        said = waived_in(entry)
        if not said:
            return
        proposal = self.voting.of(entry)
        seen = Verification.of(entry)
        given = self._counting(seen.release, policy, work_of(proposal, seen), principals)
        if policy is None or not waivers.clear(given, policy, entry.time).issuperset(said):
            raise VoidError("revision.waiver", "the verdict leans on a waiver that does not stand")

    def check_vote(
        self, entry: Entry, said: Statement, policy: Policy | None, principals: Principals
    ) -> None:
        """Hold a vote against the waivers that the release leans on.

        Raises:
            VoidError: The voter did not name them all, or too few people stand behind one.
        """
        proposal = self.voting.of(entry)
        seen = proposal.verified
        if seen is None or set(said.waivers) != set(seen.waived):
            raise VoidError("vote.waiver", "the vote names other waivers than the release leans on")
        given = self._counting(said.subject, policy, work_of(proposal, seen), principals)
        people = policy.waiver_people if policy else 1
        for fingerprint in said.waivers:
            if waivers.until(given, fingerprint, (entry.actor,), people) <= entry.time:
                raise VoidError("vote.waiver", "the vote leans on a waiver that does not stand")

    def lapses(self, release: Release, votes: Iterable[Vote]) -> str | None:
        """Tell when a published release has no longer what it leans on; None when it leans on none."""
        if not release.waived:
            return None
        given = self.given.get(release.digest, [])
        voters = {vote.voter for vote in votes}
        return min(
            waivers.until(given, fingerprint, voters, release.waiver_people)
            for fingerprint in release.waived
        )

    def _counting(
        self, release: Digest | None, policy: Policy | None, work: Work, principals: Principals
    ) -> list[Waiver]:
        if release is None or policy is None:
            return []
        return [
            one
            for one in self.given.get(release, ())
            if waivers.counts(policy, work, principals.get(one.voter))
        ]


def work_of(proposal: Proposal, seen: Verification) -> Work:
    """Say whose work a proposal is."""
    return Work(seen.kind, frozenset(proposal.authors), proposal.sponsor)


def _read(entry: Entry, said: Statement) -> Waiver:
    fingerprint, expires = entry.facts.get("fingerprint"), entry.facts.get("expires")
    rule = said.facts.get("rule")
    if entry.digest is None or said.waivers != (fingerprint,) or not isinstance(rule, str):
        raise VoidError("waiver.other_words", "the statement waives something else")
    if not isinstance(expires, str) or said.facts.get("expires") != expires:
        raise VoidError("waiver.other_words", "the statement names another end")
    return Waiver(
        release=entry.digest,
        fingerprint=cast("str", fingerprint),
        rule=rule,
        voter=entry.actor,
        signed=said.time,
        expires=expires,
        envelope=entry.act,
        entry=entry.index,
        proposal=proposal_name(entry),
    )


def _seen(proposal: Proposal, waiver: Waiver) -> Verification:
    seen = proposal.verified
    if seen is None or seen.release != waiver.release or proposal.state == "closed":
        raise VoidError("waiver.stale", "the waiver is not about what was verified last")
    return seen
