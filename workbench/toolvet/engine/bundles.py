"""Bundles by digest: every file a blob, and the tree that names them the revision."""

from toolvet.errors import StorageError
from toolvet.storage import Unit, View
from toolvet_reviews import canonical, digests
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.spec import parse_spec
from toolvet_reviews.values import Digest

TREE_SCHEMA = "toolvet/tree/v1"
"""The same bytes that `digests.file_tree` hashes, so that a revision digest names its tree blob."""


class TreeError(StorageError):
    """A stored tree that is not one."""

    code = "storage.tree"
    hint = "Restore the database from a backup; `toolvet doctor` looks at the rest."


def revision_digest(bundle: Bundle) -> Digest:
    """Digest the whole file tree."""
    return digests.file_tree(bundle.files)


def store(unit: Unit, bundle: Bundle) -> Digest:
    """Keep every file and the tree by digest; return the revision digest."""
    contents = {path: unit.put_blob(data, "file") for path, data in bundle.files.items()}
    return unit.put_blob(canonical.dumps({"schema": TREE_SCHEMA, "files": contents}), "tree")


def tree_files(tree: bytes) -> dict[str, Digest]:
    """Read the tree blob of a revision: path to content digest.

    Raises:
        TreeError: It is not a tree.
    """
    value = canonical.parse(tree)
    files = value.get("files") if isinstance(value, dict) else None
    if not isinstance(files, dict):
        raise TreeError("the stored tree of a revision is not one")
    return {path: Digest(str(digest)) for path, digest in files.items()}


def load(view: View, revision: Digest) -> dict[str, bytes]:
    """Read a revision's files; every byte is checked against its digest.

    Raises:
        BlobCorruptError: A stored byte is not what was submitted.
    """
    return {path: view.blob(digest) for path, digest in tree_files(view.blob(revision)).items()}


def of(files: dict[str, bytes]) -> Bundle:
    """Read the specification of files that were submitted before."""
    return Bundle(parse_spec(files["tool.toml"].decode("utf-8")), files)
