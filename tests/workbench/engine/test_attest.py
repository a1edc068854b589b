"""Attestations of a release hold for verifiers that know nothing of this product."""

import asyncio
import base64
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from house import House

from toolvet.audit import attested
from toolvet.audit.entries import parse_entry
from toolvet.audit.errors import EnvelopeError, KeyFileError
from toolvet.audit.keys import LogKey
from toolvet.audit.merkle import leaf_hash
from toolvet.audit.notes import parse_proof
from toolvet.client import attest
from toolvet.client.attest import Bundle
from toolvet.client.client import Client
from toolvet.client.errors import DifferenceError, RemoteError
from toolvet.client.shapes import Attestation
from toolvet.errors import HomeError
from toolvet_reviews import digests
from toolvet_reviews.attestation import REVIEW_TYPE, VSA_TYPE

Run = Callable[[Any], Any]
PAGE = Path(__file__).resolve().parents[3] / "docs" / "attest.md"


def fetch(client: Client, tool: str, version: int | None = None, **rest: Any) -> Bundle:
    return attest.fetch(client, client.service(), tool, version, **rest)


@pytest.fixture(scope="module")
def bundle(home: House, run: Run) -> Bundle:
    found: Bundle = run(asyncio.to_thread(fetch, home.of(home.members["ada"]), "add"))
    return found


def payload(envelope: str, home: House) -> Any:
    key = home.services.log_key.verifier_key
    return json.loads(attested.verify(envelope.encode(), key))


def test_both_statements_are_about_the_approved_bytes(bundle: Bundle, home: House) -> None:
    review = payload(bundle.files["review.dsse.json"], home)
    summary = payload(bundle.files["vsa.dsse.json"], home)

    assert (review["predicateType"], summary["predicateType"]) == (REVIEW_TYPE, VSA_TYPE)
    assert review["subject"] == summary["subject"]
    subjects = {one["name"]: "sha256:" + one["digest"]["sha256"] for one in review["subject"]}
    files = run_files(home)
    assert subjects.pop("release") == bundle.attestation.release
    assert subjects == {f"files/{path}": digests.sha256(data) for path, data in files.items()}


def run_files(home: House) -> dict[str, bytes]:
    release = home.services.catalogue.snapshot.served["add"]
    with home.services.store.read() as view:
        return {path: view.blob(digest) for path, digest in release.files.items()}


def test_the_review_names_keys_evidence_and_policy_and_the_log_holds_it(
    bundle: Bundle, home: House
) -> None:
    said = payload(bundle.files["review.dsse.json"], home)["predicate"]

    assert home.person.key is not None
    assert [one["key"] for one in said["reviewers"]] == [home.person.key.fingerprint]
    assert "name" not in said["reviewers"][0]
    assert said["policy"]["digest"] == home.services.standing.policy
    assert {"check", "status", "digest"} == set(said["evidence"][0])
    entry = parse_entry(said["log"]["leaf"].encode())
    assert entry.digest == bundle.attestation.release
    proof = parse_proof(said["log"]["proof"])
    leaf = leaf_hash(said["log"]["leaf"].encode())
    assert proof.check(leaf, home.services.log_key.verifier_key).size > proof.index


def test_names_are_told_when_they_are_asked_for(home: House, run: Run) -> None:
    client = home.of(home.members["ada"])
    found: Bundle = run(asyncio.to_thread(lambda: fetch(client, "add", names=True)))

    said = payload(found.files["review.dsse.json"], home)["predicate"]
    assert [one["name"] for one in said["reviewers"]] == ["person"]


def test_an_older_version_is_attested_by_its_own_review(home: House, run: Run) -> None:
    client = home.of(home.members["ada"])
    first: Bundle = run(asyncio.to_thread(lambda: fetch(client, "add", 1)))
    second: Bundle = run(asyncio.to_thread(lambda: fetch(client, "add", 2)))

    assert first.attestation.release != second.attestation.release
    assert (first.resource[-2:], second.resource[-2:]) == (":1", ":2")


