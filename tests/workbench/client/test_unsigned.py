"""A statement without a key is, byte for byte, what the pen signs."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from toolvet.audit import envelopes
from toolvet.audit.keys import LogKey, PersonKey
from toolvet.client.acts import Pen
from toolvet.client.errors import DifferenceError, LogChangedError
from toolvet.client.shapes import KeyOwner
from toolvet.client.shown import Shown
from toolvet.client.unsigned import Statements, Words
from toolvet_reviews import digests, statements
from toolvet_reviews.manifest import Manifest, ToolDefinition
from toolvet_reviews.values import Digest
from toolvet_reviews.views import ProposalView, RubricLine, ServiceView

PERSON = "01a1fe9f-4e39-7e98-9fbb-26adfeb98d82"
SERVICE = "01a1fe9f-4e39-7443-8525-689431be52ba"
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
POLICY = digests.sha256(b"policy")
RELEASE = digests.sha256(b"release")
WORDS = Words("Looks right.", "ab" * 32)


@pytest.fixture(scope="module")
def service() -> ServiceView:
    key = LogKey.generate("toolvet/log")
    return ServiceView(
        service_id=SERVICE,
        version="0",
        api=1,
        log_key=key.verifier_key,
        checkpoint=key.sign_checkpoint(8, bytes(32)),
        policy_digest=POLICY,
        preset="solo",
        tier="B",
    )


@pytest.fixture(autouse=True)
def no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every id and nonce be the same, so that two statements can be compared."""

    def zeros(size: int) -> str:
        return "0" * (2 * size)

    monkeypatch.setattr("toolvet.client.unsigned.uuid7", lambda: SERVICE)
    monkeypatch.setattr("secrets.token_hex", zeros)


MANIFEST = Manifest(
    workspace="default",
    toolset="growth",
    name="send",
    entry="send:send",
    revision=digests.sha256(b"revision"),
    environment=None,
    definition=ToolDefinition("growth__send", "Send", "Send.", {}, {}, {}),
    effects={"kind": "pure"},
    idempotency=None,
    limits={},
    retry={},
    lowest_tier="B",
    sdk="0",
)
VIEW = ProposalView(
    id="P-7",
    toolset="growth",
    tool="send",
    state="reviewing",
    turn="reviewers",
    author="bot",
    author_id=PERSON,
    sponsor_id=PERSON,
    kind="pure",
    revision=1,
    revision_digest=MANIFEST.revision,
    release_digest=RELEASE,
    base_release=None,
    created_at="",
    updated_at="",
    verdict="passed",
)


def shown_on(policy: Digest = POLICY) -> Shown:
    return Shown(
        view=VIEW,
        dossier=digests.sha256(b"dossier"),
        release=RELEASE,
        revision=MANIFEST.revision,
        base=None,
        policy=policy,
        tier="B",
        kind="pure",
        manifest=MANIFEST,
        rubric=(RubricLine("safety", "met", required=True, why="looked at"),),
        evidence=(),
        files={},
    )


OWNER = KeyOwner("sha256:" + "1" * 64, PERSON, "ada", "pending", "2" * 64)
ACTS: dict[str, Callable[[Any], Any]] = {
    "login": lambda by: by.login(),
    "vote": lambda by: by.vote(shown_on()),
    "vote with words": lambda by: by.vote(shown_on(), WORDS),
    "rollback": lambda by: by.rollback(MANIFEST, RELEASE, None, WORDS),
    "principal": lambda by: by.add_principal("bot", "agent", ["caller", "author"], PERSON),
    "key": lambda by: by.enrol_key(OWNER),
    "grant": lambda by: by.add_grant(PERSON, "*/*", "write", None),
    "policy": lambda by: by.apply_policy("[policy]\n"),
    "consent": lambda by: by.consent("C"),
}


@pytest.mark.parametrize("name", ACTS)
def test_the_pen_signs_the_very_bytes_that_are_written_without_a_key(
    name: str, service: ServiceView
) -> None:
    key = PersonKey(Ed25519PrivateKey.generate())

    signed = ACTS[name](Pen(service, key, PERSON, lambda: NOW))
    written = ACTS[name](Statements(service, PERSON, clock=lambda: NOW))

    envelope = getattr(signed, "envelope", signed)
    statement = getattr(written, "statement", written)
    assert envelopes.verify(envelope, {key.fingerprint: key.public})[0] == statement
    assert getattr(signed, "document", b"") == getattr(written, "document", b"")


def test_a_vote_says_what_was_shown(service: ServiceView) -> None:
    said = statements.parse(Statements(service, PERSON, clock=lambda: NOW).vote(shown_on(), WORDS))

    assert (said.subject, said.subject_name, said.proposal) == (RELEASE, "growth/send", "P-7")
    assert (said.service, said.actor, said.policy) == (SERVICE, PERSON, POLICY)
    assert (said.checkpoint_size, said.time) == (8, "2026-11-21T15:00:00.000000Z")
    assert (said.note, said.rubric) == (WORDS.commitment, {"safety": "met"})


def test_a_policy_that_changed_since_leaves_nothing_to_sign(service: ServiceView) -> None:
    other = digests.sha256(b"another policy")

    with pytest.raises(DifferenceError) as refused:
        Statements(service, PERSON).vote(shown_on(other))

    assert refused.value.code == "act.difference"


def test_a_checkpoint_that_the_logs_key_did_not_sign_goes_into_no_statement(
    service: ServiceView,
) -> None:
    forged = replace(service, checkpoint=service.checkpoint.replace("\n8\n", "\n9\n"))

    with pytest.raises(LogChangedError):
        Statements(forged, PERSON).login()


def test_words_travel_with_the_salt_of_their_commitment() -> None:
    sent = WORDS.to_json()

    assert digests.commit(bytes.fromhex(sent["salt"]), sent["text"].encode()) == WORDS.commitment
    assert base64.b16decode(sent["salt"].upper()) == bytes.fromhex("ab" * 32)
