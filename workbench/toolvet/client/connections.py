"""The connections that `toolvet connect` made on this machine: for which agent, and written where.

They lie in the person's own configuration folder, by service and agent. The token is a file of its
own beside the record, so that a configuration can name it instead of holding it.
"""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Literal

from toolvet.client import locks, private
from toolvet.client.decode import decode
from toolvet.client.errors import AnswerError
from toolvet.errors import HomeError, ToolvetError
from toolvet_reviews.values import JsonObject

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOCK_WAIT_S = 30.0


class AgentNameError(ToolvetError):
    """A name that no agent can have."""

    code: ClassVar[str] = "connect.name"
    hint = "Letters, digits, `.`, `_` and `-`, at most 64, beginning with a letter or digit."


@dataclass(frozen=True)
class Place:
    """One configuration that names the agent's token, or holds it."""

    path: str
    """Of the file; empty when the configuration was printed."""
    server: str
    """Key below `mcpServers`."""
    entry: JsonObject
    """What stands below that key, without the token."""


@dataclass(frozen=True)
class Link:
    """An agent of one service, and every place it is connected from."""

    agent: str
    principal: str
    token: str
    """Id of the token in force, by which it is revoked."""
    places: tuple[Place, ...] = ()
    stale: tuple[str, ...] = ()
    """Ids of tokens that were replaced and have yet to be revoked."""

    def at(self, place: Place) -> "Link":
        """Add a place; what was there under the same key goes."""
        return replace(self, places=(*self.without(place).places, place))

    def without(self, place: Place) -> "Link":
        """Take a place away."""
        kept = (one for one in self.places if (one.path, one.server) != (place.path, place.server))
        return replace(self, places=tuple(kept))


class Connections:
    """What was connected to one service.

    Args:
        config_dir: The person's configuration folder.
        service_id: As the service names itself.
    """

    def __init__(self, config_dir: Path, service_id: str) -> None:
        self._service_id = service_id
        # The id comes from the service: hashed, so that it cannot name another folder.
        named = sha256(service_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self.folder = config_dir / "connections" / named

    @contextmanager
    def held(self) -> Generator[None]:
        """Keep other commands from writing at the same time.

        Raises:
            HomeError: The folder cannot be written, or another command keeps it.
        """
        try:
            with locks.held(self.folder / ".lock", _LOCK_WAIT_S):
                yield
        except OSError as error:  # a lock that is kept is a TimeoutError, which is one
            raise HomeError(
                f"cannot write {self.folder}: {error}",
                hint="Set TOOLVET_CONFIG to a folder of your own.",
            ) from error

    def all(self) -> list[Link]:
        """List the connections, by agent."""
        return [self._load(path) for path in sorted(self.folder.glob("*.json"))]

    def find(self, agent: str) -> Link | None:
        """Find an agent's connection."""
        path = self._file(agent, "json")
        return self._load(path) if path.exists() else None

    def keep(self, link: Link) -> None:
        """Write a connection down; one without a place too, for its token."""
        document = asdict(_Document("toolvet/connection/v1", self._service_id, link))
        private.write(self._file(link.agent, "json"), json.dumps(document, indent=1) + "\n")

    def keep_at(self, link: Link, place: Place) -> Link:
        """Write down that an agent is connected at a place, and no other agent is any more."""
        for other in self.all():
            if place.path and other.agent != link.agent and other.without(place) != other:
                self.keep(other.without(place))
        there = link.at(place)
        self.keep(there)
        return there

    def token_file(self, agent: str) -> Path:
        """Say where an agent's token lies."""
        return self._file(agent, "token")

    def write_token(self, agent: str, token: str) -> None:
        """Put an agent's token where its configurations look for it."""
        private.write(self.token_file(agent), token + "\n")

    def _file(self, agent: str, ending: str) -> Path:
        return self.folder / f"{checked_name(agent)}.{ending}"

    def _load(self, path: Path) -> Link:
        try:
            found = decode(_Document, json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError, AnswerError) as error:
            raise HomeError(
                f"{path} is no connection of this version: {error}", hint=f"Remove {path}"
            ) from error
        return found.link


@dataclass(frozen=True)
class _Document:
    """A connection as it lies in its file."""

    schema: Literal["toolvet/connection/v1"]
    service: str
    link: Link


def checked_name(agent: str) -> str:
    """Hold a name against the rule for principals: it becomes the name of a file.

    Raises:
        AgentNameError: It breaks the rule.
    """
    if not _NAME.fullmatch(agent):
        raise AgentNameError(f"not a name for an agent: {agent[:80]!r}")
    return agent


def token_id(token: str) -> str:
    """Name a token as the service does: by the beginning of its hash."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:32]
