"""What the log says is so: the derivation everyone trusts. Pure; no I/O.

Folds entries in order into principals, keys, grants, policy, votes, releases and channels. Tables
are caches of this. An entry that does not hold is void: it changes nothing and is named in
`problems`. The service keeps one ledger and applies what is appended; `audit verify` makes its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from toolvet.audit import acts
from toolvet.audit.acts import Claim, RootAt, VoidError
from toolvet.audit.bindings import BoundMount, BoundSecret
from toolvet.audit.deeds import DEEDS, Documents, Given, State, Token
from toolvet.audit.entries import Entry
from toolvet.audit.objecting import Objection
from toolvet.audit.releases import NameOf, Pointer, Release
from toolvet.audit.roster import Key
from toolvet.audit.voting import Vote
from toolvet.audit.waiving import Waiver
from toolvet.errors import LogError
from toolvet_reviews import digests
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.events import ACTS, Verb
from toolvet_reviews.policy import Policy, Tally
from toolvet_reviews.principals import Grant, Principal
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import Channel, Digest, Tier

BOOTSTRAP_VERBS = frozenset(
    {
        Verb.LOG_CREATE,
        Verb.PRINCIPAL_ADD,
        Verb.GRANT_ADD,
        Verb.POLICY_APPLY,
        Verb.TIER_CONSENT,
        Verb.TOKEN_ISSUE,
        Verb.KEY_PIN,
    }
)
"""What needs no signature until the first key is pinned: there is nobody yet who could sign."""

SERVICE_VERBS = frozenset({Verb.LOG_CREATE, Verb.REVISION_VERIFY, Verb.RELEASE_PUBLISH})
"""What only the service itself says."""


@dataclass(frozen=True)
class Problem:
    """An entry that does not count, and why."""

    code: str
    index: int
    message: str


class Ledger:
    """The state that the entries applied so far amount to.

    Args:
        root_at: Tells the log's root at an earlier size, to hold against the checkpoint that an
            act names; None, or answering None, leaves that unchecked.
    """

    def __init__(self, *, root_at: RootAt | None = None) -> None:
        self.size = 0
        self.problems: list[Problem] = []
        self._root_at = root_at
        self._state = State()
        self._nonces: set[str] = set()
        self._last_time = ""

    @property
    def service_id(self) -> str | None:
        """Id of the service; None before its first entry."""
        return self._state.service_id

    @property
    def pinned_key(self) -> Digest | None:
        """Fingerprint of the first person's key; None while nothing can be signed."""
        return self._state.pinned_key

    @property
    def policy_digest(self) -> Digest | None:
        """Digest of the policy in force."""
        return self._state.policy_digest

    @property
    def policy_text(self) -> str | None:
        """Text of the policy in force; None when it was erased: then nothing is published."""
        return self._state.policy_text

    @property
    def policy(self) -> Policy | None:
        """The policy in force; None when its text was erased: then nothing is published."""
        return self._state.policy

    @property
    def consents(self) -> Mapping[Tier, int]:
        """Tiers consented to, with the entry that did."""
        return self._state.consents

    @property
    def waivers(self) -> Mapping[Digest, list[Waiver]]:
        """Waivers given, by release digest; expiry is for whoever leans on one."""
        return self._state.waivers.given

    def lapses(self, release: Digest) -> str | None:
        """Tell when a published release has no longer the waivers it leans on.

        Returns:
            None when it leans on none; an empty text when they never stood.
        """
        found = self.releases.get(release)
        if found is None:
            return None
        return self._state.waivers.lapses(found, self.votes(release))

    def overruled(self, proposal: str) -> tuple[str, ...]:
        """Name the findings that people overruled and the newest verdict leans on."""
        found = self._state.voting.proposals.get(proposal)
        return found.verified.waived if found and found.verified else ()

    @property
    def tokens(self) -> Mapping[str, Token]:
        """Bearer tokens that were issued and not revoked, by id."""
        return self._state.tokens

    @property
    def secrets(self) -> Mapping[str, BoundSecret]:
        """Secrets in force, by name: where each may go, and what its value was committed to."""
        return self._state.bindings.secrets

    @property
    def mounts(self) -> Mapping[str, BoundMount]:
        """Folders in force, by the name that tools give them."""
        return self._state.bindings.mounts

    @property
    def principals(self) -> Mapping[str, Principal]:
        """Everybody ever added, by id."""
        return self._state.roster.principals

    @property
    def keys(self) -> Mapping[Digest, Key]:
        """Every key ever enrolled, by fingerprint."""
        return self._state.roster.keys

    @property
    def releases(self) -> Mapping[Digest, Release]:
        """Every release ever published, by digest."""
        return self._state.published.releases

    @property
    def stopped(self) -> frozenset[Digest]:
        """Releases that are never served again."""
        return frozenset(self._state.published.stopped)

    def active_keys(self) -> Mapping[Digest, bytes]:
        """Return fingerprint and raw public key of every key that may sign now."""
        return self._state.roster.active_keys()

    def key_owner(self, fingerprint: Digest) -> str | None:
        """Return the id of the principal a key was enrolled for."""
        key = self._state.roster.keys.get(fingerprint)
        return key.principal if key else None

    def grants(self) -> tuple[Grant, ...]:
        """Return the grants in force; expiry is for the permission function."""
        return tuple(self._state.roster.grants.values())

    def votes(self, release: Digest) -> tuple[Vote, ...]:
        """Return every vote on a release digest that held when it was cast."""
        return self._state.voting.votes(release)

    def all_votes(self) -> tuple[Vote, ...]:
        """Return every vote that held when it was cast, in order."""
        return self._state.voting.all_votes()

    def objections(self, proposal: str) -> dict[str, Objection]:
        """Copy what people said against a proposal and did not lift, by principal id.

        Those who may not decide any more are among them; see `objecting.holding`.
        """
        return self._state.voting.objections.of(proposal)

    def tally(self, release: Digest) -> Tally | None:
        """Count the votes on a release as a publication now would count them.

        Returns:
            None when it is not up for review, or no policy is in force.
        """
        policy, digest = self._state.policy, self.policy_digest
        if policy is None or digest is None:
            return None
        return self._state.voting.tally(release, policy, digest, self.principals)

    def serving(self, name_of: NameOf) -> Mapping[tuple[str, str, Channel], Pointer]:
        """Follow every channel to the release it points to now, stopped ones left out.

        Args:
            name_of: Reads toolset and name out of a release manifest, or answers None when the
                manifest cannot be read: then the name is taken from the chain of releases.

        Returns:
            By toolset, name and channel.
        """
        return self._state.published.serving(name_of).pointers

    def pointers(self, name_of: NameOf) -> Mapping[tuple[str, str, Channel], Pointer]:
        """Follow every channel as `serving` does, but keep those that point to a stopped release."""
        return self._state.published.serving(name_of).all_pointers

    def channel_problems(self, name_of: NameOf) -> list[Problem]:
        """Name publications and moves that do not follow what their channel pointed to."""
        return [
            Problem(code, index, message)
            for index, code, message in self._state.published.serving(name_of).problems
        ]

    def apply(self, entry: Entry, *, act: bytes | None, documents: Documents) -> None:
        """Take the next entry into account.

        Args:
            entry: The one at index `size`.
            act: The envelope it names, or None.
            documents: Its payloads; None for an erased one. May be left out for entries that
                nothing is decided by.

        Raises:
            LogError: It is not the next entry.
        """
        if entry.index != self.size:
            raise LogError(f"expected entry {self.size}, got {entry.index}")
        self.size += 1
        if entry.time < self._last_time:
            self._void(entry, VoidError("log.time", "the entry is older than the one before it"))
        self._last_time = max(entry.time, self._last_time)
        handler = DEEDS.get(entry.verb)
        if handler is None or (entry.outcome != "ok" and entry.verb is not Verb.REVISION_VERIFY):
            return
        try:
            said, key = self._authorise(entry, act, documents)
            handler(self._state, entry, Given(documents, said, key))
        except VoidError as exc:
            self._void(entry, exc)

    def pass_over(self, size: int, time: str) -> None:
        """Count entries that nothing is decided by without reading them.

        Only for whoever wrote them: an auditor applies every entry.

        Args:
            size: Size of the log with them.
            time: Of the last of them, or of the entry that follows.
        """
        if size > self.size:
            self.size = size
            self._last_time = max(time, self._last_time)

    def skip(self, message: str) -> None:
        """Count an entry that cannot even be read; it changes nothing."""
        self.problems.append(Problem("entry.malformed", self.size, message))
        self.size += 1

    def examine(self, claim: Claim, act: bytes | None) -> Statement:
        """Check an act before its entry is written; changes nothing.

        Args:
            claim: The draft of the entry.
            act: The envelope.

        Raises:
            VoidError: The entry would be void; `reason` says why.
        """
        statement, _ = self._check_act(claim, act)
        if statement.nonce in self._nonces:
            raise VoidError("act.nonce_seen", "the act was handed in before")
        return statement

    def _authorise(
        self, entry: Entry, act: bytes | None, documents: Documents
    ) -> tuple[Statement | None, Digest | None]:
        if entry.auth == "bootstrap":
            if self.pinned_key is not None or entry.verb not in BOOTSTRAP_VERBS:
                raise VoidError("bootstrap.closed", f"{entry.verb} needs a signature by now")
            return None, None
        if entry.verb in SERVICE_VERBS:
            is_service = entry.actor == self.service_id or entry.verb is Verb.LOG_CREATE
            if not is_service or entry.actor_kind != "service" or entry.auth != "service":
                raise VoidError("entry.not_service", f"only the service does {entry.verb}")
        if entry.verb is Verb.KEY_PIN:
            raise VoidError("bootstrap.closed", "only bootstrapping pins a key")
        if entry.verb not in ACTS:
            return None, None
        said, key = self._check_act(entry, act)
        if said.nonce in self._nonces:
            raise VoidError("act.nonce_seen", "the act was handed in before")
        self._nonces.add(said.nonce)
        _check_note(said, documents)
        return said, key

    def _check_act(self, claim: Claim, act: bytes | None) -> tuple[Statement, Digest]:
        statement, key = acts.read(claim, act, self.active_keys())
        owner = self.principals.get(self.key_owner(key) or "")
        acts.check_person(claim, statement, owner)
        acts.check_words(claim, statement, self.service_id, self.policy_digest)
        acts.check_checkpoint(statement, self.size, self._root_at)
        return statement, key

    def _void(self, entry: Entry, error: VoidError) -> None:
        self.problems.append(Problem(error.reason, entry.index, str(error)))


def _check_note(said: Statement, documents: Documents) -> None:
    """Check that the words kept beside the log are those the person committed to."""
    for value in documents.values():
        if not isinstance(value, dict) or value.keys() != {"salt", "text"}:
            continue
        salt, text = value["salt"], value["text"]
        try:
            commitment = digests.commit(bytes.fromhex(str(salt)), str(text).encode())
        except (ValueError, ReviewError):
            commitment = None
        if commitment != said.note:
            raise VoidError("act.other_note", "the note is not the one that was signed")
