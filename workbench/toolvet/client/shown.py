"""What a reviewer is shown, fetched as bytes and held against its digests before anyone signs.

The service is not believed: the dossier, the manifest, every file and every piece of evidence must
hash to what names them, the policy to its digest, and the rubric is concluded here once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from toolvet.client.client import Client
from toolvet.client.errors import DifferenceError, StalePageError
from toolvet.client.overruled import Overruled, overruled
from toolvet_reviews import canonical, digests, manifest, rubric
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.findings import Evidence, Finding, evidence_from_json
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.policy import Policy, parse_policy
from toolvet_reviews.values import EFFECT_KINDS, Digest, EffectKind, Json, JsonObject, Tier
from toolvet_reviews.views import ProposalView, RubricLine, ServiceView


@dataclass(frozen=True)
class Shown:
    """One revision as it is displayed; every byte was checked."""

    view: ProposalView
    """The conversation around it: names, comments, votes. Nothing of it is signed."""
    dossier: Digest
    release: Digest
    revision: Digest
    base: Digest | None
    policy: Digest
    tier: Tier
    kind: EffectKind
    manifest: Manifest
    rubric: tuple[RubricLine, ...]
    evidence: tuple[Evidence, ...]
    files: Mapping[str, bytes]
    overruled: tuple[Overruled, ...] = ()
    """Findings that people overruled: the rubric leans on that, and a vote names them."""

    @property
    def waived(self) -> tuple[str, ...]:
        """Fingerprints of what people overruled, as they are signed."""
        return tuple(one.finding.fingerprint for one in self.overruled)

    @property
    def findings(self) -> list[Finding]:
        """Everything the checks remarked."""
        return [found for check in self.evidence for found in check.findings]

    @property
    def marks(self) -> dict[str, str]:
        """Criterion to mark, as it is signed."""
        return {line.criterion: line.mark for line in self.rubric}


def fetch(client: Client, service: ServiceView, proposal: str) -> Shown:
    """Fetch everything a vote on a proposal is about.

    Raises:
        DifferenceError: Something is not what its digest says, or two things disagree.
        StalePageError: The proposal changed while it was fetched.
    """
    view = client.show(proposal)
    raw = client.dossier(proposal)
    newest = next((r for r in view.revisions if r.number == view.revision), None)
    if newest is None or newest.dossier_digest != digests.sha256(raw):
        raise StalePageError(f"{proposal} changed while it was being fetched")
    try:
        return _checked(client, service, view, raw)
    except ReviewError as error:
        raise DifferenceError(f"what {proposal} shows cannot be read: {error}") from error


def _checked(client: Client, service: ServiceView, view: ProposalView, raw: bytes) -> Shown:
    dossier = canonical.parse_object(raw)
    release = Digest(_text(dossier, "release_digest"))
    revision = Digest(_text(dossier, "revision_digest"))
    approved = _manifest(client, release)
    files = client.files(view.id, view.revision)
    kind = _kind(approved)
    for what, have, want in (
        ("dossier's bytes", canonical.dumps(dossier), raw),
        ("service", dossier.get("service"), service.service_id),
        ("proposal", dossier.get("proposal"), view.id),
        ("revision", dossier.get("revision"), view.revision),
        ("revision digest", view.revision_digest, revision),
        ("release digest", view.release_digest, release),
        ("manifest", dossier.get("manifest"), manifest.to_json(approved)),
        ("manifest's revision", approved.revision, revision),
        ("manifest's name", (approved.toolset, approved.name), (view.toolset, view.tool)),
        ("effect kind", view.kind, kind),
        ("files", digests.file_tree(files), revision),
        ("base", dossier.get("base_release"), view.base_release),
        ("tier", dossier.get("tier"), service.tier),
    ):
        _same(what, have, want)
    evidence = tuple(_evidence(client, item) for item in _list(dossier, "evidence"))
    against = overruled(view, dossier, release, evidence, client.blob)
    waived = frozenset(one.finding.fingerprint for one in against)
    lines = _rubric(client, service, dossier, kind, evidence, waived)
    return Shown(
        view=view,
        dossier=digests.sha256(raw),
        release=release,
        revision=revision,
        base=None if view.base_release is None else Digest(view.base_release),
        policy=Digest(service.policy_digest),
        tier=_tier(service.tier),
        kind=kind,
        manifest=approved,
        rubric=lines,
        evidence=evidence,
        files=files,
        overruled=against,
    )


def fetch_manifest(client: Client, release: str) -> Manifest:
    """Fetch what a release digest stands for.

    Raises:
        DifferenceError: The bytes are not those of the digest.
    """
    try:
        return _manifest(client, Digest(release))
    except ReviewError as error:
        raise DifferenceError(f"the manifest cannot be read: {error}") from error


def fetch_files(client: Client, revision: Digest) -> dict[str, bytes]:
    """Fetch the files of any revision by its digest.

    Raises:
        DifferenceError: The bytes are not those of the digest.
    """
    try:
        tree = client.blob(revision)
        _same("tree's bytes", digests.sha256(tree), revision)
        files = {path: client.blob(digest) for path, digest in digests.read_tree(tree).items()}
    except ReviewError as error:
        raise DifferenceError(f"a revision cannot be read: {error}") from error
    _same("files", digests.file_tree(files), revision)
    return files


def policy_in_force(client: Client, service: ServiceView) -> Policy:
    """Fetch the policy, and check it is the one the service names.

    Raises:
        DifferenceError: It is not.
    """
    said = client.policy()
    _same("policy", digests.sha256(said.text.encode()), service.policy_digest)
    try:
        return parse_policy(said.text)
    except ReviewError as error:
        raise DifferenceError(f"the policy cannot be read: {error}") from error


def _manifest(client: Client, release: Digest) -> Manifest:
    data = client.blob(release)
    _same("manifest's bytes", digests.sha256(data), release)
    return manifest.from_bytes(data)


def _evidence(client: Client, item: Json) -> Evidence:
    listed: JsonObject = item if isinstance(item, dict) else {}
    digest = _text(listed, "digest")
    data = client.blob(digest)
    _same("evidence's bytes", digests.sha256(data), digest)
    found = evidence_from_json(canonical.parse(data))
    _same("evidence", (found.check, found.status), (listed.get("check"), listed.get("status")))
    return found


def _rubric(
    client: Client,
    service: ServiceView,
    dossier: JsonObject,
    kind: EffectKind,
    evidence: tuple[Evidence, ...],
    waived: frozenset[str],
) -> tuple[RubricLine, ...]:
    policy = policy_in_force(client, service)
    lines = rubric.conclude(policy, kind, evidence, waived=waived, for_reviewers=True)
    if dossier.get("policy") == service.policy_digest:  # else the policy in force now decides
        _same("rubric", dossier.get("rubric"), {line.criterion: line.mark for line in lines})
    return lines


def _kind(approved: Manifest) -> EffectKind:
    for kind in EFFECT_KINDS:
        if kind == approved.effects.get("kind"):
            return kind
    raise DifferenceError("the manifest declares no known effect kind")


def _tier(text: str) -> Tier:
    tiers: dict[str, Tier] = {"A": "A", "B": "B", "C": "C", "none": "none"}
    if text not in tiers:
        raise DifferenceError(f"the service names an unknown tier: {text!r}")
    return tiers[text]


def _same(what: str, have: object, want: object) -> None:
    if have != want:
        raise DifferenceError(f"the {what} differs: {str(have)[:120]} is not {str(want)[:120]}")


def _text(found: JsonObject, name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        raise DifferenceError(f"the dossier does not say its {name}")
    return value


def _list(found: JsonObject, name: str) -> list[Json]:
    value = found.get(name)
    if not isinstance(value, list):
        raise DifferenceError(f"the dossier does not say its {name}")
    return value
