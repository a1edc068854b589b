"""How a use case drafts its log entry from who acts."""

from collections.abc import Mapping, Sequence
from typing import Literal

from toolvet_reviews.events import EntryDraft, Fact, Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest, Json, Tier


def by(
    caller: Caller,
    verb: Verb,
    target: tuple[str, str],
    *,
    digest: Digest | None = None,
    outcome: Literal["ok", "refused", "failed"] = "ok",
    code: str = "",
    policy: Digest | None = None,
    evidence: Sequence[Digest] = (),
    tier: Tier | None = None,
    act: Digest | None = None,
    facts: Mapping[str, Fact] | None = None,
    payloads: Mapping[str, Json] | None = None,
) -> EntryDraft:
    """Draft the entry of something a caller did.

    Args:
        target: Kind and id of what it was done to.
        digest: What it was about, such as the release digest.
        act: Digest of the signed envelope, for acts.
        facts: Enums, ids, digests and numbers only.
        payloads: Names, texts, arguments, results: kept beside the leaf, erasable.
    """
    return EntryDraft(
        verb=verb,
        actor=caller.id,
        actor_kind=caller.principal.kind,
        auth=caller.auth,
        seat=caller.seat,
        on_behalf_of=caller.principal.sponsor,
        target_kind=target[0],
        target_id=target[1],
        digest=digest,
        outcome=outcome,
        code=code,
        policy=policy,
        evidence=tuple(evidence),
        tier=tier,
        act=act,
        facts=dict(facts or {}),
        payloads=dict(payloads or {}),
    )
