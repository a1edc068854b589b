"""Signed acts: one signature, by one allowed key, in one spelling."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope

from toolvet.audit import envelopes
from toolvet.audit.errors import EnvelopeError
from toolvet.audit.keys import PersonKey
from toolvet_reviews import canonical

KEY = PersonKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = PersonKey(Ed25519PrivateKey.generate())
ALLOWED = {KEY.fingerprint: KEY.public}
STATEMENT = b'{"_type":"https://in-toto.io/Statement/v1"}'
SIGNED = envelopes.sign(STATEMENT, KEY)


def test_a_signed_statement_comes_back_with_its_key() -> None:
    assert envelopes.verify(SIGNED, ALLOWED) == (STATEMENT, KEY.fingerprint)
    assert envelopes.payload_of(SIGNED) == STATEMENT
    assert envelopes.signer(SIGNED) == KEY.fingerprint


def test_what_is_signed_is_the_encoding_of_the_dsse_specification() -> None:
    pae = Envelope(b"hello world", "http://example.com/HelloWorld", {}).pae()

    assert pae == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_a_key_that_may_not_sign_is_refused() -> None:
    for allowed in ({}, {OTHER.fingerprint: OTHER.public}):
        with pytest.raises(EnvelopeError):
            envelopes.verify(SIGNED, allowed)


def test_a_key_under_anothers_name_is_refused() -> None:
    with pytest.raises(EnvelopeError):
        envelopes.verify(SIGNED, {KEY.fingerprint: OTHER.public})
    with pytest.raises(EnvelopeError):
        envelopes.verify(SIGNED, {KEY.fingerprint: b"short"})


def changed(**fields: Any) -> bytes:
    return canonical.dumps({**json.loads(SIGNED), **fields})


SIGNATURE: dict[str, str] = json.loads(SIGNED)["signatures"][0]
BROKEN: dict[str, bytes] = {
    "another statement": changed(payload=base64.b64encode(b"{}").decode()),
    "another type": changed(payloadType="application/json"),
    "no signature": changed(signatures=[]),
    "two signatures": changed(signatures=[SIGNATURE, SIGNATURE]),
    "a signature more": changed(
        signatures=[SIGNATURE, json.loads(envelopes.sign(STATEMENT, OTHER))["signatures"][0]]
    ),
    "a field more": changed(more=1),
    "a field more in the signature": changed(signatures=[{**SIGNATURE, "cert": "x"}]),
    "a short signature": changed(signatures=[{**SIGNATURE, "sig": "AAAA"}]),
    "no base64": changed(payload="!"),
    "base64 beyond ASCII": changed(payload="é"),
    "base64 of the web": changed(signatures=[{**SIGNATURE, "sig": "_" * 86 + "=="}]),
    "a space": SIGNED + b" ",
    "a list": b"[]",
    "deep": b"[" * 5000,
    "nothing": b"",
    "too long": b" " * (envelopes.MAX_ENVELOPE_SIZE + 1),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_changed_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        envelopes.verify(data, {**ALLOWED, OTHER.fingerprint: OTHER.public})


def test_a_statement_too_long_is_not_signed() -> None:
    with pytest.raises(EnvelopeError):
        envelopes.sign(b"x" * envelopes.MAX_ENVELOPE_SIZE, KEY)


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_no_changed_byte_goes_unnoticed(at: int, flip: int) -> None:
    data = bytearray(SIGNED)
    data[at] ^= flip

    with pytest.raises(EnvelopeError):
        envelopes.verify(bytes(data), ALLOWED)


@given(st.binary(max_size=100))
def test_reading_anything_fails_with_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        envelopes.verify(data, ALLOWED)
