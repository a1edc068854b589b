"""Signed notes, checkpoints and proofs of inclusion as text. Pure; no I/O.

Formats: C2SP signed-note with Ed25519 (signature type 0x01), tlog-checkpoint without extension
lines, tlog-proof@v1. Parsing is strict: what is accepted has exactly one spelling.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from toolvet.audit.errors import NoteError
from toolvet.audit.merkle import HASH_SIZE, verify_inclusion

ED25519_TYPE = b"\x01"
MAX_NOTE_SIZE = 64 * 1024
MAX_SIGNATURES = 100
MAX_PROOF_HASHES = 63
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
SIGNATURE_MARK = "\u2014 "
"""An em dash and a space open each signature line."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True)
class VerifierKey:
    """A public key that notes are checked with."""

    name: str
    key_id: bytes
    """4 bytes."""
    public: bytes
    """32 bytes."""

    @property
    def text(self) -> str:
        """The key as people keep it: name, key id in hex, type byte and key in base64."""
        return f"{self.name}+{self.key_id.hex()}+{_encode(ED25519_TYPE + self.public)}"


@dataclass(frozen=True)
class Note:
    """A note that was opened: at least one known key signed the text."""

    text: str
    signers: frozenset[str]
    """Names of the known keys that signed it."""


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: which log, how many entries, and the root of their tree."""

    origin: str
    size: int
    root: bytes
    """32 bytes."""

    @property
    def text(self) -> str:
        """The body of the note."""
        return f"{self.origin}\n{self.size}\n{_encode(self.root)}\n"

    @property
    def root_text(self) -> str:
        """The root in base64, as statements name it."""
        return _encode(self.root)


@dataclass(frozen=True)
class ProofText:
    """A receipt: the proof that an entry is in the log, with the signed checkpoint it leads to."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    """The signed checkpoint, whole."""
    extra: bytes = b""
    """Whatever travels with it; nothing vouches for it."""

    @property
    def text(self) -> str:
        """The receipt as a file, by custom `*.tlog-proof`."""
        extra = [f"extra {_encode(self.extra)}"] if self.extra else []
        lines = [PROOF_HEADER, *extra, f"index {self.index}", *map(_encode, self.hashes)]
        return "\n".join(lines) + "\n\n" + self.note

    def check(self, leaf: bytes, verifier_keys: str | Iterable[str]) -> Checkpoint:
        """Check that a leaf is where the receipt says, in a log that a known key signed.

        Args:
            leaf: Leaf hash, 32 bytes.
            verifier_keys: The keys to trust.

        Returns:
            The checkpoint of the receipt.

        Raises:
            NoteError: The checkpoint is malformed or not signed by a known key.
            ProofError: The proof does not hold.
        """
        checkpoint = open_checkpoint(self.note, verifier_keys)
        verify_inclusion(self.index, checkpoint.size, leaf, self.hashes, checkpoint.root)
        return checkpoint


class NoteSigner(Protocol):
    """What signs notes: the log's key, here or in a key store."""

    @property
    def origin(self) -> str:
        """Name of the log, and of the key."""
        ...

    def sign(self, text: str) -> str:
        """Return the note: the text, a blank line and the signature."""
        ...


def key_id(name: str, public: bytes) -> bytes:
    """Compute the 4-byte key id of an Ed25519 key."""
    return sha256(name.encode() + b"\n" + ED25519_TYPE + public).digest()[:4]


def verifier_key(name: str, public: bytes) -> str:
    """Write a verifier key.

    Raises:
        NoteError: A name that is empty or holds a space or a plus sign.
    """
    _check_name(name)
    return VerifierKey(name, key_id(name, public), public).text


