"""Keys: the log's own, and those of people, sealed by a passphrase.

The log key signs checkpoints and lies in the home (0600). A person's key signs acts; it is made
and kept on the person's side, never by the service, and is locked at rest: argon2id (RFC 9106)
makes the key that ChaCha20-Poly1305 seals it with, bound to everything else in the document.
"""

import base64
import binascii
import ctypes
import os
import sys
import unicodedata
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from toolvet.audit import notes
from toolvet.audit.errors import (
    EnvelopeError,
    KeyFileError,
    SealedKeyError,
    WeakPassphraseError,
    WrongPassphraseError,
)
from toolvet_reviews import canonical
from toolvet_reviews.values import Digest, Json, JsonObject

SEALED_KEY_SCHEMA = "toolvet/sealed-key/v1"
MIN_PASSPHRASE = 8
KEY_SIZE = 32
_LOG_KEY_MARK = "PRIVATE+KEY"
_ENROLMENT_CONTEXT = b"toolvet/key-request/v1\n"
_PR_SET_DUMPABLE = 4


def fingerprint(public: bytes) -> Digest:
    """Name a public key: the digest of its 32 raw bytes."""
    return Digest("sha256:" + sha256(public).hexdigest())


def is_public_key(public: bytes) -> bool:
    """Tell whether the bytes are an Ed25519 public key that anything can be verified with."""
    try:
        Ed25519PublicKey.from_public_bytes(public)
    except ValueError:
        return False
    return len(public) == KEY_SIZE


class LogKey:
    """The Ed25519 key of a log. Its file is one line in the form of Go's note package."""

    def __init__(self, origin: str, key: Ed25519PrivateKey) -> None:
        self.origin = origin
        self._key = key

    @classmethod
    def generate(cls, origin: str) -> "LogKey":
        """Make a key.

        Args:
            origin: Name of the log, the first line of its checkpoints: no space, no plus sign.
        """
        notes.verifier_key(origin, bytes(KEY_SIZE))
        return cls(origin, Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> "LogKey":
        """Read a key file.

        Raises:
            KeyFileError: Missing, readable by others, or not a key.
        """
        try:
            text = path.read_text(encoding="ascii")
            mode = path.stat().st_mode
        except (OSError, UnicodeDecodeError) as exc:
            raise KeyFileError(
                f"cannot read the log key {path.name}: {exc}",
                hint="Restore it from your backup; without it no checkpoint can be signed.",
            ) from exc
        if os.name == "posix" and mode & 0o077:
            raise KeyFileError(f"others can read the log key {path.name}", hint=f"chmod 600 {path}")
        return cls._parse(text)

    @classmethod
    def _parse(cls, text: str) -> "LogKey":
        private, mark, origin, claimed, body = (*text.rstrip("\n").split("+", 4), *[""] * 5)[:5]
        try:
            raw = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError) as exc:
            raise KeyFileError("the log key file is damaged") from exc
        if f"{private}+{mark}" != _LOG_KEY_MARK or len(raw) != 1 + KEY_SIZE:
            raise KeyFileError("the log key file is damaged")
        key = cls(origin, Ed25519PrivateKey.from_private_bytes(raw[1:]))
        if raw[:1] != notes.ED25519_TYPE or notes.key_id(origin, key.public).hex() != claimed:
            raise KeyFileError("the log key file is damaged")
        return key

    def save(self, path: Path) -> None:
        """Write the key to a new file that only its owner can read.

        Raises:
            KeyFileError: The file exists, or cannot be written.
        """
        raw = notes.ED25519_TYPE + self._key.private_bytes_raw()
        line = "+".join(
            [
                _LOG_KEY_MARK,
                self.origin,
                notes.key_id(self.origin, self.public).hex(),
                base64.b64encode(raw).decode(),
            ]
        )
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as exc:
            raise KeyFileError(f"cannot write the log key {path.name}: {exc}") from exc

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    @property
    def verifier_key(self) -> str:
        """What others check this log's checkpoints with; worth keeping elsewhere."""
        return notes.verifier_key(self.origin, self.public)

    def sign(self, text: str) -> str:
        """Sign a text as a note."""
        return notes.sign(text, self.origin, self._key)

    def sign_attestation(self, pae: bytes) -> bytes:
        """Sign what DSSE signs: bytes that no note begins with; 64 bytes.

        Raises:
            KeyFileError: They are something else, which this key must not be made to sign.
        """
        if not pae.startswith(b"DSSEv1 "):
            raise KeyFileError("the log key signs checkpoints and attestations, nothing else")
        return self._key.sign(pae)

    def sign_checkpoint(self, size: int, root: bytes) -> str:
        """Sign the head of the log. The caller has checked that it extends the last one."""
        return notes.sign_checkpoint(notes.Checkpoint(self.origin, size, root), self)


