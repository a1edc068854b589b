"""Changing one's key: the old one signs for the new one, and counts no more from then on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolvet.client.connect import Connection, trusted
from toolvet.client.errors import RemoteError
from toolvet.client.keys import KeyRing
from toolvet.client.shapes import KeyOwner
from toolvet.client.signer import active_owner
from toolvet_reviews.values import Digest

if TYPE_CHECKING:
    from toolvet.audit.keys import PersonKey


@dataclass(frozen=True)
class Rotated:
    """A key that stands for another now."""

    fingerprint: Digest
    replaced: Digest
    name: str
    """Of the person."""


def rotate(connection: Connection, passphrase: str, fresh: str) -> Rotated:
    """Make a new key, have the old one sign for it, and let it count.

    The new key lies on disk before the service is asked: when the answer is lost, whichever of the
    two counts is at hand.

    Args:
        passphrase: Of the key in use.
        fresh: Passphrase of the new one.

    Raises:
        NoKeyError: No key on this machine counts at this service.
        WrongPassphraseError: That is not the passphrase.
        RemoteError: The service refused; the old key counts on.
    """
    ring = KeyRing.of(connection.settings)
    owner = active_owner(connection.client, ring)
    old = ring.unseal(owner.fingerprint, passphrase)
    sealed = ring.create(fresh)
    new = ring.unseal(sealed.fingerprint, fresh)
    try:
        _hand_in(connection, owner, old, new)
    except RemoteError as error:
        if error.status < 500:  # refused for certain: nobody will ever know this key
            ring.path(new.fingerprint).unlink(missing_ok=True)
        raise
    return Rotated(new.fingerprint, old.fingerprint, owner.name)


def _hand_in(connection: Connection, owner: KeyOwner, old: "PersonKey", new: "PersonKey") -> None:
    from toolvet.audit.keys import prove_possession, rotation_code
    from toolvet.client.acts import Pen

    service, client = trusted(connection), connection.client
    pen = Pen(service, old, owner.principal)
    carrier = client if client.token else client.as_(client.login(pen.login()))
    signed = pen.rotate_key(new.public)
    proof = prove_possession(new, rotation_code(service.service_id, old.fingerprint))
    carrier.rotate_key(signed.envelope, signed.document, proof)
