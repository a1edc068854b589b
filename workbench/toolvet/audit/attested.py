"""Attestations as the log's key signs them: DSSE, for verifiers that know nothing of Toolvet.

The same key signs checkpoints; the two cannot be taken for each other, because what DSSE signs
begins with its own words and a checkpoint with the name of its log.

Source: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import FormatError, VerificationError
from securesystemslib.signer import (  # public by its documentation
    SSlibKey,  # pyright: ignore[reportPrivateImportUsage]
)

from toolvet.audit import notes
from toolvet.audit.envelopes import PAYLOAD_TYPE
from toolvet.audit.errors import EnvelopeError
from toolvet.audit.keys import LogKey
from toolvet_reviews import canonical
from toolvet_reviews.values import Json

MAX_ATTESTATION_BYTES = 1024 * 1024


def sign(statement: bytes, key: LogKey) -> bytes:
    """Sign a statement about a release.

    Returns:
        The envelope; its key id is the one that securesystemslib gives the key.
    """
    pae = Envelope(statement, PAYLOAD_TYPE, {}).pae()
    encoded: list[Json] = [
        {"keyid": _key(key.public).keyid, "sig": _encode(key.sign_attestation(pae))}
    ]
    return canonical.dumps(
        {"payload": _encode(statement), "payloadType": PAYLOAD_TYPE, "signatures": encoded}
    )


def verify(envelope: bytes, log_key: str) -> bytes:
    """Check an attestation; answer the statement's bytes.

    Args:
        log_key: The log's verifier key, from where the caller keeps it.

    Raises:
        EnvelopeError: Malformed, or not signed by that key.
        NoteError: That is no verifier key.
    """
    public = notes.parse_verifier_key(log_key).public
    if len(envelope) > MAX_ATTESTATION_BYTES:
        raise EnvelopeError("the attestation is too long")
    try:
        signed = Envelope.from_dict(json.loads(envelope))  # pyright: ignore[reportUnknownMemberType]
        signed.verify([_key(public)], 1)
    except (ValueError, KeyError, TypeError, RecursionError, FormatError) as error:
        raise EnvelopeError("not an attestation") from error
    except VerificationError as error:
        raise EnvelopeError("the attestation is not signed by the log's key") from error
    return signed.payload


def pem(log_key: str) -> str:
    """Write a log's verifier key as other programs read public keys.

    Raises:
        NoteError: It is none.
    """
    public = Ed25519PublicKey.from_public_bytes(notes.parse_verifier_key(log_key).public)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _key(public: bytes) -> SSlibKey:
    return SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(public))


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
