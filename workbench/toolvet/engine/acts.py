"""Accepting an act: a signed statement of a person, checked word for word before it counts.

The words are checked by the ledger itself, so that what is accepted here is never void there; what
a log cannot know (freshness, replays in the same transaction) is checked beside it.
"""

from dataclasses import dataclass
from datetime import timedelta

from toolvet.audit import acts, envelopes
from toolvet.audit.acts import VoidError
from toolvet.config import parse_stamp, stamp
from toolvet.engine.services import Services
from toolvet.errors import ConflictError, ForbiddenError, ReplayedNonceError, SignatureError
from toolvet.storage import Unit
from toolvet_reviews import digests, statements
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import AuthMethod, Digest, Seat

FRESH = timedelta(minutes=10)
"""How far a statement's time may be from the service's clock."""

UNSETTLING = (
    Verb.KEY_PIN,
    Verb.KEY_ENROL,
    Verb.KEY_REVOKE,
    Verb.PRINCIPAL_REVOKE,
    Verb.POLICY_APPLY,
)
"""What changes whether an act holds; enrolling does, for a new key may take an older one's place."""


class OtherPolicyError(ConflictError):
    """The act was signed under another policy than the one in force."""

    code = "act.other_policy"
    hint = "Look again: the policy changed since; then sign anew."


class UnsettledError(ConflictError):
    """A revocation, or another policy, is being entered at this very moment."""

    code = "act.unsettled"
    hint = "Look again, then sign anew."


@dataclass(frozen=True)
class Accepted:
    """An act that holds."""

    statement: Statement
    envelope: Digest
    """Digest of the envelope, stored as a blob."""
    actor: Caller
    """The person whose key signed, whoever carried the envelope here."""
    key: Digest
    """Fingerprint of that key."""


@dataclass(frozen=True)
class _Claim:
    """What the entry of an act will say."""

    verb: Verb
    actor: str
    target_kind: str
    target_id: str
    digest: Digest
    policy: Digest
    act: Digest
    auth: AuthMethod = "key"


def accept(
    services: Services,
    unit: Unit,
    envelope: bytes,
    *,
    verb: Verb,
    target: tuple[str, str],
    subject: Digest,
    seat: Seat,
) -> Accepted:
    """Check an act and keep its envelope; the caller still appends the entry.

    Args:
        verb: What the statement must say it does.
        target: Kind and id it must name.
        subject: Digest it must be about.

    Raises:
        SignatureError: No enrolled key of an active person signed exactly this.
        StatementError: It is no statement.
        ReplayedNonceError: It was handed in before.
        OtherPolicyError: It was signed under another policy.
        ForbiddenError: The person does not hold the role.
        UnsettledError: What it rests on is changed by the same transaction.
    """
    check_settled(services, unit)
    statement = statements.parse(envelopes.payload_of(envelope))
    digest = digests.sha256(envelope)
    claim = _Claim(
        verb, statement.actor, target[0], target[1], subject, services.standing.policy, digest
    )
    _examine(services, claim, envelope)
    return _keep(services, unit, statement, envelope, seat)


def accept_login(services: Services, unit: Unit, envelope: bytes, seat: Seat) -> Accepted:
    """Check a statement that opens a session; it decides nothing, so the log holds no act of it.

    Raises:
        SignatureError: No enrolled key of an active person signed exactly this.
    """
    ledger = services.standing.ledger
    claim = _Claim(
        Verb.LOGIN_OPEN,
        "",
        "service",
        services.service_id,
        digests.sha256(services.service_id.encode()),
        services.standing.policy,
        digests.sha256(envelope),
    )
    try:
        statement, key = acts.read(claim, envelope, ledger.active_keys())
        acts.check_words(claim, statement, services.service_id, services.standing.policy)
    except VoidError as error:
        raise _refusal(error) from error
    if ledger.key_owner(key) != statement.actor:
        raise SignatureError("the login was signed by another than it names")
    return _keep(services, unit, statement, envelope, seat)


def check_settled(services: Services, unit: Unit) -> None:
    """Refuse while the ledger has not taken in a change that a step before this one entered.

    Raises:
        UnsettledError: What acts, votes and objections rest on is changed by the same transaction.
    """
    if unit.entries(services.standing.ledger.size, verbs=UNSETTLING):
        raise UnsettledError("keys, people or the policy are changing right now", retry_after_s=0.1)


def _examine(services: Services, claim: _Claim, envelope: bytes) -> None:
    try:
        services.standing.ledger.examine(claim, envelope)
    except VoidError as error:
        raise _refusal(error) from error


def _refusal(
    error: VoidError,
) -> SignatureError | OtherPolicyError | ForbiddenError:
    match error.reason:
        case "act.nonce_seen":
            return ReplayedNonceError(str(error))
        case "act.other_policy":
            return OtherPolicyError(str(error))
        case "act.role":
            return ForbiddenError(str(error))
        case reason:
            return SignatureError(f"{error} ({reason})")


def _keep(
    services: Services, unit: Unit, statement: Statement, envelope: bytes, seat: Seat
) -> Accepted:
    age = services.clock() - parse_stamp(statement.time)
    if abs(age) > FRESH:
        raise SignatureError(f"the act was signed {age} ago", hint="Sign again; check the clock.")
    if unit.principals.nonce_seen(statement.nonce):
        raise ReplayedNonceError("this act was handed in before")
    unit.principals.add_nonce(statement.nonce, stamp(services.clock()))
    digest = unit.put_blob(envelope, "act")
    person = services.standing.ledger.principals[statement.actor]
    key = Digest(envelopes.signer(envelope))
    return Accepted(statement, digest, Caller(person, "key", seat), key)
