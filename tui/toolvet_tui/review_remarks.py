"""Remarks that are being written: on this machine first, at the service as soon as the key is open.

The copy here goes once the service has the same words, so what is left is what nobody else holds.
"""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from toolvet.client.client import Client
from toolvet.config import now, stamp
from toolvet_reviews.review_views import Anchor, DraftRemark
from toolvet_tui.drafts_kept import DraftsKept


class RemarksKept:
    """Drafts of one person at one service, as far as they are on this machine.

    Args:
        config_dir: The person's configuration folder; None keeps them while the screen is open.
        service: Its address.
    """

    def __init__(self, config_dir: Path | None, service: str) -> None:
        self._disk = DraftsKept(config_dir, service) if config_dir is not None else None
        self._here: dict[tuple[str, str], DraftRemark] = {}

    def put(self, proposal: str, draft: DraftRemark) -> None:
        """Keep a draft, on the disk where there is one.

        Raises:
            DraftError: It cannot be written; it is kept while the screen is open.
        """
        self._here[proposal, draft.id] = draft
        if self._disk is not None:
            self._disk.put(proposal, draft)

    def all(self, proposal: str) -> tuple[DraftRemark, ...]:
        """Give the drafts of a proposal that are here."""
        found = {one.id: one for one in (self._disk.all(proposal) if self._disk else ())}
        found |= {name: one for (about, name), one in self._here.items() if about == proposal}
        return tuple(found.values())

    def has(self, proposal: str, draft: DraftRemark) -> bool:
        """Tell whether exactly these words are the newest here."""
        return self._here.get((proposal, draft.id)) == draft

    def drop(self, proposal: str, draft: str) -> None:
        """Forget a draft.

        Raises:
            DraftError: It cannot be removed from the disk.
        """
        self._here.pop((proposal, draft), None)
        if self._disk is not None:
            self._disk.drop(proposal, draft)

    def send(self, person: Client, proposal: str, draft: DraftRemark) -> None:
        """Give a draft to the service, and let go of the copy here unless it was written on; blocks.

        Raises:
            RemoteError: The service does not take it; it stays here.
        """
        person.keep_draft(proposal, draft)
        if self._here.get((proposal, draft.id), draft) == draft:
            self.drop(proposal, draft.id)

    def troubles(self) -> tuple[str, ...]:
        """Say which files could not be read, once each."""
        return self._disk.troubles() if self._disk is not None else ()


def merged(sent: Iterable[DraftRemark], local: Iterable[DraftRemark]) -> tuple[DraftRemark, ...]:
    """Put together what the service has and what is here; what is here was written later."""
    found = {one.id: one for one in sent} | {one.id: one for one in local}
    return tuple(sorted(found.values(), key=lambda one: (one.updated_at, one.id)))


def says_something(draft: DraftRemark) -> bool:
    """Tell whether there is anything in it that could be published."""
    return bool(draft.text.strip()) or draft.suggestion is not None


def same_place(one: Anchor, other: Anchor) -> bool:
    """Tell whether two remarks are about the same; what has a name is that, wherever it stands."""
    if one.kind != other.kind or one.name != other.name:
        return False
    if one.kind == "line":
        return (one.path, one.line, one.end_line) == (other.path, other.line, other.end_line)
    return one.kind != "file" or one.path == other.path


def begun(anchor: Anchor, thread: str | None = None) -> DraftRemark:
    """Begin a remark."""
    return DraftRemark(secrets.token_hex(8), anchor, "", stamp(now()), thread)


def dated(draft: DraftRemark) -> DraftRemark:
    """Say when it was written."""
    return replace(draft, updated_at=stamp(now()))
