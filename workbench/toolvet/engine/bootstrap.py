"""The first entries of a log: the service, its first person, the local agent and a policy.

They count without a signature only until the first key is pinned; `audit verify` holds to that.
"""

from dataclasses import dataclass, replace

from toolvet.config import uuid7
from toolvet.engine.authenticate import LOCAL, new_row, new_token
from toolvet.storage import Store, Unit
from toolvet_reviews import canonical, digests, statements
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.policy import parse_policy
from toolvet_reviews.principals import Principal
from toolvet_reviews.values import ROLES, Digest, Json


@dataclass(frozen=True)
class Born:
    """What was made."""

    service_id: str
    person: Principal
    local_token: str


def bootstrap(
    store: Store, *, policy: str, person_name: str, moment: str, nonces: tuple[str, str]
) -> Born:
    """Write the first entries of a new service.

    Args:
        policy: TOML text to put in force.
        person_name: The first human, who holds every role.
        moment: Now, as `stamp` writes it.
        nonces: Two times 64 random hexadecimal digits, for the documents.
    """
    parsed = parse_policy(policy)
    service_id = uuid7()
    person = Principal(uuid7(), person_name, "human", frozenset(ROLES))
    # the local token: an agent that submits and reads, because everything of this user can read it
    local = Principal(uuid7(), LOCAL, "agent", frozenset(("author", "auditor")), person.id)
    token = new_token()
    issued = new_row(token, local.id, moment, LOCAL)

    def write(unit: Unit) -> Born:
        unit.facts.set("service_id", service_id)
        unit.append(
            _draft(service_id, Verb.LOG_CREATE, ("service", service_id), service=service_id)
        )
        for principal, nonce in zip((person, local), nonces, strict=True):
            unit.principals.add(principal)
            token_id = issued.id if principal is local else None
            unit.append(_added(service_id, principal, nonce, token_id))
        digest = digests.sha256(policy.encode())
        draft = _draft(service_id, Verb.POLICY_APPLY, ("policy", digest), preset=parsed.preset)
        index = unit.append(_with(draft, digest, {"policy": policy}))
        unit.policies.apply(digest, policy, index)
        unit.principals.add_token(issued)
        return Born(service_id, person, token)

    return store.write_sync(write)


def _added(service_id: str, principal: Principal, nonce: str, token_id: str | None) -> EntryDraft:
    roles: list[Json] = list[Json](sorted(principal.roles))
    document = statements.document(
        "principal",
        {
            "id": principal.id,
            "name": principal.name,
            "principal_kind": principal.kind,
            "roles": roles,
            "sponsor": principal.sponsor,
        },
        nonce,
    )
    draft = _draft(
        service_id,
        Verb.PRINCIPAL_ADD,
        ("principal", principal.id),
        kind=principal.kind,
        roles=sorted(principal.roles),
        sponsor=principal.sponsor,
        token=token_id,
    )
    return _with(draft, digests.sha256(document), {"document": canonical.parse(document)})


def _draft(
    service_id: str, verb: Verb, target: tuple[str, str], **facts: str | list[str] | None
) -> EntryDraft:
    return EntryDraft(
        verb=verb,
        actor=service_id,
        actor_kind="service",
        auth="bootstrap",
        seat="service",
        target_kind=target[0],
        target_id=target[1],
        facts=facts,
    )


def _with(draft: EntryDraft, digest: Digest, payloads: dict[str, Json]) -> EntryDraft:
    return replace(draft, digest=digest, payloads=payloads)
