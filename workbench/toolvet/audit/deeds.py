"""What each verb changes when its entry counts. Pure; no I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from toolvet.audit.acts import VoidError
from toolvet.audit.bindings import Bindings
from toolvet.audit.entries import Entry
from toolvet.audit.releases import Releases
from toolvet.audit.roster import Roster
from toolvet.audit.voting import Voting
from toolvet.audit.waiving import Waivers
from toolvet_reviews import digests
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.events import Verb
from toolvet_reviews.policy import Policy, parse_policy
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import TIERS, Digest, Json, JsonObject, Tier

Documents = Mapping[str, Json]
"""Payloads of an entry by name; None for one that was erased."""


@dataclass(frozen=True)
class Token:
    """A bearer token that was issued. Its id is the beginning of its hash, so a row proves nothing."""

    principal: str
    expires: str | None = None
    key: str | None = None
    """Fingerprint of the key that opened the session; None for a token that was issued."""


class State:
    """What the entries so far amount to."""

    def __init__(self) -> None:
        self.service_id: str | None = None
        self.pinned_key: Digest | None = None
        """Fingerprint of the first person's key."""
        self.policy: Policy | None = None
        """None when its text was erased: then nothing is published."""
        self.policy_digest: Digest | None = None
        self.policy_text: str | None = None
        self.consents: dict[Tier, int] = {}
        """Tier to the entry that consented to it."""
        self.tokens: dict[str, Token] = {}
        """Bearer tokens that stand, by id."""
        self.roster = Roster()
        self.bindings = Bindings()
        self.voting = Voting()
        self.waivers = Waivers(self.voting)
        self.published = Releases(self.voting)


@dataclass(frozen=True)
class Given:
    """What came with an entry that may be done: payloads, statement and key of an act."""

    documents: Documents
    said: Statement | None
    key: Digest | None

    def statement(self) -> Statement:
        """Return the statement of an act."""
        if self.said is None:
            raise VoidError("act.unsigned", "this needs a signature, always")
        return self.said

    def document(self, entry: Entry, *, needed: bool = True) -> JsonObject | None:
        """Return the document an entry is about, or None when it was erased."""
        if "document" not in self.documents:
            if needed:
                raise VoidError("document.missing", "the entry is about a document it has not")
            return None
        value = self.documents["document"]
        if value is None:
            return None
        if not isinstance(value, dict) or _digest(value) != entry.digest:
            raise VoidError("document.differs", "the document is not the one that was signed")
        return value

    def text(self, name: str) -> str | None:
        """Return a payload that is a text, or None when it was erased."""
        value = self.documents.get(name, False)
        if value is not None and not isinstance(value, str):
            raise VoidError("document.missing", f"the entry has no text {name!r}")
        return value


def _digest(value: JsonObject) -> Digest | None:
    try:
        return digests.of_json(value)
    except ReviewError:
        return None


def _create(state: State, entry: Entry, given: Given) -> None:
    if entry.index != 0:
        raise VoidError("log.created_twice", "a log is created by its first entry")
    state.service_id = str(entry.facts.get("service") or entry.target_id)


def _add_principal(state: State, entry: Entry, given: Given) -> None:
    state.roster.add_principal(entry, given.document(entry))
    issued = entry.facts.get("token")
    if isinstance(issued, str):
        state.tokens[issued] = Token(entry.target_id)


def _revoke_principal(state: State, entry: Entry, given: Given) -> None:
    state.roster.revoke_principal(entry)


def _pin_key(state: State, entry: Entry, given: Given) -> None:
    state.pinned_key = state.roster.add_key(entry, given.document(entry, needed=False))


def _enrol_key(state: State, entry: Entry, given: Given) -> None:
    state.roster.add_key(entry, given.document(entry), signed_by=given.key)


def _revoke_key(state: State, entry: Entry, given: Given) -> None:
    state.roster.revoke_key(entry)


def _add_grant(state: State, entry: Entry, given: Given) -> None:
    state.roster.add_grant(entry, given.document(entry))


def _revoke_grant(state: State, entry: Entry, given: Given) -> None:
    state.roster.revoke_grant(entry)


def _issue_token(state: State, entry: Entry, given: Given) -> None:
    principal = str(entry.facts.get("principal"))
    state.tokens[entry.target_id] = Token(principal, _text(entry.facts.get("expires")))


def _open_session(state: State, entry: Entry, given: Given) -> None:
    opened, key = str(entry.facts.get("token")), _text(entry.facts.get("key"))
    state.tokens[opened] = Token(entry.target_id, _text(entry.facts.get("expires")), key)


