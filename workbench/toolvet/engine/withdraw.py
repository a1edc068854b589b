"""Withdraw a proposal: its author, or the author's sponsor, takes it back."""

from dataclasses import replace

from toolvet.config import stamp
from toolvet.engine import entry, look, stored
from toolvet.engine.after import happened
from toolvet.engine.services import Services
from toolvet.storage import Unit
from toolvet_reviews import moves
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.views import ProposalView


async def withdraw(
    services: Services, caller: Caller, proposal: str, reason: str = ""
) -> ProposalView:
    """Close a proposal without a decision.

    Raises:
        MoveRefusedError: It is closed already.
        NotYoursError: The caller is neither its author nor the sponsor.
    """

    def close(unit: Unit) -> None:
        row = stored.find(unit, caller, proposal)
        state = moves.apply(stored.facts(row), "withdraw", caller.principal)
        moment = stamp(services.clock())
        unit.proposals.save(replace(row, state=state, reason=reason, updated_at=moment))
        unit.append(
            entry.by(
                caller,
                Verb.PROPOSAL_WITHDRAW,
                ("proposal", proposal),
                digest=row.revision_digest,
                facts={"proposal": proposal},
                payloads={"reason": reason} if reason else {},
            )
        )
        happened(unit, row.number, "withdrawn", caller.id)

    with services.refusals.recorded(caller, Verb.PROPOSAL_WITHDRAW, ("proposal", proposal)):
        await services.store.write(close)
    return await look.show(services, caller, proposal)
