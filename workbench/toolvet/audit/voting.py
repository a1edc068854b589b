"""Proposals, the machine's verdicts and people's votes, as the log says. Pure; no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from toolvet.audit.acts import VoidError
from toolvet.audit.entries import Entry
from toolvet.audit.objecting import Objections, holding
from toolvet_reviews.events import Verb
from toolvet_reviews.policy import CountedVote, Policy, Tally, tally
from toolvet_reviews.principals import Principal
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import EFFECT_KINDS, Channel, Digest, EffectKind, Tier


@dataclass(frozen=True)
class Verification:
    """The machine's last verdict on one revision."""

    entry: int
    passed: bool
    release: Digest | None
    """Also of one that failed, as far as it could be derived: what waivers are about."""
    dossier: object
    kind: EffectKind
    waived: tuple[str, ...] = ()
    """Fingerprints of the findings that people overruled: the verdict leans on that."""

    @classmethod
    def of(cls, entry: Entry) -> "Verification":
        """Read the verdict of an entry.

        Raises:
            VoidError: It does not say which effect kind it saw.
        """
        passed = entry.outcome == "ok" and entry.facts.get("verdict") == "passed"
        # of a revision whose release is not known the entry names the revision itself
        is_known = passed or entry.digest != entry.facts.get("revision_digest")
        return cls(
            entry=entry.index,
            passed=passed,
            release=entry.digest if is_known else None,
            dossier=entry.facts.get("dossier"),
            kind=_kind(entry),
            waived=waived_in(entry),
        )


@dataclass
class Proposal:
    """Where a proposal stands."""

    authors: set[str]
    sponsor: str | None
    revision: int
    state: Literal["verifying", "reviewing", "changes_wanted", "closed", "published"] = "verifying"
    verified: Verification | None = None
    """Of the newest revision."""


@dataclass(frozen=True)
class Vote:
    """A vote that counts, unless what it is about changed since."""

    entry: int
    proposal: str
    revision: int
    release: Digest
    voter: str
    as_sponsor: bool
    envelope: Digest
    key: Digest | None
    policy: Digest
    base: Digest | None
    channel: Channel | None
    tier: Tier | None
    time: str
    verdict: Literal["approve"] = "approve"


