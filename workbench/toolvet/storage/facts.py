"""Small facts about the home, such as the service's id, and blobs by digest."""

import hashlib

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.errors import BlobCorruptError, BlobMissingError
from toolvet.storage.session import Session
from toolvet_reviews.values import Digest


class Facts:
    """Names with one text each."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, name: str) -> str | None:
        """Fetch a fact."""
        return self._session.scalar(
            sa.select(tables.fact.c.value).where(tables.fact.c.name == name)
        )

    def set(self, name: str, value: str) -> None:
        """Store a fact, over an older one."""
        self._session.upsert(tables.fact, {"name": name, "value": value})


ARTIFACT = "artifact"
"""The kind of bytes that callers and tools hand each other by digest."""


class Blobs:
    """Bytes by their digest, never changed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, data: bytes, kind: str) -> Digest:
        """Store bytes unless they are there; return their digest.

        Args:
            data: Any bytes.
            kind: What they are: `file`, `manifest`, `evidence`, … The first one stays, but for
                `artifact`: whoever brings the bytes as an artifact may have them back as one.
        """
        digest = _digest(data)
        row = {"digest": digest, "kind": kind, "size": len(data), "data": data}
        if not self._session.insert_new(tables.blob, row) and kind == ARTIFACT:
            known = sa.update(tables.blob).where(tables.blob.c.digest == digest)
            self._session.write(known.values(kind=ARTIFACT))
        return digest

    def get(self, digest: str, kind: str | None = None) -> bytes:
        """Fetch bytes and hash them again.

        Args:
            digest: What they must hash to.
            kind: What they must have been stored as; None takes any.

        Raises:
            BlobMissingError: There are none under that digest.
            BlobCorruptError: They hash to something else.
        """
        query = sa.select(tables.blob.c.data).where(tables.blob.c.digest == digest)
        if kind is not None:
            query = query.where(tables.blob.c.kind == kind)
        data = self._session.scalar(query)
        if data is None:
            raise BlobMissingError(f"there is no blob {digest}")
        found = _digest(data)
        if found != digest:
            raise BlobCorruptError(f"expected blob {digest}, got {found}")
        return data

    def has(self, digest: str) -> bool:
        """Tell whether bytes are there, without reading them."""
        query = sa.select(tables.blob.c.size).where(tables.blob.c.digest == digest)
        return self._session.row(query) is not None


def _digest(data: bytes) -> Digest:
    return Digest(f"sha256:{hashlib.sha256(data).hexdigest()}")
