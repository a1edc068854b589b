"""Hand in files that lie in a folder: the same bytes once, other bytes as the next revision."""

from collections.abc import Mapping
from typing import NamedTuple

from toolvet.checks import read_bundle
from toolvet.engine import bundles, look, revise, submit
from toolvet.engine.services import Services
from toolvet.errors import ToolvetError
from toolvet.storage import View
from toolvet_reviews import canonical
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.events import Verb
from toolvet_reviews.intake import SPEC_FILE
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest, JsonObject
from toolvet_reviews.views import ProposalView


class ExamplesError(ToolvetError):
    """Examples beside a file that are no list of examples, or beside what has its own."""

    code = "inbox.examples"
    hint = "`NAME.examples.json` beside `NAME.py` is a JSON list of objects."


class _Place(NamedTuple):
    proposal: str
    is_there: bool
    """Whether it holds these very files already; else they are its next revision."""


async def hand_in(
    services: Services,
    caller: Caller,
    files: Mapping[str, bytes],
    examples: bytes | None = None,
    *,
    before: str = "",
) -> ProposalView:
    """Submit files, unless they were handed in before.

    Args:
        files: Of one `.py` file, or of a folder.
        examples: JSON text of the examples beside a single file.
        before: The proposal these very files became at an earlier time, as far as is known.

    Returns:
        The proposal that holds them.

    Raises:
        ReviewError: The files or their specification break a rule; nothing was queued.
        ToolvetError: They cannot be taken, or not now.
    """
    with services.refusals.recorded(caller, Verb.PROPOSAL_SUBMIT, ("proposal", "new")):
        listed = _examples(files, examples)
        caps = services.standing.rules.intake
        bundle = await read_bundle(files, services.pool, examples=listed, caps=caps)
        digest = bundles.revision_digest(bundle)
    place = await services.store.query(lambda view: _place(view, caller, bundle, digest, before))
    if place is None:
        return await submit.submit(services, caller, bundle.files)
    if place.is_there:
        return await look.show(services, caller, place.proposal)
    return await revise.revise(services, caller, place.proposal, bundle.files)


def _place(
    view: View, caller: Caller, bundle: Bundle, digest: Digest, before: str
) -> _Place | None:
    """Find the proposal that holds these files, or is to hold them; None when there is none."""
    if before in {row.id for row in view.proposals.by_revision(caller.id, digest)}:
        return _Place(before, is_there=True)
    for row in view.proposals.open_for(bundle.spec.toolset, bundle.spec.name):
        if row.author == caller.id:
            return _Place(row.id, row.revision_digest == digest)
    return None


def _examples(files: Mapping[str, bytes], examples: bytes | None) -> list[JsonObject]:
    if examples is None:
        return []
    if SPEC_FILE in files:
        raise ExamplesError(f"a folder's examples stand in its {SPEC_FILE}")
    found = canonical.parse(examples)
    if not isinstance(found, list):
        raise ExamplesError("the examples beside the file are not a list")
    listed = [one for one in found if isinstance(one, dict)]
    if len(listed) != len(found):
        raise ExamplesError("the examples beside the file hold something other than objects")
    return listed