def _revoke_token(state: State, entry: Entry, given: Given) -> None:
    state.tokens.pop(entry.target_id, None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _apply_policy(state: State, entry: Entry, given: Given) -> None:
    text = given.text("policy")
    if text is not None and digests.sha256(text.encode()) != entry.digest:
        raise VoidError("policy.differs", "the text is not the one that was signed")
    try:
        state.policy = parse_policy(text) if text is not None else None
    except ReviewError as exc:
        raise VoidError("policy.invalid", str(exc)) from exc
    state.policy_digest, state.policy_text = entry.digest, text


def _consent(state: State, entry: Entry, given: Given) -> None:
    document = given.document(entry)
    tier = entry.facts.get("tier") or entry.tier
    if tier not in TIERS or (document is not None and document.get("tier") != tier):
        raise VoidError("tier.differs", "the document says other than the entry")
    state.consents[tier] = entry.index


def _submit(state: State, entry: Entry, given: Given) -> None:
    state.voting.submit(entry)


def _revise(state: State, entry: Entry, given: Given) -> None:
    state.voting.revise(entry)


def _verify(state: State, entry: Entry, given: Given) -> None:
    state.waivers.check_verdict(entry, state.policy, state.roster.principals)
    state.voting.verify(entry)


def _close(state: State, entry: Entry, given: Given) -> None:
    state.voting.close(entry)


def _lift(state: State, entry: Entry, given: Given) -> None:
    state.voting.lift(entry, state.roster.principals)


def _vote(state: State, entry: Entry, given: Given) -> None:
    said = given.statement()
    _check_rubric(state, said)
    state.waivers.check_vote(entry, said, state.policy, state.roster.principals)
    state.voting.vote(entry, said, given.key)


def _check_rubric(state: State, said: Statement) -> None:
    kind = state.voting.kind_under_review(said.proposal or "")
    if state.policy is None or kind is None:
        return
    for criterion in state.policy.required_rubric[kind]:
        if (said.rubric or {}).get(criterion) != "met":
            raise VoidError("vote.rubric_unmet", f"{criterion} was not shown as met")


def _publish(state: State, entry: Entry, given: Given) -> None:
    if state.policy is None or entry.policy != state.policy_digest:
        raise VoidError("release.policy", "the policy it names is not in force")
    state.published.publish(entry, state.policy, state.roster.principals)


def _move_channel(state: State, entry: Entry, given: Given) -> None:
    state.published.move(entry, given.statement())


def _stop_channel(state: State, entry: Entry, given: Given) -> None:
    state.published.stop_channel(entry)


def _stop_release(state: State, entry: Entry, given: Given) -> None:
    state.published.stop_release(entry)


def _waive(state: State, entry: Entry, given: Given) -> None:
    state.waivers.add(entry, given.statement(), state.policy)


def _set_secret(state: State, entry: Entry, given: Given) -> None:
    state.bindings.set_secret(entry, given.document(entry))


def _rotate_secret(state: State, entry: Entry, given: Given) -> None:
    state.bindings.rotate_secret(entry, given.document(entry))


def _delete_secret(state: State, entry: Entry, given: Given) -> None:
    state.bindings.delete_secret(entry)


def _bind_mount(state: State, entry: Entry, given: Given) -> None:
    state.bindings.bind_mount(entry, given.document(entry))


def _unbind_mount(state: State, entry: Entry, given: Given) -> None:
    state.bindings.unbind_mount(entry)


def _note_only(state: State, entry: Entry, given: Given) -> None:
    """Leave everything as it is: that the act holds is all there is to know."""


DEEDS: dict[Verb, Callable[[State, Entry, Given], None]] = {
    Verb.LOG_CREATE: _create,
    Verb.PRINCIPAL_ADD: _add_principal,
    Verb.PRINCIPAL_REVOKE: _revoke_principal,
    Verb.KEY_PIN: _pin_key,
    Verb.KEY_ENROL: _enrol_key,
    Verb.KEY_REVOKE: _revoke_key,
    Verb.TOKEN_ISSUE: _issue_token,
    Verb.TOKEN_REVOKE: _revoke_token,
    Verb.LOGIN_OPEN: _open_session,
    Verb.GRANT_ADD: _add_grant,
    Verb.GRANT_REVOKE: _revoke_grant,
    Verb.POLICY_APPLY: _apply_policy,
    Verb.TIER_CONSENT: _consent,
    Verb.PROPOSAL_SUBMIT: _submit,
    Verb.PROPOSAL_REVISE: _revise,
    Verb.PROPOSAL_WITHDRAW: _close,
    Verb.PROPOSAL_REQUEST_CHANGES: _close,
    Verb.PROPOSAL_REJECT: _close,
    Verb.OBJECTION_LIFT: _lift,
    Verb.REVISION_VERIFY: _verify,
    Verb.VOTE_APPROVE: _vote,
    Verb.RELEASE_PUBLISH: _publish,
    Verb.CHANNEL_MOVE: _move_channel,
    Verb.CHANNEL_STOP: _stop_channel,
    Verb.RELEASE_STOP: _stop_release,
    Verb.WAIVER_ADD: _waive,
    Verb.SECRET_SET: _set_secret,
    Verb.SECRET_ROTATE: _rotate_secret,
    Verb.SECRET_DELETE: _delete_secret,
    Verb.MOUNT_BIND: _bind_mount,
    Verb.MOUNT_UNBIND: _unbind_mount,
    Verb.DEAD_REPLAY: _note_only,
}
"""Verbs that change something; every other is on record only."""
