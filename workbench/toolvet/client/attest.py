"""Attestations of a release, checked here before they are kept: a folder for verifiers elsewhere.

The log's key is the one this person knows the service by. What is written can be checked without
Toolvet and without the service; docs/attest.md shows how.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from toolvet.audit import attested, envelopes
from toolvet.client.client import Client
from toolvet.client.errors import DifferenceError
from toolvet.client.shapes import Attestation
from toolvet.errors import HomeError
from toolvet_reviews import canonical, digests
from toolvet_reviews.attestation import (
    REVIEW_FILE,
    REVIEW_TYPE,
    SUMMARY_FILE,
    VSA_TYPE,
    resource_of,
    vote_file,
)
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.values import Digest, Json, JsonObject
from toolvet_reviews.views import ServiceView

KEY_FILE = "log.pem"


@dataclass(frozen=True)
class Bundle:
    """What attests a release, checked."""

    attestation: Attestation
    files: dict[str, str]
    """Name to content, as they are kept in a folder."""
    resource: str
    """What the release is called in them."""


def fetch(
    client: Client, service: ServiceView, tool: str, version: int | None, *, names: bool = False
) -> Bundle:
    """Fetch the attestations of a release and check them.

    Args:
        service: As `Memory.trusted` answered: its log key is the one to sign.

    Raises:
        EnvelopeError: One is not signed by the log's key.
        DifferenceError: They are about something else, or not about each other.
    """
    found = client.attestation(tool, version, names=names)
    review = _statement(found.review, service.log_key, REVIEW_TYPE)
    summary = _statement(found.summary, service.log_key, VSA_TYPE)
    files = {REVIEW_FILE: found.review}
    files |= {vote_file(number): one for number, one in enumerate(found.votes, start=1)}
    named = resource_of(service.service_id, found.toolset, found.name, found.version)
    _check(found, review, summary, files, named)
    return Bundle(
        found,
        {**files, SUMMARY_FILE: found.summary, KEY_FILE: attested.pem(service.log_key)},
        named,
    )


def write(bundle: Bundle, folder: Path) -> None:
    """Keep attestations in a folder; a file that is there is never written over.

    Raises:
        HomeError: It cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in bundle.files.items():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
    except OSError as error:
        raise HomeError(
            f"cannot write attestations to {folder}: {error.strerror}",
            hint="Name an empty folder with --out.",
        ) from error


def _statement(envelope: str, log_key: str, kind: str) -> JsonObject:
    payload = attested.verify(envelope.encode(), log_key)
    try:
        said = canonical.parse_object(payload)
    except CanonicalError as error:
        raise DifferenceError(f"an attestation is no statement: {error}") from error
    if said.get("predicateType") != kind:
        raise DifferenceError(f"an attestation is no {kind}")
    return said


def _check(
    found: Attestation,
    review: JsonObject,
    summary: JsonObject,
    files: dict[str, str],
    named: str,
) -> None:
    """Hold both statements against what was asked for, and the summary against its inputs."""
    if review.get("subject") != summary.get("subject"):
        raise DifferenceError("the two attestations are about different files")
    subjects = _digests(review.get("subject"))
    if subjects.get("release") != found.release:
        raise DifferenceError("the attestations are about another release")
    said, told = _object(review.get("predicate")), _object(summary.get("predicate"))
    if not named == said.get("resourceUri") == told.get("resourceUri"):
        raise DifferenceError("the attestations name another release")
    inputs = {str(one.get("uri")): one for one in _objects(told.get("inputAttestations"))}
    for name, text in files.items():
        if _digest(inputs.get(name)) != digests.sha256(text.encode()):
            raise DifferenceError(f"the summary rests on another {name}")
    reviewers = _objects(said.get("reviewers"))
    voted = [digests.sha256(text.encode()) for text in found.votes]
    signers = [envelopes.signer(text.encode()) for text in found.votes]
    if [one.get("vote") for one in reviewers] != voted:
        raise DifferenceError("the review names other votes")
    if [one.get("key") for one in reviewers] != signers:
        raise DifferenceError("the review names other keys than the votes were signed with")


def _digests(subjects: Json) -> dict[str, Digest | None]:
    return {str(one.get("name")): _digest(one) for one in _objects(subjects)}


def _digest(one: JsonObject | None) -> Digest | None:
    said = _object(one.get("digest")) if one else {}
    return Digest(f"sha256:{said.get('sha256')}")


def _objects(value: Json) -> list[JsonObject]:
    return [_object(one) for one in value] if isinstance(value, list) else []


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