class PersonKey:
    """A person's key, unlocked. Call `protect_process` before holding one."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> Digest:
        """The name of the key."""
        return fingerprint(self.public)

    def sign(self, data: bytes) -> bytes:
        """Sign bytes; 64 bytes."""
        return self._key.sign(data)


@dataclass(frozen=True)
class Argon2Cost:
    """What one guess at a passphrase costs. The default is RFC 9106's second choice."""

    iterations: int = 3
    lanes: int = 4
    memory_kib: int = 64 * 1024

    def derive(self, passphrase: str, salt: bytes) -> bytes:
        """Make the sealing key, 32 bytes; the passphrase is taken in Unicode form NFKC."""
        text = unicodedata.normalize("NFKC", passphrase)
        kdf = Argon2id(
            salt=salt,
            length=KEY_SIZE,
            iterations=self.iterations,
            lanes=self.lanes,
            memory_cost=self.memory_kib,
        )
        return kdf.derive(text.encode("utf-8", "surrogatepass"))

    @property
    def is_sane(self) -> bool:
        """Tell whether a document may ask this of us."""
        return (
            1 <= self.iterations <= 64
            and 1 <= self.lanes <= 64
            and 8 * self.lanes <= self.memory_kib <= 4 * 1024 * 1024
        )


@dataclass(frozen=True)
class SealedKey:
    """A person's key as it lies on disk: useless without the passphrase."""

    public: bytes
    salt: bytes
    nonce: bytes
    sealed: bytes
    cost: Argon2Cost = field(default_factory=Argon2Cost)

    @classmethod
    def create(cls, passphrase: str, *, cost: Argon2Cost | None = None) -> "SealedKey":
        """Make a new key and seal it.

        Raises:
            WeakPassphraseError: The passphrase is too short.
        """
        if len(passphrase) < MIN_PASSPHRASE:
            raise WeakPassphraseError(f"a passphrase has at least {MIN_PASSPHRASE} characters")
        key = Ed25519PrivateKey.generate()
        blank = cls(
            public=key.public_key().public_bytes_raw(),
            salt=os.urandom(16),
            nonce=os.urandom(12),
            sealed=b"",
            cost=cost or Argon2Cost(),
        )
        cipher = ChaCha20Poly1305(blank.cost.derive(passphrase, blank.salt))
        sealed = cipher.encrypt(blank.nonce, key.private_bytes_raw(), blank._bound())
        return cls(blank.public, blank.salt, blank.nonce, sealed, blank.cost)

    @classmethod
    def from_json(cls, doc: JsonObject) -> "SealedKey":
        """Read a document that `to_json` wrote.

        Raises:
            SealedKeyError: It is damaged, of another version, or asks for absurd memory.
        """
        expected = {"schema", "fingerprint", "public", "kdf", "salt", "nonce", "sealed"}
        kdf = doc.get("kdf")
        if set(doc) != expected or doc["schema"] != SEALED_KEY_SCHEMA or not isinstance(kdf, dict):
            raise SealedKeyError("not a sealed key of this version")
        if set(kdf) != {"name", "iterations", "lanes", "memory_kib"} or kdf["name"] != "argon2id":
            raise SealedKeyError("the key is sealed in a way unknown here")
        cost = Argon2Cost(
            _whole(kdf["iterations"]), _whole(kdf["lanes"]), _whole(kdf["memory_kib"])
        )
        key = cls(
            _unhex(doc["public"], KEY_SIZE),
            _unhex(doc["salt"], 16),
            _unhex(doc["nonce"], 12),
            _unhex(doc["sealed"], KEY_SIZE + 16),
            cost,
        )
        if not cost.is_sane or doc["fingerprint"] != key.fingerprint:
            raise SealedKeyError("the sealed key is damaged")
        return key

    def to_json(self) -> JsonObject:
        """Write the document to keep."""
        return {**self._header(), "sealed": self.sealed.hex()}

    @property
    def fingerprint(self) -> Digest:
        """The name of the key."""
        return fingerprint(self.public)

    def unseal(self, passphrase: str) -> PersonKey:
        """Unlock the key.

        Raises:
            WrongPassphraseError: The passphrase is not the one, or the document was changed.
        """
        cipher = ChaCha20Poly1305(self.cost.derive(passphrase, self.salt))
        try:
            raw = cipher.decrypt(self.nonce, self.sealed, self._bound())
        except InvalidTag as exc:
            raise WrongPassphraseError("the passphrase does not open this key") from exc
        key = PersonKey(Ed25519PrivateKey.from_private_bytes(raw))
        if key.public != self.public:
            raise SealedKeyError("the sealed key is damaged")
        return key

    def _header(self) -> JsonObject:
        kdf: dict[str, Json] = {
            "name": "argon2id",
            "iterations": self.cost.iterations,
            "lanes": self.cost.lanes,
            "memory_kib": self.cost.memory_kib,
        }
        return {
            "schema": SEALED_KEY_SCHEMA,
            "fingerprint": self.fingerprint,
            "public": self.public.hex(),
            "kdf": kdf,
            "salt": self.salt.hex(),
            "nonce": self.nonce.hex(),
        }

    def _bound(self) -> bytes:
        return canonical.dumps(self._header())


