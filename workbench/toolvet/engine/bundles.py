"""Bundles by digest: every file a blob, and the tree that names them the revision."""

from toolvet.storage import Unit, View
from toolvet_reviews import canonical, digests
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.spec import parse_spec
from toolvet_reviews.values import Digest


def revision_digest(bundle: Bundle) -> Digest:
    """Digest the whole file tree."""
    return bundle.digest


def store(unit: Unit, bundle: Bundle) -> Digest:
    """Keep every file and the tree by digest; return the revision digest."""
    contents = {path: unit.put_blob(data, "file") for path, data in bundle.files.items()}
    return unit.put_blob(
        canonical.dumps({"schema": digests.TREE_SCHEMA, "files": contents}), "tree"
    )


def load(view: View, revision: Digest) -> dict[str, bytes]:
    """Read a revision's files; every byte is checked against its digest.

    Raises:
        BlobCorruptError: A stored byte is not what was submitted.
        TreeError: The tree is none.
    """
    return {path: view.blob(digest) for path, digest in tree(view, revision).items()}


def tree(view: View, revision: Digest) -> dict[str, Digest]:
    """Read which files a revision has.

    Raises:
        BlobCorruptError: The stored tree is not what was submitted.
        TreeError: It is none.
    """
    return digests.read_tree(view.blob(revision))


def of(files: dict[str, bytes]) -> Bundle:
    """Read the specification of files that were submitted before."""
    return Bundle(parse_spec(files["tool.toml"].decode("utf-8")), files)
