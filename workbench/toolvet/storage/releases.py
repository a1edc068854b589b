"""Releases, channels, policies, waivers and consents: what the log's acts led to."""

from typing import Any

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.rows import ChannelRow, ConsentRow, ReleaseRow, WaiverRow
from toolvet.storage.session import Session

_RELEASES = Mapped(tables.release, ReleaseRow)
_CHANNELS = Mapped(tables.channel, ChannelRow)
_WAIVERS = Mapped(tables.waiver, WaiverRow)
_CONSENTS = Mapped(tables.consent, ConsentRow)


class Releases:
    """Approved manifests, and the channels that point to them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: ReleaseRow) -> None:
        """Store a release.

        Raises:
            ConstraintError: The digest, or this version of the tool, was released before.
        """
        _RELEASES.add(self._session, row)

    def get(self, digest: str) -> ReleaseRow | None:
        """Fetch a release, stopped ones too."""
        return _RELEASES.first(self._session, tables.release.c.digest == digest)

    def versions(self, toolset: str, name: str) -> list[ReleaseRow]:
        """List the releases of one tool, oldest first."""
        release = tables.release
        where = (release.c.toolset == toolset, release.c.name == name)
        return _RELEASES.find(self._session, *where, order=(release.c.version.expression,))

    def names(self) -> list[tuple[str, str]]:
        """List (toolset, name) of every tool that was ever released."""
        release = tables.release
        columns = (release.c.toolset, release.c.name)
        found = self._session.rows(sa.select(*columns).distinct().order_by(*columns))
        return [(toolset, name) for toolset, name in found]

    def stop(self, digest: str) -> bool:
        """Mark a release as stopped; tell whether there is one."""
        release = tables.release
        update = sa.update(release).where(release.c.digest == digest).values(stopped=True)
        return self._session.write(update) == 1

    def set_channel(self, row: ChannelRow) -> None:
        """Point a channel to a release, or to none."""
        _CHANNELS.save(self._session, row)

    def channel(self, toolset: str, name: str, channel: str) -> ChannelRow | None:
        """Fetch one channel of a tool."""
        c = tables.channel.c
        where = (c.toolset == toolset, c.name == name, c.channel == channel)
        return _CHANNELS.first(self._session, *where)

    def channels(self) -> list[ChannelRow]:
        """List every channel."""
        return _CHANNELS.find(self._session)


class Policies:
    """The policies that were in force, and the one that is."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def apply(self, digest: str, text: str, entry: int) -> None:
        """Put a policy in force by the act at this log index."""
        self._session.insert(tables.policy, {"digest": digest, "text": text, "entry": entry})

    def current(self) -> tuple[str, str] | None:
        """Fetch digest and text of the policy in force; None when none was ever applied."""
        return self._pair(sa.true())

    def by_digest(self, digest: str) -> str | None:
        """Fetch the text of a policy that is or was in force."""
        found = self._pair(tables.policy.c.digest == digest)
        return found[1] if found else None

    def _pair(self, where: sa.ColumnElement[Any]) -> tuple[str, str] | None:
        policy = tables.policy
        query = sa.select(policy.c.digest, policy.c.text).where(where)
        row = self._session.row(query.order_by(policy.c.entry.desc()).limit(1))
        return (row[0], row[1]) if row else None


class Waivers:
    """Findings that people overruled."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: WaiverRow) -> None:
        """Store a waiver; several people may waive the same finding."""
        _WAIVERS.add(self._session, row)

    def for_release(self, digest: str) -> list[WaiverRow]:
        """List the waivers of one release digest, expired ones too."""
        return _WAIVERS.find(self._session, tables.waiver.c.release_digest == digest)

    def all(self) -> list[WaiverRow]:
        """List every waiver."""
        return _WAIVERS.find(self._session)


class Consents:
    """Consents to run behind lower walls."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, tier: str, entry: int) -> None:
        """Store a consent by the act at this log index."""
        _CONSENTS.add(self._session, ConsentRow(tier=tier, entry=entry))

    def all(self) -> list[ConsentRow]:
        """List every consent, oldest first."""
        return _CONSENTS.find(self._session)
