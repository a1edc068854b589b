"""Decide against: request changes, or reject. It takes nothing but a reviewer's login."""

from dataclasses import replace
from typing import Literal

from toolvet.config import stamp
from toolvet.engine import entry, look, stored
from toolvet.engine.services import Services
from toolvet.errors import ConflictError, ForbiddenError
from toolvet.storage import Unit
from toolvet_reviews import moves
from toolvet_reviews.errors import NotAPersonError, StaleVoteError
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest
from toolvet_reviews.views import ProposalView

Against = Literal["request_changes", "reject"]
_VERBS: dict[Against, Verb] = {
    "request_changes": Verb.PROPOSAL_REQUEST_CHANGES,
    "reject": Verb.PROPOSAL_REJECT,
}


class WordsNeededError(ConflictError):
    """A decision against needs words the author can act on."""

    code = "decide.words_needed"
    hint = "Say what would have to change."


async def request_changes(
    services: Services, caller: Caller, proposal: str, digest: str, note: str
) -> ProposalView:
    """Give the proposal back to its author, with words.

    Args:
        digest: The revision digest that was looked at.

    Raises:
        StaleVoteError: A newer revision is there.
        WordsNeededError: The note is empty.
    """
    return await _against(services, caller, proposal, digest, note, "request_changes")


async def reject(
    services: Services, caller: Caller, proposal: str, digest: str, note: str
) -> ProposalView:
    """Close the proposal, with words."""
    return await _against(services, caller, proposal, digest, note, "reject")


async def _against(
    services: Services, caller: Caller, proposal: str, digest: str, note: str, move: Against
) -> ProposalView:
    def close(unit: Unit) -> None:
        row = stored.find(unit, caller, proposal)
        if caller.principal.kind != "human":
            raise NotAPersonError("only a person decides")
        if not caller.has("reviewer"):
            raise ForbiddenError("deciding needs the role reviewer")
        if not note.strip():
            raise WordsNeededError("a decision against needs a note")
        if digest not in (row.revision_digest, row.release_digest):
            raise StaleVoteError(f"{proposal} is at revision {row.revision_digest}, not {digest}")
        state = moves.apply(stored.facts(row), move, caller.principal)
        moment = stamp(services.clock())
        unit.proposals.save(replace(row, state=state, reason=note[:2000], updated_at=moment))
        unit.append(
            entry.by(
                caller,
                _VERBS[move],
                ("proposal", proposal),
                digest=Digest(row.revision_digest),
                facts={"proposal": proposal, "revision": row.revision},
                payloads={"note": note},
            )
        )

    with services.refusals.recorded(caller, _VERBS[move], ("proposal", proposal)):
        await services.store.write(close)
    return await look.show(services, caller, proposal)
