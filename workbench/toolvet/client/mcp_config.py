"""Configurations of MCP hosts: the object `mcpServers`, in a file that others write to as well.

Format: `.mcp.json` of Claude Code, which most hosts read under another name. Everything in such a
file but our own entry is kept as it was; a file that cannot be read strictly is never written.
"""

import errno
import json
import os
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, cast
from urllib.parse import urlsplit

from toolvet.client import private
from toolvet.config import Settings
from toolvet.errors import ConflictError, ToolvetError, UnreachableError
from toolvet_reviews.values import Json, JsonObject

COMMAND = (sys.executable, "-I", "-m", "toolvet.cli", "mcp")
"""This very program; `-I`, so that nothing in the host's folder can put code in."""
SERVERS = "mcpServers"
MAX_BYTES = 1024 * 1024
_BEARER = "Bearer "
_AUTHORIZATION = "Authorization"


class ConfigFileError(ToolvetError):
    """A configuration that cannot be read strictly, or not written: it is as it was."""

    code: ClassVar[str] = "connect.file"
    hint = "Mend the file, or name another with --write, or take what --print shows."


class ServerTakenError(ConflictError):
    """The configuration has a server of that name which is none of ours."""

    code: ClassVar[str] = "connect.server_taken"
    hint = "Choose another key with --server."


class NoAddressError(UnreachableError):
    """The service listens on no port, so there is no address to write."""

    code: ClassVar[str] = "connect.no_address"
    hint = "Start `toolvet serve`, set TOOLVET_URL, or leave --http away: stdio needs no port."


@dataclass(frozen=True)
class Config:
    """A configuration as it was read."""

    path: Path
    document: JsonObject
    before: bytes | None
    """The file's bytes; None when there was no file."""
    mode: int

    @property
    def servers(self) -> dict[str, Json]:
        """What stands below `mcpServers`."""
        found = self.document.get(SERVERS, {})
        return found if isinstance(found, dict) else {}

    def entry(self, server: str) -> JsonObject | None:
        """Give the entry of one server."""
        found = self.servers.get(server)
        return found if isinstance(found, dict) else None


def bridge(settings: Settings, token_file: Path) -> JsonObject:
    """Describe the program that speaks MCP on stdin and stdout, as this agent.

    Every variable that says who speaks to whom is pinned: a host passes its own environment on.
    """
    home: dict[str, Json] = {} if settings.url else {"TOOLVET_HOME": str(settings.home)}
    env: dict[str, Json] = {
        **home,
        "TOOLVET_CONFIG": str(settings.config_dir),
        "TOOLVET_URL": settings.url,
        "TOOLVET_TOKEN": "",
        "TOOLVET_TOKEN_FILE": str(token_file),
    }
    if home and settings.database and not has_password(settings.database):
        env["TOOLVET_DATABASE"] = settings.database
    arguments: list[Json] = [*COMMAND[1:]]
    return {"type": "stdio", "command": COMMAND[0], "args": arguments, "env": env}


def has_password(url: str) -> bool:
    """Tell whether a URL holds a password, or cannot be read."""
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return True


def endpoint(url: str) -> JsonObject:
    """Describe the service's own MCP endpoint, without the token."""
    return {"type": "http", "url": url}


def with_token(entry: JsonObject, token: str) -> JsonObject:
    """Add the token to an entry over HTTP; one over stdio only names where it lies."""
    if entry["type"] != "http":
        return entry
    return {**entry, "headers": {_AUTHORIZATION: f"{_BEARER}{token}"}}


def split_token(entry: JsonObject) -> tuple[JsonObject, str]:
    """Take the token out of an entry; empty when none is in there."""
    headers = entry.get("headers")
    if not isinstance(headers, dict):
        return entry, ""
    others = {name: value for name, value in headers.items() if name != _AUTHORIZATION}
    bare = {name: value for name, value in entry.items() if name != "headers"}
    if others:
        bare["headers"] = others
    return bare, str(headers.get(_AUTHORIZATION, "")).removeprefix(_BEARER)


