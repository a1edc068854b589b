"""Submit a bundle: strict intake, then a proposal that is verified."""

from collections.abc import Sequence
from dataclasses import replace

from toolvet.checks import read_bundle
from toolvet.config import stamp
from toolvet.engine import bundles, duplicates, entry, look
from toolvet.engine.after import happened
from toolvet.engine.services import Services
from toolvet.errors import BusyError, ConflictError, ForbiddenError, NameTakenError
from toolvet.storage import Unit, View
from toolvet.storage.rows import ProposalRow, RevisionRow
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest, JsonObject
from toolvet_reviews.views import ProposalView

WORKSPACE = "default"
INLINE = "tool.py"
"""What a source without a file name is called at intake; the bundle names it after the tool."""


class OpenProposalError(ConflictError):
    """The author has an open proposal for this tool already."""

    code = "proposal.open_exists"


async def submit(
    services: Services, caller: Caller, files: dict[str, bytes], *, again: bool = False
) -> ProposalView:
    """Submit a folder's files, or one `.py` file.

    Args:
        again: Open a new proposal, linked to the closed one, for bytes that were decided before.

    Raises:
        IntakeError: A rule on files is broken; nothing was queued.
        SpecError: The specification says something it may not.
        NameTakenError: The name belongs to somebody else.
        BusyError: The author has too much open.
        DuplicateError: The author has the same files open under another name.
    """
    with services.refusals.recorded(caller, Verb.PROPOSAL_SUBMIT, ("proposal", "new")):
        _may_author(caller)
        bundle = await read_bundle(files, services.pool, caps=services.standing.rules.intake)
        return await _propose(services, caller, bundle, again=again)


async def submit_inline(
    services: Services,
    caller: Caller,
    source: str,
    examples: Sequence[JsonObject],
    *,
    filename: str | None = None,
    toolset: str | None = None,
    again: bool = False,
) -> ProposalView:
    """Submit the small form: one file's source, and examples.

    Raises:
        IntakeError: The source breaks a rule, or does not parse.
        SpecError: Its metadata says something it may not.
    """
    with services.refusals.recorded(caller, Verb.PROPOSAL_SUBMIT, ("proposal", "new")):
        _may_author(caller)
        bundle = await read_source(services, source, examples, filename, toolset)
        return await _propose(services, caller, bundle, again=again)


async def read_source(
    services: Services,
    source: str,
    examples: Sequence[JsonObject],
    filename: str | None,
    toolset: str | None,
) -> Bundle:
    """Make the canonical bundle of the small form; its outline is read in a confined child."""
    return await read_bundle(
        {filename or INLINE: source.encode("utf-8", "surrogatepass")},
        services.pool,
        examples=examples,
        toolset=toolset,
        caps=services.standing.rules.intake,
    )


def _may_author(caller: Caller) -> None:
    if not caller.has("author"):
        raise ForbiddenError("submitting needs the role author")


async def _propose(
    services: Services, caller: Caller, bundle: Bundle, *, again: bool
) -> ProposalView:
    row, fresh = await services.store.write(
        lambda unit: _store(services, unit, caller, bundle, again=again)
    )
    if fresh or row.state == "verifying":  # a second start joins the first
        services.verifier.start(row.number, row.revision)
    return await look.show(services, caller, f"P-{row.number}")


def _store(
    services: Services, unit: Unit, caller: Caller, bundle: Bundle, *, again: bool
) -> tuple[ProposalRow, bool]:
    digest = bundles.revision_digest(bundle)
    earlier = unit.proposals.by_revision(caller.id, digest)
    known = _already_there(earlier, again=again)
    if known is not None:
        return known, False
    _check_name(unit, caller, bundle)
    _check_caps(services, unit, caller)
    if not again:
        duplicates.check(unit, caller.id, bundle.files, bundle.spec.name)
    bundles.store(unit, bundle)
    moment = stamp(services.clock())
    served = unit.releases.channel(bundle.spec.toolset, bundle.spec.name, "stable")
    row = unit.proposals.create(
        ProposalRow(
            number=0,
            workspace=WORKSPACE,
            toolset=bundle.spec.toolset,
            tool=bundle.spec.name,
            state="verifying",
            author=caller.id,
            sponsor=caller.principal.sponsor,
            kind=bundle.spec.effects.kind,
            revision=1,
            revision_digest=digest,
            release_digest=None,
            base_release=served.release_digest if served else None,
            created_at=moment,
            updated_at=moment,
            reason="",
            follows=earlier[-1].number if earlier else None,
        )
    )
    unit.proposals.add_revision(RevisionRow(row.number, 1, digest, moment, "verifying", None, None))
    append_submission(unit, caller, row, Verb.PROPOSAL_SUBMIT)
    happened(unit, row.number, "submitted", caller.id)
    return row, True