def parse_verifier_key(text: str) -> VerifierKey:
    """Read a verifier key.

    Raises:
        NoteError: Malformed, not Ed25519, or its key id is of another key.
    """
    name, _, rest = text.partition("+")
    claimed, _, body = rest.partition("+")  # the base64 may itself hold a plus sign
    _check_name(name)
    raw = _decode(body, "verifier key")
    if raw[:1] != ED25519_TYPE or len(raw) != 1 + HASH_SIZE:
        raise NoteError("not an Ed25519 verifier key")
    expected = key_id(name, raw[1:])
    if expected.hex() != claimed:
        raise NoteError(f"the verifier key has id {expected.hex()}, its text says {claimed!r}")
    return VerifierKey(name, expected, raw[1:])


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Sign a text.

    Args:
        text: Ends with a newline; no control characters but newlines.
        name: Of the key, as its verifier key has it.
        key: Ed25519.

    Returns:
        The note: the text, a blank line, one signature line.

    Raises:
        NoteError: The text or the name cannot be signed.
    """
    _check_name(name)
    _check_text(text)
    if not text.endswith("\n"):
        raise NoteError("a note must end with a newline")
    signature = key_id(name, key.public_key().public_bytes_raw()) + key.sign(text.encode())
    return f"{text}\n{SIGNATURE_MARK}{name} {_encode(signature)}\n"


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> str:
    """Sign the head of a log. The caller has checked that it extends the last one signed.

    Raises:
        NoteError: The checkpoint is of another log than the key.
    """
    if checkpoint.origin != signer.origin:
        raise NoteError(f"the key of {signer.origin!r} does not sign for {checkpoint.origin!r}")
    return signer.sign(checkpoint.text)


def open_note(note: str, verifier_keys: str | Iterable[str]) -> Note:
    """Check a signed note.

    Signatures by unknown keys are passed over; a bad one by a known key fails the note.

    Args:
        note: Whole.
        verifier_keys: The key to trust, or several.

    Raises:
        NoteError: Malformed, no known signature, or a known signature that does not hold.
    """
    text, lines = _split_note(note)
    texts = [verifier_keys] if isinstance(verifier_keys, str) else verifier_keys
    known = {(key.name, key.key_id): key for key in map(parse_verifier_key, texts)}
    signers: set[str] = set()
    for line in lines:
        name, signature = _parse_signature_line(line)
        key = known.get((name, signature[:4]))
        if key is None:
            continue
        if name in signers:
            raise NoteError(f"{name!r} signed twice")
        _check_signature(key, signature[4:], text)
        signers.add(name)
    if not signers:
        raise NoteError("no known key signed this note")
    return Note(text, frozenset(signers))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the body of a checkpoint.

    Raises:
        NoteError: Not exactly an origin, a decimal size and a root of 32 bytes in base64.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NoteError("a checkpoint is three lines: origin, size, root")
    origin, size, root = lines[:3]
    hashed = _decode(root, "checkpoint")
    if not _SIZE.fullmatch(size):
        raise NoteError(f"not the size of a log: {size[:40]!r}")
    if len(hashed) != HASH_SIZE:
        raise NoteError(f"expected a root of {HASH_SIZE} bytes, got {len(hashed)}")
    return Checkpoint(origin, int(size), hashed)


def open_checkpoint(note: str, verifier_keys: str | Iterable[str]) -> Checkpoint:
    """Check a signed checkpoint; the log's own key must be among its signers.

    Raises:
        NoteError: Malformed, or the key named like its origin did not sign it.
    """
    opened = open_note(note, verifier_keys)
    checkpoint = parse_checkpoint(opened.text)
    if checkpoint.origin not in opened.signers:
        raise NoteError(f"the key of {checkpoint.origin!r} did not sign this checkpoint")
    return checkpoint


def parse_proof(text: str) -> ProofText:
    """Read a receipt.

    Raises:
        NoteError: Not a tlog-proof as `ProofText.text` writes it.
    """
    head, separator, note = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or len(text) > MAX_NOTE_SIZE or len(lines) < 2 or lines[0] != PROOF_HEADER:
        raise NoteError("not a proof of inclusion")
    extra = lines.pop(1).removeprefix("extra ") if lines[1].startswith("extra ") else ""
    index = lines[1] if len(lines) > 1 else ""
    if not index.startswith("index ") or not _SIZE.fullmatch(index.removeprefix("index ")):
        raise NoteError("the proof does not say which entry it is for")
    if len(lines) - 2 > MAX_PROOF_HASHES:
        raise NoteError("the proof is longer than any log")
    at = int(index.removeprefix("index "))
    return ProofText(at, decode_hashes(lines[2:]), note, _decode(extra, "proof"))


def encode_hashes(hashes: Iterable[bytes]) -> list[str]:
    """Write hashes as base64."""
    return [_encode(item) for item in hashes]


def decode_hashes(texts: Sequence[str]) -> tuple[bytes, ...]:
    """Read hashes of 32 bytes from base64.

    Raises:
        NoteError: Not base64, or of another length.
    """
    hashes = tuple(_decode(text, "hash") for text in texts)
    if any(len(item) != HASH_SIZE for item in hashes):
        raise NoteError(f"expected hashes of {HASH_SIZE} bytes")
    return hashes


def _split_note(note: str) -> tuple[str, list[str]]:
    if len(note) > MAX_NOTE_SIZE:
        raise NoteError("the note is too long")
    _check_text(note)
    text, separator, block = note.rpartition("\n\n")
    if not separator or not text or not block.endswith("\n"):
        raise NoteError("a note is a text, a blank line and signatures")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError("the note has too many signatures")
    return text + "\n", lines


def _parse_signature_line(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(SIGNATURE_MARK).partition(" ")
    if not line.startswith(SIGNATURE_MARK):
        raise NoteError("malformed signature line")
    _check_name(name)
    signature = _decode(encoded, "signature line")
    if len(signature) < 5:
        raise NoteError("the signature is too short")
    return name, signature


def _check_signature(key: VerifierKey, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except InvalidSignature as exc:
        raise NoteError(f"the signature of {key.name!r} does not hold") from exc


def _check_name(name: str) -> None:
    if not name or "+" in name or any(c.isspace() for c in name) or not name.isprintable():
        raise NoteError(f"not the name of a key: {name[:80]!r}")


def _check_text(text: str) -> None:
    # A lone surrogate has no UTF-8: such a text cannot have been signed.
    if any((c < " " and c != "\n") or "\ud800" <= c <= "\udfff" for c in text):
        raise NoteError("control character in a note")


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(text: str, what: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as exc:
        raise NoteError(f"malformed base64 in a {what}") from exc
    if _encode(data) != text:  # bits after the end, which a second spelling could hide in
        raise NoteError(f"base64 in a {what} that is not canonical")
    return data
