"""The policy: in force only as an applied, signed act."""

from toolvet.engine import acts, entry, recorded
from toolvet.engine.services import Services
from toolvet.storage import Unit
from toolvet_reviews import digests
from toolvet_reviews.events import Verb
from toolvet_reviews.policy import parse_policy
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest


async def show_policy(services: Services) -> tuple[Digest, str]:
    """Give the digest and text of the policy that the log says is in force."""
    return services.standing.policy, services.standing.ledger.policy_text or ""


async def apply_policy(services: Services, caller: Caller, envelope: bytes, text: str) -> Digest:
    """Put a policy in force, signed by an operator.

    Raises:
        PolicyError: The text is not a policy.
        SignatureError: The act does not hold.
    """
    policy = parse_policy(text)
    digest = digests.sha256(text.encode())

    def apply(unit: Unit) -> None:
        accepted = acts.accept(
            services,
            unit,
            envelope,
            verb=Verb.POLICY_APPLY,
            target=("policy", digest),
            subject=digest,
            seat=caller.seat,
        )
        index = unit.append(
            entry.by(
                accepted.actor,
                Verb.POLICY_APPLY,
                ("policy", digest),
                digest=digest,
                act=accepted.envelope,
                policy=services.standing.policy,
                facts={"preset": policy.preset},
                payloads={"policy": text},
            )
        )
        unit.policies.apply(digest, text, index)
        recorded.prune(unit, policy.recorded, services.clock())

    with services.refusals.recorded(caller, Verb.POLICY_APPLY, ("policy", digest)):
        await services.store.write(apply)
    return digest