def test_what_was_never_published_or_stopped_is_not_attested(home: House, run: Run) -> None:
    def code(tool: str, version: int | None = None) -> str:
        with pytest.raises(RemoteError) as refused:
            run(asyncio.to_thread(lambda: fetch(home.of(home.person), tool, version)))
        return refused.value.code

    assert code("multiply") == "tool.not_found"
    assert code("add", 9) == "not_found"
    run(asyncio.to_thread(lambda: home.of(home.person).disable("clip", "no more")))
    assert code("clip") == "attest.not_served"


class Lying(Client):
    """A client of a service that answers with something else."""

    def __init__(self, honest: Client, lie: Callable[[Attestation], Attestation]) -> None:
        self._http = honest._http  # pyright: ignore[reportPrivateUsage]
        self._lie = lie

    def attestation(self, *args: Any, **rest: Any) -> Attestation:
        return self._lie(super().attestation(*args, **rest))


def signed_by_another(found: Attestation) -> Attestation:
    said = json.loads(found.review)
    key = LogKey.generate("example.org/log")

    return replace(found, review=attested.sign(base64.b64decode(said["payload"]), key).decode())


LIES: dict[str, Callable[[Attestation], Attestation]] = {
    "signed by another key": signed_by_another,
    "of another release": lambda found: replace(found, release="sha256:" + "0" * 64),
    "of another version": lambda found: replace(found, version=found.version + 1),
    "of another tool": lambda found: replace(found, name="clip"),
    "the summary twice": lambda found: replace(found, review=found.summary),
    "without its votes": lambda found: replace(found, votes=()),
    "with a vote too many": lambda found: replace(found, votes=found.votes * 2),
    "no envelope": lambda found: replace(found, summary="{}"),
    "no JSON": lambda found: replace(found, summary="["),
    "a bit of the payload": lambda found: replace(
        found, review=found.review.replace("eyJ", "eyK", 1)
    ),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_attestations_that_do_not_hold_are_never_written(
    home: House, run: Run, lie: Callable[[Attestation], Attestation]
) -> None:
    client = Lying(home.of(home.members["ada"]), lie)

    with pytest.raises((EnvelopeError, DifferenceError)):
        run(asyncio.to_thread(lambda: fetch(client, "add")))


def test_a_file_that_is_there_is_not_written_over(bundle: Bundle, tmp_path: Path) -> None:
    attest.write(bundle, tmp_path / "out")

    assert {file.name for file in (tmp_path / "out").iterdir()} == set(bundle.files)
    with pytest.raises(HomeError):
        attest.write(bundle, tmp_path / "out")


def test_the_log_key_signs_nothing_that_could_be_a_checkpoint() -> None:
    key = LogKey.generate("example.org/log")

    with pytest.raises(KeyFileError):
        key.sign_attestation(b"example.org/log\n7\n")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.skipif(not PAGE.is_file(), reason="the docs are not here")
def test_the_reference_libraries_of_in_toto_verify_it_as_the_page_says(
    bundle: Bundle, tmp_path: Path
) -> None:
    attest.write(bundle, tmp_path)
    command = [sys.executable, "-c", block("python"), str(tmp_path), str(tmp_path / "log.pem")]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert (
        done.stdout == f"{bundle.resource} by 1 people, levels TOOLVET_REVIEWED TOOLVET_PEOPLE_1\n"
    )
    (tmp_path / "vote-1.dsse.json").write_text("{}")
    again = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "AssertionError: vote-1.dsse.json" in again.stderr


@pytest.mark.skipif(not PAGE.is_file(), reason="the docs are not here")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
def test_openssl_alone_verifies_it_as_the_page_says(bundle: Bundle, tmp_path: Path) -> None:
    attest.write(bundle, tmp_path / "kept")
    other = tmp_path / "other.pem"
    other.write_text(attested.pem(LogKey.generate("example.org/log").verifier_key))
    script = ["sh", "-ec", block("sh"), "sh", str(tmp_path / "kept")]

    def verified(key: Path) -> int:
        done = subprocess.run(
            [*script, str(key)], cwd=tmp_path, capture_output=True, timeout=60, check=False
        )
        return done.returncode

    assert verified(tmp_path / "kept" / "log.pem") == 0
    assert verified(other) != 0
