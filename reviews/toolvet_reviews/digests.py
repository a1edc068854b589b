"""Digests: SHA-256 of bytes, of canonical JSON, of a file tree; salted commitments. Pure; no I/O."""

import hashlib
import re
from collections.abc import Mapping

from toolvet_reviews import canonical
from toolvet_reviews.errors import CanonicalError, ReviewError
from toolvet_reviews.values import Digest

TREE_SCHEMA = "toolvet/tree/v1"
SALT_BYTES = 32

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


class SaltError(CanonicalError):
    """A commitment without enough randomness: its payload could be guessed once erased."""

    code = "digest.salt"


class TreeError(ReviewError):
    """A stored tree that is not one."""

    code = "storage.tree"
    hint = "Restore the database from a backup; `toolvet doctor` looks at the rest."


def sha256(data: bytes) -> Digest:
    """Digest raw bytes."""
    return Digest(f"sha256:{hashlib.sha256(data).hexdigest()}")


def of_json(value: object) -> Digest:
    """Digest the canonical bytes of a JSON value.

    Raises:
        CanonicalError: The value has no canonical form.
    """
    return sha256(canonical.dumps(value))


def file_tree(files: Mapping[str, bytes]) -> Digest:
    """Digest a whole file tree: the revision digest of a bundle.

    Order of the mapping does not matter; every path and every byte does.
    """
    return tree_of({path: sha256(data) for path, data in files.items()})


def tree_of(contents: Mapping[str, Digest]) -> Digest:
    """Digest a file tree of which every file was digested already."""
    return of_json({"schema": TREE_SCHEMA, "files": dict(contents)})


def read_tree(tree: bytes) -> dict[str, Digest]:
    """Read the bytes that a revision digest is of: path to the digest of what the file holds.

    Raises:
        TreeError: They are no tree.
    """
    try:
        value = canonical.parse(tree)
    except CanonicalError as error:
        raise TreeError("a revision's tree is not JSON") from error
    files = value.get("files") if isinstance(value, dict) else None
    if not isinstance(files, dict) or not all(map(is_digest, files.values())):
        raise TreeError("a revision's tree is not one")
    return {path: Digest(str(digest)) for path, digest in files.items()}


def commit(salt: bytes, payload: bytes) -> Digest:
    """Commit to a payload that may be erased later: SHA-256(salt, then payload).

    Args:
        salt: 32 random bytes; the fixed length keeps the two parts apart.
        payload: Canonical bytes of what may be erased.

    Raises:
        SaltError: The salt has another length.
    """
    if len(salt) != SALT_BYTES:
        raise SaltError(f"expected a salt of {SALT_BYTES} bytes, got {len(salt)}")
    return sha256(salt + payload)


def is_digest(text: object) -> bool:
    """Tell whether a value is written as digests are: `sha256:` and 64 lower-case hex digits."""
    return isinstance(text, str) and _DIGEST.match(text) is not None
