"""Revise an open proposal: another immutable revision, verified from the start."""

from collections.abc import Sequence

from toolvet.checks import read_bundle
from toolvet.engine import after, bundles, change_requests, look, stored
from toolvet.engine.change_requests import Answer, Answered
from toolvet.engine.services import Services
from toolvet.engine.submit import append_submission, next_revision, read_source
from toolvet.errors import NameTakenError
from toolvet.storage import Unit
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import moves
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import ProposalView


async def revise(
    services: Services,
    caller: Caller,
    proposal: str,
    files: dict[str, bytes],
    *,
    answers: Sequence[Answer] = (),
) -> ProposalView:
    """Hand in new files for a proposal of the caller's own.

    Args:
        answers: To what the author is asked to settle; stored with the revision, or not at all.

    Raises:
        UnknownRequestError: An answer is to what nobody asks.
        IntakeError: A rule on files is broken; the last revision stands.
        MoveRefusedError: The proposal is closed.
        NotYoursError: It is somebody else's.
    """
    with services.refusals.recorded(caller, Verb.PROPOSAL_REVISE, ("proposal", proposal)):
        bundle = await read_bundle(files, services.pool, caps=services.standing.rules.intake)
        return await _revise(services, caller, proposal, bundle, answers)


async def revise_inline(
    services: Services,
    caller: Caller,
    proposal: str,
    source: str,
    examples: Sequence[JsonObject],
    *,
    filename: str | None = None,
    toolset: str | None = None,
    answers: Sequence[Answer] = (),
) -> ProposalView:
    """Hand in new source in the small form."""
    with services.refusals.recorded(caller, Verb.PROPOSAL_REVISE, ("proposal", proposal)):
        bundle = await read_source(services, source, examples, filename, toolset)
        return await _revise(services, caller, proposal, bundle, answers)


async def _revise(
    services: Services,
    caller: Caller,
    proposal: str,
    bundle: Bundle,
    answers: Sequence[Answer],
) -> ProposalView:
    def store(unit: Unit) -> tuple[ProposalRow, bool]:
        row = stored.find(unit, caller, proposal)
        moves.apply(stored.facts(row), "revise", caller.principal)
        if (row.toolset, row.tool) != (bundle.spec.toolset, bundle.spec.name):
            raise NameTakenError(
                f"{proposal} is about {row.tool!r}, not {bundle.spec.name!r}",
                hint="Submit another tool as a proposal of its own.",
            )
        matched = change_requests.matched(services, unit, caller, row, answers)
        digest = bundles.revision_digest(bundle)
        if digest == row.revision_digest:
            _answer(services, unit, caller, row, matched)
            return row, False
        changed = next_revision(services, unit, row, bundle, digest)
        append_submission(unit, caller, changed, Verb.PROPOSAL_REVISE)
        after.happened(unit, row.number, "revised", caller.id)
        _answer(services, unit, caller, changed, matched)
        return changed, True

    row, fresh = await services.store.write(store)
    if fresh:
        services.verifier.start(row.number, row.revision)
    return await look.show(services, caller, proposal)


def _answer(
    services: Services, unit: Unit, caller: Caller, row: ProposalRow, answers: Sequence[Answered]
) -> None:
    if answers:
        change_requests.answer_in(services, unit, caller, row, answers)
        after.happened(unit, row.number, "answered", caller.id)
