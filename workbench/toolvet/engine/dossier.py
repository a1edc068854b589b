"""The bytes a reviewer looks at: dossier, files, evidence, and differences between revisions."""

import asyncio
from collections.abc import Sequence

from toolvet.engine import bundles, compare, waivers
from toolvet.engine.services import Services
from toolvet.engine.stored import find, load_evidence, revision_of, sees_findings
from toolvet.engine.verdict_shown import sees_hidden
from toolvet.errors import ForbiddenError, NotFoundError
from toolvet.storage import View
from toolvet.storage.errors import BlobMissingError
from toolvet_reviews import canonical, diffs
from toolvet_reviews.evidence_views import holds_back
from toolvet_reviews.findings import Evidence, evidence_from_json
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import Whitespace
from toolvet_reviews.values import Digest


class HiddenEvidenceError(ForbiddenError):
    """Evidence that holds what an author must not know, asked for by an agent."""

    code = "evidence.hidden"
    hint = "A person who reviews sees it: open your key, or sign in."


async def dossier(services: Services, caller: Caller, proposal: str) -> bytes:
    """Give the bytes of the newest revision's dossier; their digest is what a vote names.

    Raises:
        ForbiddenError: The caller sees proposals as their author only, or is not told of the
            waivers that it leans on, and so could not check it.
        NotFoundError: The revision is still being verified, or failed.
    """

    def read(view: View) -> bytes:
        row = find(view, caller, proposal)
        if not sees_findings(caller):
            raise ForbiddenError("a dossier is for people, reviewers and auditors")
        loaded = load_evidence(view, row.number, row.revision)
        _check_may_see(caller, [found for found, _ in loaded])
        revision = view.proposals.revision(row.number, row.revision)
        if revision is None or revision.dossier is None:
            raise NotFoundError(
                f"{proposal} has no dossier", hint="Its verification has not passed."
            )
        if waivers.leaned_on(view, revision.dossier) and not sees_hidden(caller):
            raise HiddenEvidenceError("what was overruled here is for people who review")
        return view.blob(Digest(revision.dossier))

    return await services.store.query(read)


async def files(
    services: Services, caller: Caller, proposal: str, revision: int | None = None
) -> dict[str, bytes]:
    """Give the files of a revision, each checked against its digest."""

    def read(view: View) -> dict[str, bytes]:
        row = find(view, caller, proposal)
        wanted = revision_of(view.proposals.revisions(row.number), row, revision)
        return bundles.load(view, Digest(wanted.digest))

    return await services.store.query(read)


async def diff(
    services: Services,
    caller: Caller,
    proposal: str,
    from_: str = "published",
    to: int | None = None,
    *,
    whitespace: Whitespace = "exact",
    context: int = 3,
) -> str:
    """Compare two revisions as a unified diff to read, hidden characters spelled out.

    Args:
        from_: `published`, `seen` (what the caller looked at last), or a revision's number.
        to: Revision to compare with; None is the newest.
        whitespace: What of space is passed over.
        context: Equal lines around a change.

    Raises:
        FromError: There is no such side.
        NotAPersonError: `seen` was asked for by somebody who did not come with a key.
    """
    found = await compare.gather(services, caller, proposal, from_, to)
    return await asyncio.to_thread(
        diffs.unified,
        found.old_files,
        found.new_files,
        context=context,
        whitespace=whitespace,
    )


async def blob(services: Services, caller: Caller, digest: str) -> bytes:
    """Give stored bytes by digest, to those who may see every proposal.

    Raises:
        ForbiddenError: The caller sees its own proposals only, or it is evidence that it may not see.
    """
    if not sees_findings(caller):
        raise ForbiddenError("blobs are for people, reviewers and auditors")

    def read(view: View) -> bytes:
        if not sees_hidden(caller):
            _check_may_see(caller, _evidence_in(view, digest))
        return view.blob(Digest(digest))

    return await services.store.query(read)


def _check_may_see(caller: Caller, evidence: Sequence[Evidence]) -> None:
    """Refuse what holds more than an author may know to whoever is not a person that reviews.

    The local token is an agent's, too: everything of its user can read it.
    """
    if not sees_hidden(caller) and any(holds_back(found) for found in evidence):
        raise HiddenEvidenceError("some of this evidence is for people who review")


def _evidence_in(view: View, digest: str) -> list[Evidence]:
    """Read the evidence a blob is, or names when it is a dossier; none when it is neither."""
    data = _blob_as(view, digest, "evidence")
    if data is not None:
        return [evidence_from_json(canonical.parse(data))]
    data = _blob_as(view, digest, "dossier")
    listed = canonical.parse_object(data).get("evidence") if data is not None else None
    named = [one.get("digest") for one in listed or () if isinstance(one, dict)] if isinstance(listed, list) else []  # fmt: skip
    return [found for one in named for found in _evidence_in(view, str(one))]


def _blob_as(view: View, digest: str, kind: str) -> bytes | None:
    try:
        return view.blob(Digest(digest), kind)
    except BlobMissingError:
        return None
