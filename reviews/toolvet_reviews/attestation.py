"""Statements about a published release, for verifiers elsewhere: in-toto Statement v1. Pure; no I/O.

Two predicates about the same subjects: who reviewed it on which evidence (ours), and that it was
verified against a policy (a SLSA verification summary). No level of SLSA's own is claimed: what was
verified is a review, not a build.

Source: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and
https://slsa.dev/spec/v1.1/verification_summary
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolvet_reviews import canonical
from toolvet_reviews.values import Digest, EffectKind, Json, JsonObject

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
REVIEW_TYPE = "https://toolvet.dev/review/v1"
VSA_TYPE = "https://slsa.dev/verification_summary/v1"
LEVEL = "TOOLVET_REVIEWED"
"""Verified: people whom the policy asks for approved exactly these bytes on passing evidence."""

REVIEW_FILE = "review.dsse.json"
SUMMARY_FILE = "vsa.dsse.json"


@dataclass(frozen=True)
class Reviewer:
    """A person whose vote the publication rests on."""

    key: Digest
    """Fingerprint of the key that signed."""
    principal: str
    entry: int
    """Of the vote in the log."""
    time: str
    envelope: Digest
    """Of the signed vote, which travels beside."""
    as_sponsor: bool
    name: str | None = None
    """None unless names are asked for."""


@dataclass(frozen=True)
class Reviewed:
    """A release as it was approved."""

    service: str
    toolset: str
    name: str
    version: int
    kind: EffectKind
    channel: str
    release: Digest
    revision: Digest
    files: Mapping[str, Digest]
    """The bundle's tree."""
    base: Digest | None
    proposal: str
    policy: Digest
    preset: str
    dossier: Digest | None
    tier: str
    rubric: Mapping[str, str]
    evidence: Sequence[tuple[str, str, Digest]]
    """Check, status and digest."""
    waived: tuple[str, ...]
    reviewers: tuple[Reviewer, ...]
    published_at: str
    entry: int
    """Of the publication in the log."""
    leaf: str
    """That entry, to the byte."""
    proof: str
    """That it is in the log: a C2SP tlog-proof with the signed checkpoint."""
    log_key: str
    """What that checkpoint is checked with; worth having from elsewhere."""


def resource_of(service: str, toolset: str, name: str, version: int) -> str:
    """Name a release for verifiers, as a URI."""
    return f"urn:toolvet:{service}:{toolset}/{name}:{version}"


def vote_file(number: int) -> str:
    """Name the file of a vote beside the others, counted from 1."""
    return f"vote-{number}.dsse.json"


def verifier(service: str) -> str:
    """Name a service as a verifier, as a URI."""
    return f"urn:toolvet:{service}"


def review(reviewed: Reviewed) -> bytes:
    """Write who reviewed a release, on what, and where the log says so; canonical bytes."""
    predicate: JsonObject = {
        "service": reviewed.service,
        "resourceUri": _resource(reviewed),
        "tool": {
            "toolset": reviewed.toolset,
            "name": reviewed.name,
            "version": reviewed.version,
            "channel": reviewed.channel,
            "kind": reviewed.kind,
        },
        "release": reviewed.release,
        "revision": reviewed.revision,
        "base": reviewed.base,
        "proposal": reviewed.proposal,
        "policy": {"digest": reviewed.policy, "preset": reviewed.preset},
        "reviewers": [_reviewer(one) for one in reviewed.reviewers],
        "dossier": reviewed.dossier,
        "tier": reviewed.tier,
        "rubric": dict[str, Json](reviewed.rubric),
        "evidence": [
            {"check": check, "status": status, "digest": digest}
            for check, status, digest in reviewed.evidence
        ],
        "waivedFindings": [*reviewed.waived],
        "log": {
            "key": reviewed.log_key,
            "entry": reviewed.entry,
            "leaf": reviewed.leaf,
            "proof": reviewed.proof,
            "publishedAt": reviewed.published_at,
        },
    }
    return _statement(reviewed, REVIEW_TYPE, predicate)


def summary(reviewed: Reviewed, now: str, inputs: Mapping[str, Digest], version: str) -> bytes:
    """Write the verification summary; canonical bytes.

    Args:
        now: When it was verified, RFC 3339.
        inputs: File name to digest of the attestations it rests on, as they travel beside it.
        version: Of Toolvet.
    """
    people = len({one.principal for one in reviewed.reviewers})
    predicate: JsonObject = {
        "verifier": {"id": verifier(reviewed.service), "version": {"toolvet": version}},
        "timeVerified": now,
        "resourceUri": _resource(reviewed),
        "policy": {
            "uri": f"{verifier(reviewed.service)}:policy",
            "digest": {"sha256": _hex(reviewed.policy)},
        },
        "inputAttestations": [
            {"uri": name, "digest": {"sha256": _hex(digest)}} for name, digest in inputs.items()
        ],
        "verificationResult": "PASSED",
        "verifiedLevels": [LEVEL, f"TOOLVET_PEOPLE_{people}"],
        "slsaVersion": "1.1",
    }
    return _statement(reviewed, VSA_TYPE, predicate)


def _resource(reviewed: Reviewed) -> str:
    return resource_of(reviewed.service, reviewed.toolset, reviewed.name, reviewed.version)


def _reviewer(one: Reviewer) -> JsonObject:
    said: JsonObject = {
        "key": one.key,
        "principal": one.principal,
        "entry": one.entry,
        "time": one.time,
        "vote": one.envelope,
        "asSponsor": one.as_sponsor,
    }
    return said if one.name is None else {**said, "name": one.name}


def _statement(reviewed: Reviewed, kind: str, predicate: JsonObject) -> bytes:
    things = {"release": reviewed.release} | {
        f"files/{path}": digest for path, digest in sorted(reviewed.files.items())
    }
    subjects: list[Json] = [
        {"name": name, "digest": {"sha256": _hex(digest)}} for name, digest in things.items()
    ]
    return canonical.dumps(
        {
            "_type": STATEMENT_TYPE,
            "subject": subjects,
            "predicateType": kind,
            "predicate": predicate,
        }
    )


def _hex(digest: Digest) -> str:
    return digest.removeprefix("sha256:")