def address(settings: Settings) -> str:
    """Find where the service answers MCP over HTTP.

    Raises:
        NoAddressError: Nowhere.
    """
    if settings.url:
        return f"{settings.url}/mcp"
    try:
        found: object = json.loads(settings.paths.pid.read_text(encoding="utf-8"))["ports"][0]
    except (OSError, ValueError, LookupError, TypeError):
        found = None
    if type(found) is not int:
        raise NoAddressError("the local service listens on no port")
    return f"http://127.0.0.1:{found}/mcp"


def read(path: Path) -> Config:
    """Read a configuration; one that is not there is empty.

    Raises:
        ConfigFileError: It is no plain file, or no JSON object, or too long.
    """
    try:
        data, state = private.read_plain(path, MAX_BYTES + 1, getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return Config(path, {}, None, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            hint = "Name the file it leads to with --write."
            raise ConfigFileError(f"{path} is a link", hint=hint) from error
        raise ConfigFileError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise ConfigFileError(f"{path} is longer than {MAX_BYTES} bytes")
    return Config(path, _document(path, data), data, stat.S_IMODE(state.st_mode))


def _document(path: Path, data: bytes) -> JsonObject:
    try:
        found: object = json.loads(
            data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise ConfigFileError(f"{path} is no JSON, so it was not touched: {error}") from error
    if not isinstance(found, dict):
        raise ConfigFileError(f"{path} holds no JSON object, so it was not touched")
    document = cast("JsonObject", found)
    if not isinstance(document.get(SERVERS, {}), dict):
        raise ConfigFileError(f"`{SERVERS}` in {path} is no object, so it was not touched")
    return document


def _object(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:  # json keeps the last one: writing it back would lose the other
            raise ValueError(f"{name[:80]!r} stands there twice")
        found[name] = value
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def check_free(config: Config, server: str, *, ours: bool) -> None:
    """Hold a key against who has it, and the folder against whether it can be written.

    Args:
        ours: Whether an earlier `toolvet connect` wrote there.

    Raises:
        ServerTakenError: Somebody else has the key.
        ConfigFileError: Nothing can be written there.
    """
    folder = config.path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ConfigFileError(f"cannot write into {folder}")
    if server not in config.servers or ours:
        return
    entry = config.entry(server) or {}
    arguments = entry.get("args")
    # as `toolvet connect` writes it for whatever home, or as people write it by hand
    if isinstance(arguments, list) and arguments[-3:] == [*COMMAND[-3:]]:
        return
    if Path(str(entry.get("command"))).name == "toolvet" and arguments == ["mcp"]:
        return
    raise ServerTakenError(f"{config.path} has a server {server!r} already")


def merged(config: Config, server: str, entry: JsonObject) -> bytes:
    """Write the configuration with our entry in it and everything else as it was."""
    servers: JsonObject = {**config.servers, server: entry}
    return as_text({**config.document, SERVERS: servers}, _indent(config.before)).encode()


def as_text(document: JsonObject, indent: int | str = 2) -> str:
    """Write a configuration as people do."""
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair, written as an escape
        text = json.dumps(document, indent=indent)
    return text + "\n"


def _indent(before: bytes | None) -> int | str:
    """Find how a file is indented: by its second line."""
    lines = (before or b"").splitlines()
    second = lines[1] if len(lines) > 1 else b""
    blank = second[: len(second) - len(second.lstrip(b" \t"))].decode()
    return blank[:16] or 2


def write(config: Config, data: bytes, *, secret: bool) -> None:
    """Put the new bytes in the place of those that were read.

    Args:
        secret: The bytes hold a token: nobody but the owner may read the file from now on.

    Raises:
        ConfigFileError: It cannot be written, or was changed since it was read.
    """
    if read(config.path).before != config.before:
        raise ConfigFileError(f"{config.path} was changed meanwhile", hint="Try again.")
    try:
        private.replace(config.path, data, 0o600 if secret else config.mode)
        if config.before is not None and not secret:
            config.path.chmod(config.mode)
    except OSError as error:
        raise ConfigFileError(f"cannot write {config.path}: {error.strerror}") from error


def in_work_tree(path: Path) -> bool:
    """Tell whether a file lies in a git work tree, without running git there."""
    return any((folder / ".git").exists() for folder in path.absolute().parents)
