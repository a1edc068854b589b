"""Consent to a lower tier: a person signs that tools may run in weaker walls on this host."""

from toolvet.engine import acts, entry
from toolvet.engine.services import Services
from toolvet.storage import Unit
from toolvet_reviews import canonical, digests, statements
from toolvet_reviews.errors import StatementError
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import TIERS, Tier


async def consent_tier(
    services: Services, caller: Caller, envelope: bytes, document: bytes
) -> Tier:
    """Record consent to run tools in walls as weak as a tier's.

    What was left out of the catalogue because the walls here are weaker than those it was approved
    in comes back at once. Walls that need consent to be built (tier C) are tried at the next start.

    Args:
        document: Canonical bytes with the tier; the act's subject.
    """
    fields = statements.parse_document(document, "tier")
    said = fields.get("tier")
    tier: Tier | None = next((known for known in TIERS if known == said), None)
    if set(fields) != {"tier"} or tier is None or tier == "none":
        raise StatementError("expected a tier: A, B or C")

    def consent(unit: Unit) -> None:
        accepted = acts.accept(
            services,
            unit,
            envelope,
            verb=Verb.TIER_CONSENT,
            target=("tier", tier),
            subject=digests.sha256(document),
            seat=caller.seat,
        )
        index = unit.append(
            entry.by(
                accepted.actor,
                Verb.TIER_CONSENT,
                ("tier", tier),
                digest=digests.sha256(document),
                act=accepted.envelope,
                policy=services.standing.policy,
                tier=tier,
                facts={"tier": tier},
                payloads={"document": canonical.parse(document)},
            )
        )
        unit.consents.add(tier, index)

    with services.refusals.recorded(caller, Verb.TIER_CONSENT, ("tier", tier)):
        await services.store.write(consent)
    return tier
