"""What an operator binds: a secret to tools and hosts, a named mount to a folder. Pure; no I/O.

The documents that acts about them sign, read strictly, and the one rule that says what they cover.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from toolvet_reviews import permissions
from toolvet_reviews.digests import is_digest
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.spec_effects import MOUNT_NAME, SECRET_NAME, is_host
from toolvet_reviews.values import Digest, Json, JsonObject

MountMode = Literal["read", "write"]
_MODES: tuple[MountMode, ...] = ("read", "write")

VISIBLE = ""
"""The host that stands for the tool itself: it sees the secret."""
MAX_SCOPE = 64
"""Patterns of tools, and hosts, of one secret."""
MAX_FOLDER = 1024

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_PATTERN = re.compile(r"(?:[a-z0-9_*?]{1,64}/)?[a-z0-9_*?]{1,64}\Z")


class BindingError(ReviewError):
    """A secret or mount that cannot be bound like this."""

    code = "binding.invalid"


@dataclass(frozen=True)
class SecretBinding:
    """Where one secret may go; its value is only committed to."""

    id: str
    name: str
    """As specifications name it: `MAIL_PASSWORD`."""
    tools: tuple[str, ...]
    """Patterns over `toolset/name`, sorted."""
    hosts: tuple[str, ...]
    """Hosts it may be sent to, sorted; the empty one lets the tool itself see it."""
    commitment: Digest
    """SHA-256 of 32 random bytes and the value; the bytes are sealed with the value."""

    def covers(self, tool: str, host: str) -> bool:
        """Tell whether a tool, `toolset/name`, may have this secret sent to a host."""
        return host in self.hosts and covers_tool(self.tools, tool)


@dataclass(frozen=True)
class MountBinding:
    """The folder behind a name, and which tools may have it."""

    id: str
    name: str
    """As specifications name it: `traces`."""
    folder: str
    """Absolute path on the host of the service."""
    mode: MountMode
    """`write` lets a tool that declares it write; every other tool reads."""
    tools: tuple[str, ...]
    """Patterns over `toolset/name`, sorted."""

    def covers(self, tool: str) -> bool:
        """Tell whether a tool, `toolset/name`, may have this folder."""
        return covers_tool(self.tools, tool)


def covers_tool(patterns: tuple[str, ...], tool: str) -> bool:
    """Tell whether one of the patterns matches a tool, `toolset/name`."""
    toolset, _, name = tool.partition("/")
    return any(permissions.matches(pattern, toolset, name) for pattern in patterns)


def secret_json(binding: SecretBinding) -> JsonObject:
    """Write what the document of `secret:set` and `secret:rotate` holds."""
    return {
        "id": binding.id,
        "name": binding.name,
        "tools": [*binding.tools],
        "hosts": [*binding.hosts],
        "commitment": binding.commitment,
    }


def mount_json(binding: MountBinding) -> JsonObject:
    """Write what the document of `mount:bind` holds."""
    return {
        "id": binding.id,
        "name": binding.name,
        "folder": binding.folder,
        "mode": binding.mode,
        "tools": [*binding.tools],
    }


def read_secret(said: Mapping[str, Json]) -> SecretBinding:
    """Read what such a document holds, strictly.

    Raises:
        BindingError: A field is missing, unknown or not what it must be.
    """
    _fields(said, {"id", "name", "tools", "hosts", "commitment"})
    commitment = said["commitment"]
    if not is_digest(commitment):
        raise BindingError("the commitment is no digest", place="commitment")
    return SecretBinding(
        id=_text(said, "id", _ID),
        name=_text(said, "name", SECRET_NAME, "Write it as specifications do: MAIL_PASSWORD."),
        tools=_tools(said),
        hosts=_hosts(said),
        commitment=Digest(cast("str", commitment)),
    )


def read_mount(said: Mapping[str, Json]) -> MountBinding:
    """Read what such a document holds, strictly. Whether the folder is there is not asked.

    Raises:
        BindingError: A field is missing, unknown or not what it must be.
    """
    _fields(said, {"id", "name", "folder", "mode", "tools"})
    mode: MountMode | None = next((one for one in _MODES if one == said["mode"]), None)
    if mode is None:
        raise BindingError("the mode is read or write", place="mode")
    return MountBinding(
        id=_text(said, "id", _ID),
        name=_text(said, "name", MOUNT_NAME, "Write it as specifications do: snake_case."),
        folder=_folder(said["folder"]),
        mode=mode,
        tools=_tools(said),
    )


def _fields(said: Mapping[str, Json], expected: set[str]) -> None:
    if set(said) != expected:
        raise BindingError(f"expected {', '.join(sorted(expected))}")


def _text(said: Mapping[str, Json], field: str, form: re.Pattern[str], hint: str = "") -> str:
    value = said[field]
    if not isinstance(value, str) or not form.match(value):
        raise BindingError(f"{str(value)[:80]!r} is no {field}", hint=hint, place=field)
    return value


def _list(said: Mapping[str, Json], field: str) -> tuple[str, ...]:
    value = said[field]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BindingError(f"{field} is a list of texts", place=field)
    items = tuple(str(item) for item in value)
    if not 1 <= len(items) <= MAX_SCOPE or list(items) != sorted(set(items)):
        raise BindingError(f"{field} has 1 to {MAX_SCOPE} entries, sorted, each once", place=field)
    return items


def _tools(said: Mapping[str, Json]) -> tuple[str, ...]:
    patterns = _list(said, "tools")
    for pattern in patterns:
        if not _PATTERN.match(pattern):
            hint = "Write toolset/name; * and ? match within one part."
            raise BindingError(f"not a pattern of tools: {pattern[:80]!r}", hint=hint)
    return patterns


def _hosts(said: Mapping[str, Json]) -> tuple[str, ...]:
    hosts = _list(said, "hosts")
    for host in hosts:
        if host != VISIBLE and not is_host(host):
            hint = "One host in lower case; a pattern cannot stand here."
            raise BindingError(f"not a host: {host[:80]!r}", hint=hint)
    return hosts


def _folder(value: Json) -> str:
    text = value if isinstance(value, str) and len(value) <= MAX_FOLDER else ""
    if text != _normal(text) or not text.isprintable():
        raise BindingError(
            "not the whole path of a folder",
            hint="Write it from the root, printable, without `.`, `..` or a slash at the end.",
            place="folder",
        )
    return text


def _normal(path: str) -> str:
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return "/" + "/".join(parts)
