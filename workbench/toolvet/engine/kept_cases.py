"""Cases that reviewers keep: what they tried becomes a test of the proposal, for every later revision.

The author is shown each one: unlike what an organisation holds out, it is a request, not an exam.
"""

import asyncio
from dataclasses import dataclass, replace

from toolvet.checks import compile_schema, interface_of
from toolvet.config import stamp, uuid7
from toolvet.engine import after, contracts, entry, review_state, seated, stored
from toolvet.engine.services import Services
from toolvet.errors import BusyError, ConflictError, ForbiddenError, NotFoundError
from toolvet.storage import Unit, View
from toolvet.storage.review_rows import KeptCaseRow
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import canonical, kept, moves
from toolvet_reviews.errors import OwnWorkError
from toolvet_reviews.events import Verb
from toolvet_reviews.kept import KeptCase
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import CaseView, ReviewState
from toolvet_reviews.values import Digest, Json, JsonObject


class CaseNotFoundError(NotFoundError):
    """No such case of the proposal."""

    code = "case.not_found"
    hint = "`toolvet case list PROPOSAL` names them."


class CaseTwiceError(ConflictError):
    """The same arguments are kept already, and give something else there."""

    code = "case.twice"
    hint = "Drop the one that is wrong."


@dataclass(frozen=True)
class Wanted:
    """What a reviewer wants to keep."""

    name: str
    arguments: JsonObject
    expected: Json
    code: str = ""
    note: str = ""


async def keep(services: Services, caller: Caller, proposal: str, wanted: Wanted) -> ReviewState:
    """Keep a case; the newest revision is held against it when it is verified again.

    Raises:
        SessionNeededError: No key of a person opened the session.
        ForbiddenError: The caller does not review, or it is their own work.
        KeptCaseError: It is no case.
        ArgumentsError: No revision could be called with these arguments.
        CaseTwiceError: The same arguments must give something else by another case.
        BusyError: There are as many as a proposal has.
        MoveRefusedError: The proposal is closed.
    """
    arguments = canonical.normalise(wanted.arguments)
    expected = canonical.normalise(wanted.expected)
    given = arguments if isinstance(arguments, dict) else {}
    case = kept.kept_case(uuid7(), wanted.name, given, expected, wanted.code, wanted.note)

    def step(unit: Unit) -> None:
        row = stored.find(unit, caller, proposal)
        _check_may(caller, row)
        moves.apply(stored.facts(row), "keep_case", caller.principal)
        _check_fits(unit, row, case)
        before = kept.same(unit.kept_cases.asked(row.number), case)
        if before is not None:
            if (before.expected, before.code) == (case.expected, case.code):
                return  # asked for twice, or the answer was lost
            raise CaseTwiceError(f"the case {before.name!r} has the same arguments")
        if len(unit.kept_cases.of_proposal(row.number)) >= kept.MOST_CASES:
            raise BusyError(f"a proposal has at most {kept.MOST_CASES} cases", hint="Drop some.")
        _enter(services, unit, caller, row, case, wanted.note)

    with services.refusals.recorded(caller, Verb.CASE_ADD, ("proposal", proposal)):
        await services.store.write(step)
    return await review_state.review_state(services, caller, proposal)


async def drop(services: Services, caller: Caller, proposal: str, case: str) -> ReviewState:
    """Keep a case no longer; one that is gone already is no error.

    Raises:
        CaseNotFoundError: The proposal never had it.
    """

    def step(unit: Unit) -> None:
        row = stored.find(unit, caller, proposal)
        _check_may(caller, row)
        found = unit.kept_cases.get(case)
        if found is None or found.proposal != row.number:
            raise CaseNotFoundError(f"{proposal} has no case {case[:40]!r}")
        if found.dropped:
            return
        unit.kept_cases.save(replace(found, dropped=True))
        facts = {"proposal": proposal}
        unit.append(entry.by(caller, Verb.CASE_DROP, ("case", found.id), facts=facts))
        after.happened(unit, row.number, "case_kept", caller.id)

    with services.refusals.recorded(caller, Verb.CASE_DROP, ("proposal", proposal)):
        await services.store.write(step)
    return await review_state.review_state(services, caller, proposal)


async def verify_again(services: Services, caller: Caller, proposal: str) -> ReviewState:
    """Verify the newest revision once more: what follows from the same inputs is not looked for again.

    Raises:
        SessionNeededError: No key of a person opened the session.
        MoveRefusedError: It is being verified, or closed.
    """

    def step(unit: Unit) -> ProposalRow:
        row = stored.find(unit, caller, proposal)
        _check_may(caller, row)
        revision = unit.proposals.revision(row.number, row.revision)
        if revision is None:
            raise NotFoundError(f"{proposal} has no revision {row.revision}")
        state = moves.apply(stored.facts(row), "reverify", caller.principal)
        moment = stamp(services.clock())
        unit.proposals.save_revision(replace(revision, state="verifying"))
        unit.proposals.save(replace(row, state=state, reason="", updated_at=moment))
        facts = {"proposal": proposal, "revision": row.revision, "base": row.base_release}
        unit.append(
            entry.by(
                caller,
                Verb.PROPOSAL_REBASE,
                ("proposal", proposal),
                digest=Digest(row.revision_digest),
                facts=facts,
            )
        )
        after.happened(unit, row.number, "rebased", caller.id)
        return row

    with services.refusals.recorded(caller, Verb.PROPOSAL_REBASE, ("proposal", proposal)):
        row = await services.store.write(step)
        await asyncio.to_thread(services.verifier.again, row.number, row.revision)
    return await review_state.review_state(services, caller, proposal)


def of_proposal(view: View, row: ProposalRow) -> tuple[CaseView, ...]:
    """List the cases that are kept of a proposal."""
    return tuple(
        CaseView(
            id=one.id,
            name=one.name,
            arguments=one.arguments,
            expected=one.expected,
            code=one.code,
            by=stored.name_of(view, one.person),
            at=one.at,
            note=one.note,
        )
        for one in view.kept_cases.of_proposal(row.number)
    )


def _check_may(caller: Caller, row: ProposalRow) -> None:
    seated.need_person(caller, "testing the work of others")
    if not caller.has("reviewer"):
        raise ForbiddenError("cases are kept by those with the role reviewer")
    if caller.id == row.author:
        raise OwnWorkError("authors bring their own examples and tests")


def _check_fits(view: View, row: ProposalRow, case: KeptCase) -> None:
    """Hold the arguments against the newest interface that is known; none is fine, too."""
    for found, _ in stored.load_evidence(view, row.number, row.revision):
        if found.check == "interface" and (interface := interface_of(found)) is not None:
            contracts.fit(compile_schema(interface.input_schema), row.tool, case.given)


def _enter(
    services: Services, unit: Unit, caller: Caller, row: ProposalRow, case: KeptCase, note: str
) -> None:
    made = KeptCaseRow(
        id=case.id,
        proposal=row.number,
        revision=row.revision,
        person=caller.id,
        at=stamp(services.clock()),
        name=case.name,
        arguments=case.given,
        expected=case.result,
        code=case.code,
        note=note,
    )
    unit.kept_cases.save(made)
    payloads: dict[str, Json] = {
        "name": made.name,
        "arguments": made.arguments,
        "expected": made.expected,
        "code": made.code,
        "note": made.note,
    }
    facts = {"proposal": f"P-{row.number}", "revision": row.revision}
    target = ("case", made.id)
    unit.append(entry.by(caller, Verb.CASE_ADD, target, facts=facts, payloads=payloads))
    after.happened(unit, row.number, "case_kept", caller.id)
