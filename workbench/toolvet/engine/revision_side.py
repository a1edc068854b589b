"""One revision as it stands in a comparison: what it says, what was found, by which digests."""

from collections.abc import Mapping, Sequence

from toolvet.engine import bundles, waivers
from toolvet.engine.services import Services
from toolvet.engine.stored import load_evidence
from toolvet.engine.verdict_shown import shown_verdict
from toolvet.storage import View
from toolvet.storage.rows import ProposalRow, RevisionRow
from toolvet_reviews import comparison, manifest, toml
from toolvet_reviews.comparison import Side, Thing
from toolvet_reviews.errors import ReviewError, SpecError
from toolvet_reviews.findings import Evidence
from toolvet_reviews.intake import SPEC_FILE
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest, Json, JsonObject


def read(
    services: Services, view: View, caller: Caller, row: ProposalRow, revision: RevisionRow
) -> Side:
    """Read everything of a revision but its files, as far as a caller may know it."""
    loaded = load_evidence(view, row.number, revision.number)
    waived = frozenset(waivers.leaned_on(view, revision.dossier))
    shown = shown_verdict(
        services, caller, row, revision, loaded, services.standing.rules, waived=waived
    )
    return Side(
        spec=_spec(view, revision),
        manifest=_manifest(view, revision.release_digest),
        evidence=shown.evidence,
        rubric=shown.rubric,
        tests=_tests([found for found, _ in loaded]),
    )


def named(
    services: Services, view: View, caller: Caller, row: ProposalRow, revision: RevisionRow
) -> Mapping[Thing, Sequence[str]]:
    """Name the digests by which a caller may mark the things of a revision, its own ones first.

    A definition may also be named by its release, a rubric by its dossier: both hold them.
    """
    tree = bundles.tree(view, revision.digest)
    side = read(services, view, caller, row, revision)
    found: dict[Thing, tuple[str, ...]] = {
        thing: (digest,) for thing, digest in of_side(side).items()
    }
    found |= {thing: (digest,) for thing, digest in of_files(tree).items()}
    for thing, container in (
        (("definition", ""), revision.release_digest),
        (("rubric", ""), revision.dossier),
    ):
        if thing in found and container is not None:
            found[thing] = (*found[thing], container)
    return found


def of_side(side: Side) -> dict[Thing, str]:
    """Name the digests of what a side says beside its files."""
    found: dict[Thing, str] = {
        ("evidence", one.check): one.digest for one in side.evidence if one.digest
    }
    for kind in ("tests", "effects"):
        if ("evidence", kind) in found:
            found[kind, ""] = found["evidence", kind]
    if side.manifest is not None:
        found["definition", ""] = comparison.definition_digest(side.manifest)
    if side.rubric:
        found["rubric", ""] = comparison.rubric_digest(side.rubric)
    return found


def of_files(tree: Mapping[str, Digest]) -> dict[Thing, str]:
    """Name the digests of files; the specification is one of them."""
    found: dict[Thing, str] = {("file", path): digest for path, digest in tree.items()}
    if SPEC_FILE in tree:
        found["spec", ""] = tree[SPEC_FILE]
    return found


def _spec(view: View, revision: RevisionRow) -> JsonObject:
    """Read the specification as submission read it: capped, and refused when it is too deep."""
    digest = bundles.tree(view, revision.digest).get(SPEC_FILE)
    if digest is None:
        return {}
    try:
        return toml.loads(view.blob(digest).decode("utf-8"), SpecError)
    except (ReviewError, UnicodeDecodeError):
        return {}


def _manifest(view: View, release: str | None) -> Manifest | None:
    return None if release is None else manifest.from_bytes(view.blob(Digest(release)))


def _tests(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Name the tests as the confined parser found them written."""
    intake = next((one for one in evidence if one.check == "intake"), None)
    said: Json = intake.measurements.get("tests") if intake else None
    if not isinstance(said, dict):
        return ()
    return tuple(
        f"{path}::{name}"
        for path, names in said.items()
        if isinstance(names, list)
        for name in names
        if isinstance(name, str)
    )
