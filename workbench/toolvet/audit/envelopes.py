"""Signed acts: DSSE envelopes over in-toto statements, each by exactly one Ed25519 key.

The key id in an envelope is the key's fingerprint. An envelope has one spelling, canonical JSON,
because the log names it by the digest of its bytes.
"""

import base64
import binascii
from collections.abc import Mapping

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import (  # public by its documentation
    Signature,  # pyright: ignore[reportPrivateImportUsage]
    SSlibKey,  # pyright: ignore[reportPrivateImportUsage]
)

from toolvet.audit.errors import EnvelopeError
from toolvet.audit.keys import PersonKey
from toolvet_reviews import canonical
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.values import Digest, Json

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_ENVELOPE_SIZE = 64 * 1024
SIGNATURE_SIZE = 64


def sign(statement: bytes, key: PersonKey) -> bytes:
    """Sign a statement.

    Args:
        statement: Canonical bytes, as `toolvet_reviews.statements.build` makes them.
        key: Of the person whose act it is.

    Returns:
        The envelope, canonical JSON.

    Raises:
        EnvelopeError: The statement is too long.
    """
    envelope = Envelope(statement, PAYLOAD_TYPE, {})
    signature = Signature(key.fingerprint, key.sign(envelope.pae()).hex())
    written = _write(statement, signature.keyid, bytes.fromhex(signature.signature))
    if len(written) > MAX_ENVELOPE_SIZE:
        raise EnvelopeError(f"the act has {len(written)} bytes, at most {MAX_ENVELOPE_SIZE}")
    return written


def verify(envelope: bytes, public_keys: Mapping[Digest, bytes]) -> tuple[bytes, Digest]:
    """Check an envelope.

    Args:
        envelope: As `sign` wrote it.
        public_keys: Fingerprint to raw public key: the keys that may sign.

    Returns:
        The statement's bytes, and the fingerprint of the key that signed.

    Raises:
        EnvelopeError: Malformed, not by exactly one of the keys, or changed since.
    """
    statement, fingerprint, signature = _read(envelope)
    public = public_keys.get(fingerprint)
    if public is None:
        raise EnvelopeError("the act is not signed by a key that may sign")
    key = SSlibKey(fingerprint, "ed25519", "ed25519", {"public": public.hex()})
    signed = Envelope(
        statement, PAYLOAD_TYPE, {fingerprint: Signature(fingerprint, signature.hex())}
    )
    try:
        signed.verify([key], 1)
    except VerificationError as exc:
        raise EnvelopeError("the signature does not hold") from exc
    return statement, fingerprint


def signer(envelope: bytes) -> Digest:
    """Read which key an envelope says it was signed with; proves nothing.

    Raises:
        EnvelopeError: Malformed.
    """
    return _read(envelope)[1]


def payload_of(envelope: bytes) -> bytes:
    """Read the statement of an envelope without checking the signature.

    Raises:
        EnvelopeError: Malformed.
    """
    return _read(envelope)[0]


def _write(statement: bytes, fingerprint: str, signature: bytes) -> bytes:
    encoded: list[Json] = [{"keyid": fingerprint, "sig": _encode(signature)}]
    return canonical.dumps(
        {"payload": _encode(statement), "payloadType": PAYLOAD_TYPE, "signatures": encoded}
    )


def _read(envelope: bytes) -> tuple[bytes, Digest, bytes]:
    if len(envelope) > MAX_ENVELOPE_SIZE:
        raise EnvelopeError(f"the act has {len(envelope)} bytes, at most {MAX_ENVELOPE_SIZE}")
    try:
        value = canonical.parse(envelope)
    except CanonicalError as exc:
        raise EnvelopeError("the act is not an envelope") from exc
    match value:
        case {
            "payload": str(payload),
            "payloadType": str(payload_type),
            "signatures": [{"keyid": str(fingerprint), "sig": str(sig)}],
        } if payload_type == PAYLOAD_TYPE:
            statement, signature = _decode(payload), _decode(sig)
        case _:
            raise EnvelopeError("the act is not an envelope with one signature")
    if len(signature) != SIGNATURE_SIZE or _write(statement, fingerprint, signature) != envelope:
        raise EnvelopeError("the act is not spelled canonically")
    return statement, Digest(fingerprint), signature


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as exc:
        raise EnvelopeError("the act holds malformed base64") from exc