def create(passphrase: str) -> SealedKey:
    """Make a person's key and seal it; see `SealedKey.create`."""
    return SealedKey.create(passphrase)


def unseal(doc: JsonObject, passphrase: str) -> PersonKey:
    """Unlock a person's key from its document; see `SealedKey.from_json` and `unseal`."""
    return SealedKey.from_json(doc).unseal(passphrase)


def prove_possession(key: PersonKey, code: str) -> str:
    """Show that whoever asks to enrol a key holds it.

    Args:
        key: The key to enrol.
        code: The one-time code that the request hands in.

    Returns:
        A signature, in hex.
    """
    return key.sign(_ENROLMENT_CONTEXT + code.encode()).hex()


def rotation_code(service_id: str, replaced: str) -> str:
    """Say what possession of a new key is proved for when it stands for an older one."""
    return f"rotate\n{service_id}\n{replaced}"


def check_possession(public: bytes, code: str, proof: str) -> None:
    """Check what `prove_possession` made.

    Raises:
        EnvelopeError: The proof is not by that key, or for another code.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
        key.verify(bytes.fromhex(proof), _ENROLMENT_CONTEXT + code.encode())
    except (InvalidSignature, ValueError) as exc:
        raise EnvelopeError("the proof of possession does not hold") from exc


def protect_process() -> bool:
    """Keep other processes of this user from reading this one's memory.

    Linux: no core dump, no ptrace, `/proc/self` owned by root (PR_SET_DUMPABLE 0).

    Returns:
        Whether the platform could.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0


def _whole(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SealedKeyError("the sealed key is damaged")
    return value


def _unhex(value: Json, size: int) -> bytes:
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if len(data) != size:
        raise SealedKeyError("the sealed key is damaged")
    return data