def append_submission(unit: Unit, caller: Caller, row: ProposalRow, verb: Verb) -> None:
    """Enter a new revision into the log."""
    facts: dict[str, str | int | None] = {
        "proposal": f"P-{row.number}",
        "revision": row.revision,
    }
    if verb == Verb.PROPOSAL_SUBMIT:
        facts |= {
            "base": row.base_release,
            "follows": f"P-{row.follows}" if row.follows else None,
        }
    unit.append(
        entry.by(
            caller,
            verb,
            ("proposal", f"P-{row.number}"),
            digest=row.revision_digest,
            facts=facts,
            payloads={"tool": {"toolset": row.toolset, "name": row.tool}},
        )
    )


def _already_there(earlier: list[ProposalRow], *, again: bool) -> ProposalRow | None:
    for row in earlier:
        if row.state not in ("rejected", "withdrawn"):
            return row
    return earlier[-1] if earlier and not again else None


def _check_name(unit: Unit, caller: Caller, bundle: Bundle) -> None:
    spec = bundle.spec
    for waiting in unit.proposals.open_for(spec.toolset, spec.name):
        if waiting.author != caller.id:
            raise NameTakenError(f"another author has {spec.advertised_name!r} under review")
        raise OpenProposalError(
            f"P-{waiting.number} is open for {spec.advertised_name!r}",
            hint=f"Revise P-{waiting.number}, or withdraw it first.",
        )
    owner = _owner(unit, spec.toolset, spec.name)
    if owner is not None and not _same_house(owner, caller):
        raise NameTakenError(f"{spec.advertised_name!r} is published by another author")


def _owner(view: View, toolset: str, name: str) -> ProposalRow | None:
    versions = view.releases.versions(toolset, name)
    return view.proposals.get(versions[-1].proposal) if versions else None


def _same_house(owner: ProposalRow, caller: Caller) -> bool:
    mine = {caller.id, caller.principal.sponsor} - {None}
    return bool(mine & {owner.author, owner.sponsor})


def _check_caps(services: Services, unit: Unit, caller: Caller) -> None:
    policy = services.standing.rules
    if unit.proposals.open_by_author(caller.id) >= policy.max_open_per_author:
        raise BusyError(
            f"{policy.max_open_per_author} proposals of yours are open",
            hint="Withdraw one, or wait for a decision.",
            retry_after_s=60.0,
        )


def next_revision(
    services: Services, unit: Unit, row: ProposalRow, bundle: Bundle, digest: Digest
) -> ProposalRow:
    """Store another revision of an open proposal; the machine looks at it again.

    Raises:
        ConflictError: It had gone back to its author, and the tool has another proposal by now.
    """
    for waiting in unit.proposals.open_for(row.toolset, row.tool):
        if waiting.number != row.number:
            raise OpenProposalError(
                f"P-{waiting.number} is open for {row.tool!r}", hint="Withdraw this one."
            )
    moment = stamp(services.clock())
    bundles.store(unit, bundle)
    served = unit.releases.channel(row.toolset, row.tool, "stable")
    changed = replace(
        row,
        state="verifying",
        revision=row.revision + 1,
        revision_digest=digest,
        release_digest=None,
        base_release=served.release_digest if served else None,
        kind=bundle.spec.effects.kind,
        updated_at=moment,
        reason="",
    )
    unit.proposals.save(changed)
    unit.proposals.add_revision(
        RevisionRow(row.number, changed.revision, digest, moment, "verifying", None, None)
    )
    return changed
