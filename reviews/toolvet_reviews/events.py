"""What happened: one enum with a written grammar, the facts each verb may carry, and one draft.

Grammar: `subject:action`, both lower-case words, the action two words at most (`request_changes`).
A draft becomes an entry of the audit log. Facts go into the leaf and stay for ever: enums, ids,
digests and numbers only. Names, texts, arguments and results are payloads, which can be erased.
Pure; no I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from toolvet_reviews.errors import ReviewError
from toolvet_reviews.values import AuthMethod, Digest, Json, PrincipalKind, Seat, Tier

Fact = None | bool | int | str | list[str]
"""What a leaf may hold: strings are ids, digests, enums and times, never words of a person."""

Outcome = Literal["ok", "refused", "failed"]


class Verb(StrEnum):
    """Everything the log can say, as `subject:action`."""

    LOG_CREATE = "log:create"
    SERVICE_START = "service:start"
    PRINCIPAL_ADD = "principal:add"
    PRINCIPAL_REVOKE = "principal:revoke"
    KEY_PIN = "key:pin"
    KEY_INVITE = "key:invite"
    KEY_REQUEST = "key:request"
    KEY_ENROL = "key:enrol"
    KEY_REVOKE = "key:revoke"
    TOKEN_ISSUE = "token:issue"  # noqa: S105 - a verb, not a password
    TOKEN_REVOKE = "token:revoke"  # noqa: S105 - a verb, not a password
    GRANT_ADD = "grant:add"
    GRANT_REVOKE = "grant:revoke"
    POLICY_APPLY = "policy:apply"
    PROPOSAL_SUBMIT = "proposal:submit"
    PROPOSAL_REVISE = "proposal:revise"
    PROPOSAL_WITHDRAW = "proposal:withdraw"
    REVISION_VERIFY = "revision:verify"
    VOTE_APPROVE = "vote:approve"
    PROPOSAL_REQUEST_CHANGES = "proposal:request_changes"
    PROPOSAL_REJECT = "proposal:reject"
    PROPOSAL_STALE = "proposal:stale"
    PROPOSAL_REBASE = "proposal:rebase"
    PROPOSAL_ASSIGN = "proposal:assign"
    PROPOSAL_CLAIM = "proposal:claim"
    PROPOSAL_SNOOZE = "proposal:snooze"
    OBJECTION_LIFT = "objection:lift"
    COMMENT_ADD = "comment:add"
    THREAD_RESOLVE = "thread:resolve"
    THREAD_REOPEN = "thread:reopen"
    CASE_ADD = "case:add"
    CASE_DROP = "case:drop"
    TRIAL_RUN = "trial:run"
    RELEASE_PUBLISH = "release:publish"
    CHANNEL_MOVE = "channel:move"
    CHANNEL_STOP = "channel:stop"
    RELEASE_STOP = "release:stop"
    WAIVER_ADD = "waiver:add"
    CALL_RUN = "call:run"
    DRAFT_RUN = "draft:run"
    TIER_CONSENT = "tier:consent"
    LOGIN_OPEN = "login:open"
    EXPORT_AUDIT = "export:audit"
    PAYLOAD_ERASE = "payload:erase"
    SECRET_SET = "secret:set"  # noqa: S105 - a verb, not a password
    SECRET_ROTATE = "secret:rotate"  # noqa: S105 - a verb, not a password
    SECRET_DELETE = "secret:delete"  # noqa: S105 - a verb, not a password
    MOUNT_BIND = "mount:bind"
    MOUNT_UNBIND = "mount:unbind"
    DEAD_ADD = "dead:add"
    DEAD_REPLAY = "dead:replay"
    DEAD_DISCARD = "dead:discard"
    REFUSALS_AGGREGATE = "refusals:aggregate"


def _facts(names: str = "") -> frozenset[str]:
    return frozenset(names.split())


FACTS: dict[Verb, frozenset[str]] = {
    Verb.LOG_CREATE: _facts("service"),
    Verb.SERVICE_START: _facts("version"),
    Verb.PRINCIPAL_ADD: _facts("kind sponsor roles token enrolment"),
    Verb.PRINCIPAL_REVOKE: _facts(),
    Verb.KEY_PIN: _facts("key public"),
    Verb.KEY_INVITE: _facts("expires"),
    Verb.KEY_REQUEST: _facts("key public"),
    Verb.KEY_ENROL: _facts("key public replaces"),
    Verb.KEY_REVOKE: _facts("key"),
    Verb.TOKEN_ISSUE: _facts("principal expires"),
    Verb.TOKEN_REVOKE: _facts("principal"),
    Verb.GRANT_ADD: _facts("to up_to expires"),
    Verb.GRANT_REVOKE: _facts(),
    Verb.POLICY_APPLY: _facts("preset"),
    Verb.PROPOSAL_SUBMIT: _facts("proposal revision base follows"),
    Verb.PROPOSAL_REVISE: _facts("proposal revision"),
    Verb.PROPOSAL_WITHDRAW: _facts("proposal revision"),
    Verb.REVISION_VERIFY: _facts("proposal revision verdict dossier kind revision_digest waived"),
    Verb.VOTE_APPROVE: _facts("proposal revision as_sponsor envelope pace batch"),
    Verb.PROPOSAL_REQUEST_CHANGES: _facts("proposal revision stands pace batch"),
    Verb.PROPOSAL_REJECT: _facts("proposal revision similar pace batch"),
    Verb.PROPOSAL_STALE: _facts("proposal revision base"),
    Verb.PROPOSAL_REBASE: _facts("proposal revision base"),
    Verb.PROPOSAL_ASSIGN: _facts("proposal person taken_off"),
    Verb.PROPOSAL_CLAIM: _facts("proposal given_back"),
    Verb.PROPOSAL_SNOOZE: _facts("proposal until"),
    Verb.OBJECTION_LIFT: _facts("proposal revision"),
    Verb.COMMENT_ADD: _facts("proposal revision line thread anchor kind blocking"),
    Verb.THREAD_RESOLVE: _facts("proposal revision"),
    Verb.THREAD_REOPEN: _facts("proposal revision"),
    Verb.CASE_ADD: _facts("proposal revision"),
    Verb.CASE_DROP: _facts("proposal"),
    Verb.TRIAL_RUN: _facts("proposal revision status duration_us"),
    Verb.RELEASE_PUBLISH: _facts("proposal version channel previous kind"),
    Verb.CHANNEL_MOVE: _facts("channel version previous"),
    Verb.CHANNEL_STOP: _facts("channel version"),
    Verb.RELEASE_STOP: _facts(),
    Verb.WAIVER_ADD: _facts("fingerprint expires proposal"),
    Verb.CALL_RUN: _facts("status duration_us version key replayed attempt"),
    Verb.DRAFT_RUN: _facts("proposal revision status duration_us"),
    Verb.TIER_CONSENT: _facts("tier"),
    Verb.LOGIN_OPEN: _facts("token key expires"),
    Verb.EXPORT_AUDIT: _facts("start end"),
    Verb.PAYLOAD_ERASE: _facts("index payload"),
    Verb.SECRET_SET: _facts("secret"),
    Verb.SECRET_ROTATE: _facts("secret"),
    Verb.SECRET_DELETE: _facts("secret"),
    Verb.MOUNT_BIND: _facts("mount mode"),
    Verb.MOUNT_UNBIND: _facts("mount"),
    Verb.DEAD_ADD: _facts("call attempts"),
    Verb.DEAD_REPLAY: _facts("dead"),
    Verb.DEAD_DISCARD: _facts("dead"),
    Verb.REFUSALS_AGGREGATE: _facts("count refused"),
}
"""Which facts an entry of each verb may carry; any may be left out, nothing may be added."""

ACTS: frozenset[Verb] = frozenset(
    {
        Verb.VOTE_APPROVE,
        Verb.WAIVER_ADD,
        Verb.POLICY_APPLY,
        Verb.PRINCIPAL_ADD,
        Verb.GRANT_ADD,
        Verb.KEY_ENROL,
        Verb.CHANNEL_MOVE,
        Verb.TIER_CONSENT,
        Verb.SECRET_SET,
        Verb.SECRET_ROTATE,
        Verb.MOUNT_BIND,
        Verb.DEAD_REPLAY,
    }
)
"""Verbs that decide, and so must carry a person's signature (after the first key is pinned)."""


