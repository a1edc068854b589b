"""What this client remembers of a service: its log key, and the last checkpoint it saw.

A log that does not extend that checkpoint was rewritten; the service is refused, and the note that
proves it is kept. The first answer from an address is taken as it is (trust on first use).
"""

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast

from toolvet.client import locks
from toolvet.client.client import Client
from toolvet.client.errors import LogChangedError, ServiceChangedError
from toolvet.errors import HomeError, LogError
from toolvet_reviews.views import ServiceView

if TYPE_CHECKING:
    from toolvet.audit.notes import Checkpoint

SCHEMA = "toolvet/seen/v1"
_LOCK_WAIT_S = 30.0


@dataclass(frozen=True)
class Seen:
    """What is remembered of one service."""

    service_id: str
    log_key: str
    note: str
    """The newest signed checkpoint that was seen."""


class Memory:
    """Remembers services in a folder of the person's own configuration.

    Args:
        folder: Made when missing; one file a service, one an address.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def trusted(self, client: Client) -> ServiceView:
        """Ask a service who it is, and hold its log against what was seen before.

        Raises:
            ServiceChangedError: Another service or log key than before.
            LogChangedError: The log does not extend the one seen before.
        """
        view = client.service()
        if self._is_as_remembered(client.address, view):
            return view
        with self._locked():
            seen = self.recall(view.service_id)
            if seen is not None and _size(view.checkpoint) < _size(seen.note):
                # Another command saw a newer one since we asked: ask again, with it waiting.
                view = client.service()
            self._check(client, view, seen)
            self._remember(client.address, Seen(view.service_id, view.log_key, view.checkpoint))
        return view

    def recall(self, service_id: str) -> Seen | None:
        """Say what is remembered of a service."""
        found = self._load(self._service_file(service_id))
        if found is None:
            return None
        return Seen(str(found["service"]), str(found["log_key"]), str(found["note"]))

    def service_at(self, address: str) -> str | None:
        """Say which service answered at an address before."""
        found = self._load(self._address_file(address))
        return None if found is None else str(found["service"])

    def pin(self, service_id: str, fingerprint: str) -> None:
        """Remember the first person's key, as it was when this person made it."""
        with self._locked():
            document = {"schema": SCHEMA, "service": service_id, "key": fingerprint}
            _replace(self._pin_file(service_id), json.dumps(document, indent=1))

    def pinned(self, service_id: str) -> str | None:
        """Say which first key this person knows a service by."""
        found = self._load(self._pin_file(service_id))
        return None if found is None else str(found["key"])

    def forget_address(self, address: str) -> None:
        """Let another service answer there: a new home was made on purpose."""
        self._address_file(address).unlink(missing_ok=True)

    def _is_as_remembered(self, address: str, view: ServiceView) -> bool:
        seen = self.recall(view.service_id)
        same = Seen(view.service_id, view.log_key, view.checkpoint)
        return seen == same and self.service_at(address) == view.service_id

    def _check(self, client: Client, view: ServiceView, seen: Seen | None) -> None:
        before = self.service_at(client.address)
        if before is not None and before != view.service_id:
            raise ServiceChangedError(
                f"{client.address} was service {before} and is now {view.service_id}",
                hint=f"If that is meant, remove {self._address_file(client.address)}",
            )
        if seen is not None and seen.log_key != view.log_key:
            self._keep_proof(view)
            raise ServiceChangedError(
                f"service {view.service_id} shows another log key than before",
                hint="Do not sign anything there; ask whoever runs it.",
            )
        try:
            _check_log(client, view, seen)
        except LogError:
            self._keep_proof(view)
            raise

    def _keep_proof(self, view: ServiceView) -> None:
        _replace(self._service_file(view.service_id).with_suffix(".refused"), view.checkpoint)

    def _remember(self, address: str, seen: Seen) -> None:
        document = {
            "schema": SCHEMA,
            "service": seen.service_id,
            "log_key": seen.log_key,
            "note": seen.note,
        }
        _replace(self._service_file(seen.service_id), json.dumps(document, indent=1))
        pointer = {"schema": SCHEMA, "address": address, "service": seen.service_id}
        _replace(self._address_file(address), json.dumps(pointer, indent=1))

    def _load(self, path: Path) -> dict[str, object] | None:
        try:
            found: object = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise HomeError(f"cannot read {path}: {error}", hint=f"Remove {path}") from error
        document = cast("dict[str, object]", found) if isinstance(found, dict) else {}
        if document.get("schema") != SCHEMA:
            raise HomeError(f"{path} is not of this version", hint=f"Remove {path}")
        return document

    def _service_file(self, service_id: str) -> Path:
        # The id comes from the service: hashed, so that it cannot name another file.
        return self._folder / f"service-{_name(service_id)}.json"

    def _pin_file(self, service_id: str) -> Path:
        return self._folder / f"pin-{_name(service_id)}.json"

    def _address_file(self, address: str) -> Path:
        return self._folder / f"address-{_name(address)}.json"

    def _locked(self):  # noqa: ANN202, RUF100
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise HomeError(
                f"cannot keep what was seen in {self._folder}: {error}",
                hint="Set TOOLVET_CONFIG to a folder of your own.",
            ) from error
        return locks.held(self._folder / ".lock", _LOCK_WAIT_S)


def checkpoint_of(view: ServiceView) -> "Checkpoint":
    """Open the checkpoint of a service that `Memory.trusted` answered for.

    Raises:
        LogChangedError: It is not signed by the log's key.
    """
    from toolvet.audit import notes

    try:
        return notes.open_checkpoint(view.checkpoint, view.log_key)
    except LogError as error:
        raise LogChangedError(f"the checkpoint does not hold: {error}") from error


def _check_log(client: Client, view: ServiceView, seen: Seen | None) -> None:
    from toolvet.audit import merkle, notes

    new = checkpoint_of(view)
    if seen is None:
        return
    old = notes.open_checkpoint(seen.note, seen.log_key)
    if new.origin != old.origin or new.size < old.size:
        raise LogChangedError(f"the log had {old.size} entries and now shows {new.size}")
    if new.size == old.size and new.root == old.root:
        return
    proof: tuple[bytes, ...] = ()
    if old.size < new.size:
        proof = notes.decode_hashes(client.consistency(old.size, new.size))
    try:
        merkle.verify_consistency(old.size, new.size, old.root, new.root, proof)
    except LogError as error:
        raise LogChangedError(f"the log was rewritten since entry {old.size}: {error}") from error


def _size(note: str) -> int:
    """Read the size a note claims, unchecked."""
    lines = note.split("\n", 2)
    return int(lines[1]) if len(lines) > 2 and lines[1].isdecimal() and len(lines[1]) < 18 else 0


def _name(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _replace(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
