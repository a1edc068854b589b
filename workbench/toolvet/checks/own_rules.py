"""Rules that are not ours: packs of a rule registry, and what both they and an organisation's own need.

Packs are fetched on our side of the walls, once a day, since a scan has no network. They are bytes
here, and parsed behind the walls, like everything else that a scan needs.
"""

import asyncio
import logging
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

MAX_PACK_BYTES: Final = 16 << 20
REGISTRY: Final = "https://semgrep.dev/c/"
FETCH_TIMEOUT_S: Final = 5.0
RETRY_S: Final = 600.0
"""How long a pack that could not be fetched is not tried again."""

_PACK = re.compile(r"[pr]/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

_ID = re.compile(rb"""(?m)^\s*-?\s*id\s*:\s*["']?([\w./-]+)|"id"\s*:\s*"([^"]*)\"""")
"""An id as YAML or JSON states it; enough to count them, semgrep parses them behind the walls."""

Fetch = Callable[[str], bytes]


def repeated_ids(text: bytes) -> bool:
    """Tell whether a configuration names an id twice, of which semgrep keeps one without a word."""
    ids = [found[1] or found[2] for found in _ID.finditer(text)]
    return len(ids) != len(set(ids))


class Packs:
    """Packs of the rule registry, kept for a day each."""

    def __init__(self, folder: Path, fetch: Fetch | None = None) -> None:
        """Keep packs in a folder, which is made on demand; `fetch` stands in for the network."""
        self._folder = folder
        self._fetch = fetch or fetched
        self._failed: dict[str, float] = {}

    async def get(self, name: str, day: date | None = None) -> bytes | None:
        """Get a pack as the registry has it today; None when it cannot be had.

        Args:
            name: Such as `p/python`.
            day: Today unless given, in UTC.
        """
        if _PACK.fullmatch(name) is None:
            return None
        today = (day or datetime.now(UTC).date()).isoformat()
        path = self._folder / f"{name.replace('/', '-')}-{today}.yaml"
        return await asyncio.to_thread(self._get, name, path)

    def _get(self, name: str, path: Path) -> bytes | None:
        if path.is_file():
            return path.read_bytes()
        if time.monotonic() < self._failed.get(name, 0.0):
            return None
        try:
            data = self._fetch(name)
        except (OSError, ValueError) as error:
            _log.info("rule pack %s cannot be had: %s", name, error)
            self._failed[name] = time.monotonic() + RETRY_S
            return None
        self._keep(name, path, data)
        return data

    def _keep(self, name: str, path: Path, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for older in self._folder.glob(f"{name.replace('/', '-')}-????-??-??.yaml"):
            older.unlink(missing_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_bytes(data)
        partial.replace(path)


@cache
def packs_in(folder: Path) -> Packs:
    """The packs of a folder, with one memory of what could not be had."""
    return Packs(folder)


def fetched(name: str) -> bytes:
    """Fetch a pack.

    Raises:
        OSError: There is no network, or the registry does not have it.
        ValueError: It is too large.
    """
    request = urllib.request.Request(REGISTRY + name, headers={"User-Agent": "toolvet"})  # noqa: S310 - https, above
    try:
        with urllib.request.urlopen(request, timeout=FETCH_TIMEOUT_S) as reply:  # noqa: S310 - the same
            data: bytes = reply.read(MAX_PACK_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise
    if len(data) > MAX_PACK_BYTES:
        raise ValueError(f"{name} has more than {MAX_PACK_BYTES} bytes")
    return data
