"""Evidence of earlier local runs, by check and the digest of everything it follows from.

It saves its owner time and proves nothing to anybody else: the service never reads it. What cannot
be read, or is not what its name says, counts as missing.
"""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from toolvet_reviews import canonical
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.findings import Evidence, evidence_from_json, evidence_to_json
from toolvet_reviews.values import Digest

MOST_FILES = 4000
MOST_BYTES = 128 * 1024 * 1024
LARGEST = 2 * 1024 * 1024
"""Bytes of one file."""
_ENDING = ".evidence"


class EvidenceCache:
    """A folder of evidence.

    Args:
        folder: Made when something is kept; None keeps and knows nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, check: str, inputs: Digest) -> Evidence | None:
        """Find evidence of a check with the same inputs."""
        if self._folder is None:
            return None
        path = self._folder / _name(check, inputs)
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
            found = _read(data)
        except (OSError, ReviewError):
            return None
        return found if (found.check, found.inputs) == (check, inputs) else None

    def keep(self, evidence: Evidence) -> None:
        """Keep evidence; where that cannot be, the next run finds out again."""
        if self._folder is None or evidence.status == "unknown" or not evidence.inputs:
            return
        try:
            body = canonical.dumps(evidence_to_json(evidence))
        except ReviewError:  # texts of others that no JSON holds
            return
        data = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
        if len(data) > LARGEST:
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(self._folder, _name(evidence.check, evidence.inputs), data)

    def trim(self) -> None:
        """Let go of the oldest, once there are more or larger ones than may be kept."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            with os.scandir(self._folder) as entries:
                listed = [one for one in entries if one.name.endswith(_ENDING)]
            files = [(one, one.stat(follow_symlinks=False)) for one in listed]
            files.sort(key=lambda one: one[1].st_mtime, reverse=True)
            room, size = MOST_FILES, MOST_BYTES
            for one, found in files:
                room, size = room - 1, size - found.st_size
                if room < 0 or size < 0:
                    Path(one.path).unlink(missing_ok=True)


def _name(check: str, inputs: Digest) -> str:
    return hashlib.sha256(f"{check}\0{inputs}".encode()).hexdigest() + _ENDING


def _read(data: bytes) -> Evidence:
    """Read evidence; a file that was cut or changed does not hash to its first line.

    Raises:
        ReviewError: It is not evidence, or not all of it.
    """
    digest, _, body = data.partition(b"\n")
    if len(data) > LARGEST or hashlib.sha256(body).hexdigest().encode() != digest:
        raise ReviewError("not what was kept")
    return evidence_from_json(canonical.parse(body))


def _write(folder: Path, name: str, data: bytes) -> None:
    descriptor, made = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(made).replace(folder / name)
    except OSError:
        Path(made).unlink(missing_ok=True)
        raise
