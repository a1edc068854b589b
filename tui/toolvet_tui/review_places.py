"""Where a person stopped reading a proposal, on this machine: pane, file and line of each.

A convenience: what cannot be read or written is nothing to be told about, and begins at the top.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import cast

from toolvet.client import private

MOST = 300
"""Proposals that are remembered; the ones read longest ago are forgotten."""
_MOST_BYTES = 200_000


@dataclass(frozen=True)
class LastPlace:
    """Where one was."""

    digest: str
    """Of the revision."""
    pane: str
    path: str = ""
    line: int = 0


class Places:
    """Last places of one person at one service.

    Args:
        config_dir: The person's configuration folder; None remembers while the app runs.
        service: Its address.
    """

    def __init__(self, config_dir: Path | None, service: str) -> None:
        name = sha256(service.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._path = config_dir / "places" / f"{name}.json" if config_dir is not None else None
        self._known: dict[str, LastPlace] | None = None

    def of(self, proposal: str, digest: str) -> LastPlace | None:
        """Recall where one was in a revision; None in another one."""
        found = self._all().get(proposal)
        return found if found is not None and found.digest == digest else None

    def keep(self, proposal: str, place: LastPlace) -> None:
        """Remember where one is."""
        known = self._all()
        if known.get(proposal) == place:
            return
        known.pop(proposal, None)
        known[proposal] = place
        for old in list(known)[: max(0, len(known) - MOST)]:
            del known[old]
        if self._path is not None:
            document = json.dumps({name: asdict(one) for name, one in known.items()})
            with suppress(OSError):
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                private.replace(self._path, document.encode("ascii"), 0o600)

    def _all(self) -> dict[str, LastPlace]:
        if self._known is None:
            self._known = _read(self._path) if self._path is not None else {}
        return self._known


def _read(path: Path) -> dict[str, LastPlace]:
    try:
        data, _ = private.read_plain(path, _MOST_BYTES)
        found: object = json.loads(data)
    except (OSError, ValueError, RecursionError):
        return {}
    said = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    places = {name: _place(one) for name, one in said.items()}
    return {name: place for name, place in places.items() if place is not None}


def _place(found: object) -> LastPlace | None:
    said = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    digest, pane, path, line = (said.get(name) for name in ("digest", "pane", "path", "line"))
    if not (isinstance(digest, str) and isinstance(pane, str) and isinstance(path, str)):
        return None
    return LastPlace(digest, pane, path, line) if type(line) is int and line >= 0 else None
