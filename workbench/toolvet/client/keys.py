"""A person's own keys: sealed by a passphrase, in their own configuration folder."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from toolvet.client.errors import NoKeyError
from toolvet.config import Settings
from toolvet.errors import HomeError
from toolvet_reviews.digests import is_digest
from toolvet_reviews.values import Digest, JsonObject

if TYPE_CHECKING:
    from toolvet.audit.keys import PersonKey, SealedKey


class KeyRing:
    """The sealed keys of one person on one machine.

    Args:
        folder: Made when missing, readable by the person only.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, settings: Settings) -> "KeyRing":
        """Find the keys in a person's own configuration."""
        return cls(settings.config_dir / "keys")

    def fingerprints(self) -> list[Digest]:
        """List the keys, oldest first."""
        if not self.folder.is_dir():
            return []
        files = sorted(self.folder.glob("*.json"), key=lambda path: (path.stat().st_mtime, path))
        names = [f"sha256:{path.stem}" for path in files]
        return [Digest(name) for name in names if is_digest(name)]

    def create(self, passphrase: str) -> "SealedKey":
        """Make a key, seal it and keep it. The process is closed to debuggers first.

        Raises:
            WeakPassphraseError: The passphrase is too short.
            HomeError: The folder cannot be written.
        """
        from toolvet.audit.keys import SealedKey, protect_process

        protect_process()
        key = SealedKey.create(passphrase)
        self._write(key.fingerprint, key.to_json())
        return key

    def public(self, fingerprint: str) -> bytes:
        """Give the public half of a key; 32 bytes."""
        return self.sealed(fingerprint).public

    def unseal(self, fingerprint: str, passphrase: str) -> "PersonKey":
        """Unlock a key. The process is closed to debuggers first.

        Raises:
            NoKeyError: There is no such key here.
            WrongPassphraseError: The passphrase does not open it.
        """
        from toolvet.audit.keys import protect_process

        protect_process()
        return self.sealed(fingerprint).unseal(passphrase)

    def path(self, fingerprint: str) -> Path:
        """Say where a key lies."""
        return self.folder / f"{fingerprint.removeprefix('sha256:')}.json"

    def sealed(self, fingerprint: str) -> "SealedKey":
        """Read a key as it lies on disk.

        Raises:
            NoKeyError: There is no such key here.
            HomeError: The file cannot be read.
            SealedKeyError: It is damaged.
        """
        from toolvet.audit.keys import SealedKey

        if not is_digest(fingerprint):
            raise NoKeyError(f"not a key's fingerprint: {fingerprint!r}")
        path = self.path(fingerprint)
        try:
            found: object = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise NoKeyError(f"there is no key {fingerprint} in {self.folder}") from error
        except (OSError, ValueError) as error:
            raise HomeError(f"cannot read {path}: {error}") from error
        if not isinstance(found, dict):
            raise HomeError(f"{path} is not a sealed key")
        return SealedKey.from_json(cast("JsonObject", found))

    def _write(self, fingerprint: str, document: JsonObject) -> None:
        path = self.path(fingerprint)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(document, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise HomeError(
                f"cannot write {path}: {error}", hint="Set TOOLVET_CONFIG to a folder of your own."
            ) from error
