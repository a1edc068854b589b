"""Secrets at rest: sealed with ChaCha20-Poly1305 under one key that lies in a file of its own.

A sealed value is bound to the document that a person signed about it, so that neither row nor
scope can be exchanged. Its length is hidden up to 256 bytes. The key is read for each use and kept
nowhere: an operator may take it away at any moment.
"""

import hashlib
import logging
import os
import secrets
from pathlib import Path
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from toolvet.client import private
from toolvet.errors import ToolvetError
from toolvet_reviews.digests import SALT_BYTES
from toolvet_reviews.secret import Secret

_log = logging.getLogger(__name__)

_MAGIC = b"toolvet/sealed/v1\n"
_KEY_BYTES = 32
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_PAD = 256
_LONGEST_KEY_FILE = 4096
_HEAD = len(_MAGIC) + _KEY_ID_BYTES + _NONCE_BYTES


class SecretKeyError(ToolvetError):
    """The key that seals secrets is missing, open to others, or another one."""

    code: ClassVar[str] = "secret.key"
    status: ClassVar[int] = 503
    hint = "`toolvet doctor` says where it is expected: put it back there, with mode 600."


class SecretDamagedError(ToolvetError):
    """A sealed secret that does not open, or is not the one a person signed for."""

    code: ClassVar[str] = "secret.damaged"
    status: ClassVar[int] = 503

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"the secret {name} {why}", hint=f"toolvet secret rotate {name}")


class Vault:
    """Seals and opens values.

    Args:
        key_file: Holds the key in 64 hexadecimal digits, readable for its owner only; made by the
            first `seal` of a service that has no secrets yet.
    """

    def __init__(self, key_file: Path) -> None:
        self.key_file = key_file
        self._kept: dict[str, tuple[int, bytes]] = {}

    def seal(self, name: str, value: Secret, salt: bytes, about: bytes, *, is_first: bool) -> bytes:
        """Seal a value.

        Args:
            name: Of the secret, for errors.
            salt: The 32 bytes its commitment was made with.
            about: What it is bound to; must be the same to open it.
            is_first: Nothing was sealed before, so that a key may be made.

        Raises:
            SecretKeyError: There is no key to use.
        """
        if is_first and not os.path.lexists(self.key_file):
            self._make()
        key = self._key()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = _padded(salt + value.reveal().encode())
        head = _MAGIC + _id_of(key) + nonce
        return head + ChaCha20Poly1305(key).encrypt(nonce, plain, head + about)

    def open(self, name: str, sealed: bytes, about: bytes) -> tuple[bytes, Secret]:
        """Open what `seal` made: the salt, and the value.

        Raises:
            SecretKeyError: The key is missing, or another one.
            SecretDamagedError: The bytes are not the sealed ones, or about something else.
        """
        if not sealed.startswith(_MAGIC) or len(sealed) < _HEAD:
            raise SecretDamagedError(name, "is not sealed as it was")
        key, head = self._key(), sealed[:_HEAD]
        if head[len(_MAGIC) : -_NONCE_BYTES] != _id_of(key):
            self._tell(f"is not the one that sealed {name}")
            raise SecretKeyError(
                f"the secret {name} was sealed with another key than the one that is there",
                hint="Put the right key back; or set the secret again under this one.",
            )
        try:
            plain = ChaCha20Poly1305(key).decrypt(
                head[-_NONCE_BYTES:], sealed[_HEAD:], head + about
            )
        except InvalidTag:
            raise SecretDamagedError(name, "is not sealed as it was") from None
        held = plain.rstrip(b"\0")[:-1]
        return held[:SALT_BYTES], Secret(held[SALT_BYTES:].decode())

    def keep(self, name: str, entry: int, sealed: bytes) -> None:
        """Keep the sealed bytes that an entry led to, so that a call need not read them again."""
        self._kept[name] = (entry, sealed)

    def kept(self, name: str, entry: int) -> bytes | None:
        """Return the sealed bytes of that very entry, if they were kept."""
        kept = self._kept.get(name)
        return kept[1] if kept is not None and kept[0] == entry else None

    def forget(self, name: str) -> None:
        """Keep nothing of a secret any more."""
        self._kept.pop(name, None)

    def check(self) -> None:
        """Look whether there is a key that can be used.

        Raises:
            SecretKeyError: There is none.
        """
        self._key()

    def _key(self) -> bytes:
        problem, key = "", b""
        try:
            data, state = private.read_plain(self.key_file, _LONGEST_KEY_FILE)
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
        else:
            key = _parsed(data)
            if os.name == "posix" and state.st_mode & private.OTHERS:
                problem = "can be read by others; chmod 600"
            elif len(key) != _KEY_BYTES:
                problem = "holds no key of 64 hexadecimal digits"
        if problem:
            self._tell(problem)
            raise SecretKeyError("the key that seals secrets cannot be used")
        return key

    def _tell(self, problem: str) -> None:
        """Tell operators: callers, whom the error reaches, need not know where the key lies."""
        _log.error("the key of secrets, %s, %s", self.key_file, problem)

    def _make(self) -> None:
        """Put a new key in place, whole, unless somebody else just did."""
        fresh = self.key_file.with_name(f".{self.key_file.name}.{secrets.token_hex(8)}")
        try:
            self.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            private.replace(fresh, (secrets.token_hex(_KEY_BYTES) + "\n").encode(), 0o600)
            try:
                os.link(fresh, self.key_file)
            except FileExistsError:
                pass
            finally:
                fresh.unlink(missing_ok=True)
        except OSError as error:
            self._tell(f"cannot be made: {error.strerror}")
            raise SecretKeyError("the key that seals secrets cannot be made") from error


def _parsed(data: bytes) -> bytes:
    try:
        return bytes.fromhex(data.decode("ascii").strip())
    except ValueError:
        return b""


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"toolvet secret key\n" + key).digest()[:_KEY_ID_BYTES]


def _padded(plain: bytes) -> bytes:
    """End the value with a byte that no padding has, and fill up."""
    ended = plain + b"\1"
    return ended + bytes(-len(ended) % _PAD)