class EventError(ReviewError):
    """An entry was drafted that the log must not hold: an error of our own code."""

    code = "event.invalid"


@dataclass(frozen=True)
class EntryDraft:
    """An event before the log gives it index, time and commitments."""

    verb: Verb
    actor: str
    """Principal id, or the service id."""
    actor_kind: PrincipalKind
    auth: AuthMethod
    seat: Seat
    target_kind: str
    """`principal`, `proposal`, `release`, `tool`, …"""
    target_id: str
    on_behalf_of: str | None = None
    """Principal id of an agent's sponsor."""
    digest: Digest | None = None
    """What it was about, such as the release digest."""
    outcome: Outcome = "ok"
    code: str = ""
    """Why it was refused or failed; empty when it was not."""
    policy: Digest | None = None
    evidence: tuple[Digest, ...] = ()
    tier: Tier | None = None
    act: Digest | None = None
    """Digest of the signed envelope."""
    facts: Mapping[str, Fact] = field(default_factory=dict[str, Fact])
    payloads: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Name to content that is kept beside the leaf, only committed to in it."""

    def __post_init__(self) -> None:
        """Refuse facts that the verb may not carry."""
        unknown = self.facts.keys() - FACTS[self.verb]
        if unknown:
            names = ", ".join(sorted(unknown))
            raise EventError(f"{self.verb} carries no {names}", place=f"facts of {self.verb}")
