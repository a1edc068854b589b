"""What was published and what each channel points to, as the log says. Pure; no I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast, get_args

from toolvet.audit.acts import VoidError
from toolvet.audit.entries import Entry
from toolvet.audit.objecting import holding
from toolvet.audit.voting import Proposal, Vote, Voting, counted, proposal_name
from toolvet_reviews.policy import Policy, Tally, tally
from toolvet_reviews.principals import Principal
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import TIERS, Channel, Digest, EffectKind

Name = tuple[str, str]
"""Toolset and name of a tool."""

NameOf = Callable[[Digest], Name | None]
"""Reads a tool's name out of a release manifest; None when the manifest cannot be read."""

_CHANNELS = frozenset(get_args(Channel))


@dataclass(frozen=True)
class Release:
    """An approved manifest."""

    digest: Digest
    proposal: str
    version: int
    kind: EffectKind
    policy: Digest
    entry: int
    waived: tuple[str, ...] = ()
    """Fingerprints of findings that people overruled: it is served while that stands."""
    waiver_people: int = 1
    """How many people a waiver needed when it was published."""


@dataclass(frozen=True)
class Pointer:
    """What a channel points to."""

    release: Digest
    version: int
    entry: int


@dataclass(frozen=True)
class _Turn:
    """One change of a channel."""

    entry: int
    channel: Channel
    release: Digest | None
    """Where it points to; None when it was stopped."""
    version: int = 0
    previous: Digest | None = None
    is_publish: bool = False
    stopped: Digest | None = None
    """What it pointed to, when it was stopped."""
    name: Name | None = None
    """Of the tool, where the entry says it."""


@dataclass(frozen=True)
class Served:
    """Channels by tool, and what is wrong with them."""

    pointers: Mapping[tuple[str, str, Channel], Pointer]
    all_pointers: Mapping[tuple[str, str, Channel], Pointer]
    """With those that point to a stopped release, which is not served."""
    problems: Sequence[tuple[int, str, str]]
    """Index of an entry that does not count after all, reason, message."""


