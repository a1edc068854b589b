"""What makes a signed act count, word for word. Pure; no I/O.

An act counts when a key of an active person signed a statement that names this service, this
verb, this target, this subject and the policy in force, and saw a log that this one extends.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Protocol

from toolvet.audit import envelopes
from toolvet.audit.errors import EnvelopeError
from toolvet.errors import LogError
from toolvet_reviews import digests, statements
from toolvet_reviews.errors import StatementError
from toolvet_reviews.events import ACTS, Verb
from toolvet_reviews.principals import Principal
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import AuthMethod, Digest, Role

RootAt = Callable[[int], bytes | None]
"""Root of the log at an earlier size; None when it cannot be told."""

_OPERATOR = frozenset[Role]({"operator"})
_DECIDER = frozenset[Role]({"operator", "reviewer"})
_REVIEWER = frozenset[Role]({"reviewer"})

ACT_ROLES: Mapping[Verb, frozenset[Role]] = {
    Verb.VOTE_APPROVE: _REVIEWER,
    Verb.WAIVER_ADD: _REVIEWER,
    Verb.CHANNEL_MOVE: _DECIDER,
    Verb.DEAD_REPLAY: _DECIDER,
    Verb.POLICY_APPLY: _OPERATOR,
    Verb.PRINCIPAL_ADD: _OPERATOR,
    Verb.GRANT_ADD: _OPERATOR,
    Verb.KEY_ENROL: _OPERATOR,
    Verb.TIER_CONSENT: _OPERATOR,
    Verb.SECRET_SET: _OPERATOR,
    Verb.SECRET_ROTATE: _OPERATOR,
    Verb.MOUNT_BIND: _OPERATOR,
}
"""For each act, the roles of which the person must hold one."""

if ACT_ROLES.keys() != ACTS:
    raise LogError("every act needs the roles that may do it")


class VoidError(LogError):
    """An entry that does not count.

    Attributes:
        reason: Stable machine name of why, such as `act.unsigned`.
    """

    code: ClassVar[str] = "ledger.void"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Claim(Protocol):
    """What an entry says about an act; a draft says the same before it is one."""

    @property
    def verb(self) -> Verb: ...  # noqa: D102 - the fields of an entry
    @property
    def actor(self) -> str: ...  # noqa: D102
    @property
    def auth(self) -> AuthMethod: ...  # noqa: D102
    @property
    def target_kind(self) -> str: ...  # noqa: D102
    @property
    def target_id(self) -> str: ...  # noqa: D102
    @property
    def digest(self) -> Digest | None: ...  # noqa: D102
    @property
    def policy(self) -> Digest | None: ...  # noqa: D102
    @property
    def act(self) -> Digest | None: ...  # noqa: D102


def read(
    claim: Claim, envelope: bytes | None, keys: Mapping[Digest, bytes]
) -> tuple[Statement, Digest]:
    """Open the envelope that an entry names.

    Args:
        claim: The entry.
        envelope: As stored; None when it is not there.
        keys: Fingerprint to public key of those who may sign.

    Returns:
        The statement, and the fingerprint of the key that signed it.

    Raises:
        VoidError: No such envelope, or its signature or statement does not hold.
    """
    if claim.act is None or envelope is None:
        raise VoidError("act.unsigned", f"{claim.verb} without a person's signature")
    if digests.sha256(envelope) != claim.act:
        raise VoidError("act.other_envelope", "the envelope is not the one the entry names")
    try:
        payload, fingerprint = envelopes.verify(envelope, keys)
        return statements.parse(payload), fingerprint
    except (EnvelopeError, StatementError) as exc:
        raise VoidError(exc.code, str(exc)) from exc


def check_person(claim: Claim, statement: Statement, owner: Principal | None) -> None:
    """Check that an active person who may do so did the act.

    Raises:
        VoidError: Somebody else, or nobody, did.
    """
    if owner is None or not owner.active or owner.kind != "human":
        raise VoidError("act.signer", "the key belongs to no active person")
    if claim.auth != "key" or not claim.actor == statement.actor == owner.id:
        raise VoidError("act.other_actor", "the act was signed by another than the entry names")
    needed = ACT_ROLES[claim.verb]
    if not needed & owner.roles and not _is_own_key(claim, owner):
        raise VoidError("act.role", f"{claim.verb} needs the role {' or '.join(sorted(needed))}")


def _is_own_key(claim: Claim, owner: Principal) -> bool:
    """Tell whether it lets a key of the very person count; the roster says which one may."""
    target = (claim.target_kind, claim.target_id)
    return claim.verb is Verb.KEY_ENROL and target == ("principal", owner.id)


def check_words(
    claim: Claim, statement: Statement, service: str | None, policy: Digest | None
) -> None:
    """Check that the statement says what the entry says.

    Raises:
        VoidError: It names another service, verb, target, subject or policy.
    """
    said = (statement.service, statement.act, *statement.target, statement.subject)
    meant = (service, claim.verb, claim.target_kind, claim.target_id, claim.digest)
    words = ("service", "verb", "target", "target", "subject")
    for word, have, want in zip(words, said, meant, strict=True):
        if have != want:
            raise VoidError(f"act.other_{word}", f"the act names {word} {have}, not {want}")
    # An entry that applies a policy may name the old one or the new one as in force.
    is_named = claim.policy in (None, policy) or claim.verb is Verb.POLICY_APPLY
    if statement.policy != policy or not is_named:
        raise VoidError("act.other_policy", "the act was signed under another policy")


def check_checkpoint(statement: Statement, size: int, root_at: RootAt | None) -> None:
    """Check that the person's face saw this log.

    Args:
        statement: Names the checkpoint it saw last.
        size: Of the log before the entry.
        root_at: Tells earlier roots; None when nobody can.

    Raises:
        VoidError: It saw another log, or one from the future.
    """
    if statement.checkpoint_size > size:
        raise VoidError("act.other_log", "the act saw a longer log than there was")
    root = root_at(statement.checkpoint_size) if root_at else None
    if root is not None and root != statement.checkpoint_root:
        raise VoidError("act.other_log", "the act saw another log than this")
