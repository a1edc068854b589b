"""Whether two bundles are the same but for the tool's name. Pure; no I/O."""

import hashlib
import re
from collections.abc import Mapping

from toolvet_reviews.values import Digest

_STANDS_FOR_IT = b"\0name\0"


def digest_but_for_name(files: Mapping[str, bytes], name: str) -> Digest:
    """Digest files with every whole word that is the tool's name left out, in paths as well.

    Args:
        files: By path.
        name: Of the tool.
    """
    word = re.compile(rb"(?<![A-Za-z0-9])" + re.escape(name.encode()) + rb"(?![A-Za-z0-9])")
    parts = sorted(
        (word.sub(_STANDS_FOR_IT, path.encode("utf-8", "surrogatepass")), _folded(word, data))
        for path, data in files.items()
    )
    whole = hashlib.sha256()
    for path, data in parts:
        for one in (path, data):
            whole.update(len(one).to_bytes(8, "big"))
            whole.update(one)
    return Digest(f"sha256:{whole.hexdigest()}")


def _folded(word: "re.Pattern[bytes]", data: bytes) -> bytes:
    return hashlib.sha256(word.sub(_STANDS_FOR_IT, data)).digest()