@dataclass
class Releases:
    """Releases and channels. Signatures are checked before anything arrives here."""

    voting: Voting
    releases: dict[Digest, Release] = field(default_factory=dict[Digest, Release])
    stopped: set[Digest] = field(default_factory=set[Digest])
    _turns: list[_Turn] = field(default_factory=list[_Turn])

    def publish(self, entry: Entry, policy: Policy, principals: Mapping[str, Principal]) -> None:
        """Make a release and point its channel to it.

        Args:
            entry: Of the service.
            policy: In force, and named by the entry.
            principals: Everybody, as they are at this moment.

        Raises:
            VoidError: The votes do not satisfy the policy, or are about something else.
        """
        name = proposal_name(entry)
        proposal = self.voting.of(entry)
        seen = proposal.verified
        release, version = entry.digest, entry.facts.get("version")
        if proposal.state != "reviewing" or seen is None or release is None:
            raise VoidError("release.not_reviewed", f"{name} is not up for review")
        if seen.release != release or entry.facts.get("kind") != seen.kind:
            raise VoidError("release.not_verified", "verification gave another release")
        if release in self.releases:
            raise VoidError("release.twice", "the release was published before")
        if type(version) is not int or version < 1:
            raise VoidError("release.version", "a release needs a version")
        result = self._tally(entry, policy, proposal, seen.kind, principals)
        if not result.met:
            reasons = "; ".join(result.reasons) or f"{result.have} of {result.needed} votes"
            raise VoidError("release.votes", f"the policy is not met: {reasons}")
        against = holding(self.voting.objections.of(name), principals)
        if against:
            people = ", ".join(one.person for one in against)
            raise VoidError("release.objection", f"an objection stands: {people}")
        self.releases[release] = Release(
            digest=release,
            proposal=name,
            version=version,
            kind=seen.kind,
            policy=cast("Digest", entry.policy),
            entry=entry.index,
            waived=seen.waived,
            waiver_people=policy.waiver_people,
        )
        proposal.state = "published"
        self._turn(entry, release, version, is_publish=True)

    def move(self, entry: Entry, said: Statement) -> None:
        """Point a channel to a release of before; its signature holds.

        Raises:
            VoidError: It was never published, is stopped, or the statement says other.
        """
        release = self.releases.get(entry.digest) if entry.digest else None
        if release is None:
            raise VoidError("channel.unknown_release", "what it points to was never published")
        if release.digest in self.stopped:
            raise VoidError("channel.stopped_release", "what it points to was stopped")
        if entry.facts.get("version", release.version) != release.version:
            raise VoidError("channel.version", "the release has another version")
        if said.channel != _channel(entry) or said.base != entry.facts.get("previous"):
            raise VoidError("channel.other_words", "the statement names another channel or base")
        self._turn(entry, release.digest, release.version)

    def stop_channel(self, entry: Entry) -> None:
        """Let a channel point to nothing."""
        parts = entry.target_id.split("/") if entry.target_kind == "tool" else []
        name = (parts[0], parts[1]) if len(parts) == 2 else None
        if name is None and entry.digest not in self.releases:
            raise VoidError("channel.unknown_release", "what it pointed to was never published")
        turn = _Turn(entry.index, _channel(entry), None, stopped=entry.digest, name=name)
        self._turns.append(turn)

    def stop_release(self, entry: Entry) -> None:
        """Never serve a release again."""
        if entry.digest is None or entry.digest not in self.releases:
            raise VoidError("release.unknown", "what was stopped was never published")
        self.stopped.add(entry.digest)

    def serving(self, name_of: NameOf) -> Served:
        """Follow every channel to where it points now.

        Args:
            name_of: Reads a tool's name out of a release manifest. A release whose manifest
                cannot be read keeps the name of the one it followed; without one it stands under
                its digest with an empty toolset: it hides nothing, and is no tool's.
        """
        names = _names(self._turns, name_of)
        pointers: dict[tuple[str, str, Channel], Pointer | None] = {}
        versions: set[tuple[str, str, int]] = set()
        problems: list[tuple[int, str, str]] = []
        for turn in self._turns:
            name = turn.name or names[cast("Digest", turn.release or turn.stopped)]
            at = (*name, turn.channel)
            before = pointers.get(at)
            follows = before.release if before else None
            if turn.release is None:
                pointers[at] = None
            elif turn.previous != follows:
                problems.append((turn.entry, "channel.other_base", f"it does not follow {follows}"))
            elif turn.is_publish and (*name, turn.version) in versions:
                problems.append((turn.entry, "release.version", f"{name[1]} has it already"))
            else:
                pointers[at] = Pointer(turn.release, turn.version, turn.entry)
                versions.add((*name, turn.version))
        known = {at: pointer for at, pointer in pointers.items() if pointer is not None}
        shown = {at: one for at, one in known.items() if one.release not in self.stopped}
        return Served(shown, known, problems)

    def _tally(
        self,
        entry: Entry,
        policy: Policy,
        proposal: Proposal,
        kind: EffectKind,
        principals: Mapping[str, Principal],
    ) -> Tally:
        release = cast("Digest", entry.digest)
        votes = [vote for vote in self.voting.votes(release) if _is_about(vote, entry)]
        return tally(policy, kind, counted(votes, proposal, principals), release)

    def _turn(
        self, entry: Entry, release: Digest, version: int, *, is_publish: bool = False
    ) -> None:
        previous = entry.facts.get("previous")
        self._turns.append(
            _Turn(
                entry=entry.index,
                channel=_channel(entry),
                release=release,
                version=version,
                previous=cast("Digest", previous) if previous else None,
                is_publish=is_publish,
            )
        )


def _is_about(vote: Vote, entry: Entry) -> bool:
    """Tell whether a vote approved this publication: same policy, base, channel, no lower tier."""
    return (
        vote.envelope in entry.evidence
        and vote.proposal == proposal_name(entry)
        and vote.policy == entry.policy
        and vote.base == entry.facts.get("previous")
        and vote.channel == _channel(entry)
        and TIERS.index(entry.tier or "none") >= TIERS.index(vote.tier or "none")
    )


def _names(turns: Sequence[_Turn], name_of: NameOf) -> dict[Digest, Name]:
    """Name every release; one that cannot be read is named by those it follows or that follow it."""
    names: dict[Digest, Name] = {}
    for turn in reversed(turns):
        for subject, heir in ((turn.release or turn.stopped, None), (turn.previous, turn.release)):
            if subject is None or subject in names:
                continue
            found = name_of(subject) or (names.get(heir) if heir else None)
            if found is not None:
                names[subject] = found
    for turn in turns:
        subject = turn.release or turn.stopped
        if subject is not None and subject not in names:
            inherited = names.get(turn.previous) if turn.previous else None
            names[subject] = inherited or ("", subject)
    return names


def _channel(entry: Entry) -> Channel:
    channel = entry.facts.get("channel", "stable")
    if channel not in _CHANNELS:
        raise VoidError("channel.unknown", f"no channel {channel!r}")
    return cast("Channel", channel)