@dataclass
class Voting:
    """Proposals and votes. Signatures are checked before anything arrives here."""

    proposals: dict[str, Proposal] = field(default_factory=dict[str, Proposal])
    objections: Objections = field(default_factory=Objections)
    _votes: dict[Digest, list[Vote]] = field(default_factory=dict[Digest, list[Vote]])

    def votes(self, release: Digest) -> tuple[Vote, ...]:
        """Return every vote on a release digest that held when it was cast."""
        return tuple(self._votes.get(release, ()))

    def all_votes(self) -> tuple[Vote, ...]:
        """Return every vote that held when it was cast, in order."""
        votes = (vote for cast_votes in self._votes.values() for vote in cast_votes)
        return tuple(sorted(votes, key=lambda vote: vote.entry))

    def submit(self, entry: Entry) -> None:
        """Open a proposal."""
        name = proposal_name(entry)
        if name in self.proposals:
            raise VoidError("proposal.exists", f"{name} was submitted before")
        self.proposals[name] = Proposal({entry.actor}, entry.on_behalf_of, _revision(entry))

    def revise(self, entry: Entry) -> None:
        """Put a newer revision in place of the one before."""
        proposal = self.of(entry)
        proposal.authors.add(entry.actor)
        proposal.revision = _revision(entry)
        proposal.state, proposal.verified = "verifying", None

    def verify(self, entry: Entry) -> None:
        """Record the machine's verdict on a revision; an older revision's does not matter."""
        proposal = self.of(entry)
        if proposal.state in ("closed", "published") or _revision(entry) != proposal.revision:
            return
        proposal.verified = Verification.of(entry)
        proposal.state = "reviewing" if proposal.verified.passed else "changes_wanted"

    def close(self, entry: Entry) -> None:
        """Withdraw or reject a proposal, or give it back to its author."""
        proposal = self.of(entry)
        if proposal.state != "published":
            is_open = entry.verb is Verb.PROPOSAL_REQUEST_CHANGES
            proposal.state = "changes_wanted" if is_open else "closed"
            if is_open:
                self.objections.take(proposal_name(entry), entry)

    def lift(self, entry: Entry, principals: Mapping[str, Principal]) -> None:
        """End a person's objection; what nobody objects to any more is up for review again.

        Raises:
            VoidError: They had not objected.
        """
        name, proposal = proposal_name(entry), self.of(entry)
        if entry.actor not in self.objections.of(name):
            raise VoidError("objection.none", "there is no objection of theirs to lift")
        self.objections.take(name, entry)
        if self._is_passed_again(name, proposal, principals):
            proposal.state = "reviewing"

    def _is_passed_again(
        self, name: str, proposal: Proposal, principals: Mapping[str, Principal]
    ) -> bool:
        """Tell whether the machine let the newest revision pass, and no person sends it back."""
        passed = proposal.verified is not None and proposal.verified.passed
        left = holding(self.objections.of(name), principals)
        is_wanted = any(one.revision == proposal.revision for one in left)
        return proposal.state == "changes_wanted" and passed and not is_wanted

    def vote(self, entry: Entry, said: Statement, key: Digest | None) -> None:
        """Record a vote whose signature holds.

        Raises:
            VoidError: It is not about what is under review, or not the voter's to cast.
        """
        name = proposal_name(entry)
        proposal = self.of(entry)
        seen = proposal.verified
        if proposal.state != "reviewing" or seen is None or seen.release != entry.digest:
            raise VoidError("vote.stale", "the vote is not about what is under review")
        if said.proposal != name or said.verdict != "approve":
            raise VoidError("vote.other_words", "the statement is not an approval of this proposal")
        if _revision(entry) != proposal.revision or said.dossier != seen.dossier:
            raise VoidError("vote.other_dossier", "the voter was shown another dossier")
        if said.tier != entry.tier:
            raise VoidError("vote.other_tier", "the voter was shown another tier")
        if entry.actor in proposal.authors:
            raise VoidError("vote.own_work", "authors never vote on their own work")
        as_sponsor = entry.actor == proposal.sponsor
        if entry.facts.get("as_sponsor") is not as_sponsor or entry.digest is None:
            raise VoidError("vote.sponsor", "the entry hides that the voter is the sponsor")
        vote = Vote(
            entry=entry.index,
            proposal=name,
            revision=proposal.revision,
            release=entry.digest,
            voter=entry.actor,
            as_sponsor=as_sponsor,
            envelope=cast("Digest", entry.act),
            key=key,
            policy=said.policy,
            base=said.base,
            channel=said.channel,
            tier=said.tier,
            time=entry.time,
        )
        self._votes.setdefault(vote.release, []).append(vote)
        self.objections.take(name, entry)  # who approves objects no more

    def kind_under_review(self, proposal: str) -> EffectKind | None:
        """Return the effect kind that the machine saw; None when it saw none."""
        found = self.proposals.get(proposal)
        return found.verified.kind if found and found.verified else None

    def tally(
        self,
        release: Digest,
        policy: Policy,
        policy_digest: Digest,
        principals: Mapping[str, Principal],
    ) -> Tally | None:
        """Count the votes on a release digest as a publication now would count them.

        Returns:
            None when the release is not up for review.
        """
        for name, proposal in self.proposals.items():
            seen = proposal.verified
            if proposal.state == "reviewing" and seen is not None and seen.release == release:
                said = [vote for vote in self.votes(release) if vote.proposal == name]
                votes = [vote for vote in said if vote.policy == policy_digest]
                return tally(policy, seen.kind, counted(votes, proposal, principals), release)
        return None

    def of(self, entry: Entry) -> Proposal:
        """Return the proposal an entry is about."""
        found = self.proposals.get(proposal_name(entry))
        if found is None:
            raise VoidError("proposal.unknown", f"{proposal_name(entry)} was never submitted")
        return found


def counted(
    votes: Sequence[Vote], proposal: Proposal, principals: Mapping[str, Principal]
) -> list[CountedVote]:
    """Count each active person once, with the roles held now."""
    by_voter = {vote.voter: vote for vote in votes}
    return [
        CountedVote(
            voter=vote.voter,
            roles=principals[vote.voter].roles,
            is_sponsor=vote.voter == proposal.sponsor,
            is_author=vote.voter in proposal.authors,
            verdict=vote.verdict,
            release_digest=vote.release,
        )
        for vote in by_voter.values()
        if vote.voter in principals and principals[vote.voter].active
    ]


def proposal_name(entry: Entry) -> str:
    """Return the proposal an entry names, `P-<n>`."""
    return str(entry.facts.get("proposal") or entry.target_id)


def waived_in(entry: Entry) -> tuple[str, ...]:
    """Read which findings a verdict says that people overruled."""
    said = entry.facts.get("waived")
    return tuple(said) if isinstance(said, list) else ()


def _revision(entry: Entry) -> int:
    revision = entry.facts.get("revision")
    if type(revision) is not int or revision < 1:
        raise VoidError("revision.unknown", "the entry does not say which revision")
    return revision


def _kind(entry: Entry) -> EffectKind:
    kind = entry.facts.get("kind")
    if kind not in EFFECT_KINDS:
        raise VoidError("revision.kind", "the entry does not say which effect kind")
    return kind
