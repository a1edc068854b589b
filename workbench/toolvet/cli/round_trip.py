"""Try a connection the way a host does: start what is configured, list the tools, call one.

What the file says is started only if it is, to the letter, what `toolvet connect` wrote there: a
configuration lies in a project's folder, where others may have changed it.
"""

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import IO, Any, cast

from toolvet.client import mcp_config
from toolvet.client.connections import Connections, Link, Place
from toolvet.client.errors import RemoteError
from toolvet.client.private import read_token
from toolvet.errors import KNOWN, ToolvetError, UnauthenticatedError
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import DoctorLine
from toolvet_reviews.words import counted, one_line

PATIENCE_S = 60.0
"""For a whole round trip: the program may have to start the service."""
AT_ONCE = 2
SEARCH = "toolvet_search"
AREA = "connection"
AGAIN = "Run `toolvet connect` again, in the same folder and with the same words."
GONE = "`toolvet doctor --fix` forgets it; `toolvet connect` writes it anew."
NOBODY = "Start `toolvet serve` on that port, or connect again over stdio, which needs none."
_CODE = re.compile(r"toolvet: (.*) \[([a-z_]+(?:\.[a-z_]+)*)\]$", re.MULTILINE)


class RoundTripError(ToolvetError):
    """The configured program or address did not do what an MCP server does."""

    code = "connection.failed"
    status = 503
    hint = AGAIN


async def check_all(connections: Connections, *, fix: bool = False) -> list[DoctorLine]:
    """Try every connection to one service.

    Args:
        fix: Forget those whose configuration is gone.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def check_one(link: Link, place: Place) -> DoctorLine:
        async with gate:
            return await check(connections, link.agent, place)

    places = [(link, place) for link in connections.all() for place in link.places]
    lines = await asyncio.gather(*(check_one(link, place) for link, place in places))
    return [
        _forget(connections, link, place) if fix and line.fixable else line
        for (link, place), line in zip(places, lines, strict=True)
    ]


async def check(connections: Connections, agent: str, place: Place) -> DoctorLine:
    """Try one connection, and say what is wrong with it and how to mend it."""
    named = f"{agent} in {place.path}" if place.path else f"{agent}, as printed"
    try:
        entry = _configured(connections, agent, place)
        if isinstance(entry, DoctorLine):
            return entry
        async with asyncio.timeout(PATIENCE_S):
            count = await round_trip(entry)
    except TimeoutError:
        return _ill(AREA, f"{named}: no answer within a minute", AGAIN, "connection.slow")
    except KNOWN as error:
        useless = error.code == UnauthenticatedError.code and not place.path
        hint = f"{AGAIN} `--fix` forgets it." if useless else error.hint or AGAIN
        where = agent if place.path and place.path in str(error) else named
        return _ill(AREA, f"{where}: {error}", hint, error.code, fixable=useless)
    how = place.entry.get("type")
    said = f"{named} ({how}): {counted(count, 'tool')}, and {SEARCH} answers"
    return DoctorLine(AREA, ok=True, message=said)


def _configured(connections: Connections, agent: str, place: Place) -> JsonObject | DoctorLine:
    """Read what is configured; a line when that is not what was written there."""
    token = read_token(connections.token_file(agent))
    if not place.path:
        return mcp_config.with_token(place.entry, token)
    config = mcp_config.read(Path(place.path))
    entry = config.entry(place.server)
    if entry is None:
        return _ill(
            AREA,
            f"{agent}: {place.path} names no server {place.server} any more",
            GONE,
            "connection.gone",
            fixable=True,
        )
    bare, held = mcp_config.split_token(entry)
    if bare != place.entry:
        return _ill(
            AREA,
            f"{agent}: {place.path} was changed since it was written, so it was not run",
            f"Look at it. {AGAIN}",
            "connection.changed",
        )
    if bare["type"] == "http" and held != token:
        return _ill(
            AREA,
            f"{agent}: {place.path} holds another token than the one in force",
            AGAIN,
            "connection.old_token",
        )
    return entry


def _forget(connections: Connections, link: Link, place: Place) -> DoctorLine:
    with connections.held():
        current = connections.find(link.agent)
        if current is not None:
            connections.keep(current.without(place))
    where = place.path or "what was printed"
    return DoctorLine(AREA, ok=True, message=f"{link.agent}: {where} is forgotten")


async def round_trip(entry: JsonObject) -> int:
    """List the tools and call the search, as a host with this entry does.

    Returns:
        How many tools are listed.

    Raises:
        ToolvetError: What is configured does not work; with the code it gave, where it gave one.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        try:
            return await _round_trip(entry, said)
        except (*KNOWN, *_broken(), ExceptionGroup) as error:
            found = _first(cast("Exception", error))
            raise (found if isinstance(found, KNOWN) else _explained(said, found)) from error


async def _round_trip(entry: JsonObject, said: IO[str]) -> int:
    async with _opened(entry, said) as client:
        names: list[str] = []
        cursor: str | None = None
        while True:
            page = await client.list_tools(cursor=cursor)
            names += [tool.name for tool in page.tools]
            cursor = page.next_cursor
            if not cursor:
                break
        if SEARCH not in names:
            hint = "An older service? `toolvet stop` ends it; the next command starts this one."
            raise RoundTripError(f"{SEARCH} is not listed", hint=hint)
        result = await client.call_tool(SEARCH, {"query": "anything", "limit": 1})
        if result.is_error:
            raise RoundTripError(f"{SEARCH} failed: {one_line(str(result.content))}")
        return len(names)


@asynccontextmanager
async def _opened(entry: JsonObject, said: IO[str]) -> AsyncGenerator[Any]:
    import httpx2
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamable_http_client

    async with AsyncExitStack() as stack:
        if entry["type"] == "http":

            async def note(response: httpx2.Response) -> None:
                if response.status_code >= 400:
                    said.write(_refusal(response.status_code, await response.aread()))

            http = httpx2.AsyncClient(
                headers=cast("dict[str, str]", entry.get("headers", {})),
                timeout=PATIENCE_S,
                event_hooks={"response": [note]},  # the SDK tells nobody what was answered
            )
            await stack.enter_async_context(http)
            transport: Any = streamable_http_client(str(entry["url"]), http_client=http)
        else:
            program = StdioServerParameters(
                command=str(entry["command"]),
                args=cast("list[str]", entry["args"]),
                env=cast("dict[str, str]", entry["env"]),
            )
            transport = stdio_client(program, errlog=cast("Any", said))
        yield await stack.enter_async_context(Client(transport))


def _refusal(status: int, body: bytes) -> str:
    """Write what the service answered as the bridge writes it."""
    try:
        error: dict[str, object] = json.loads(body)["error"]
        return f"toolvet: {one_line(str(error['message']))} [{error['code']}]\n"
    except (ValueError, LookupError, TypeError, RecursionError):
        return f"HTTP {status}\n"


def _broken() -> tuple[type[Exception], ...]:
    import httpx2
    from mcp.shared.exceptions import MCPError

    return (MCPError, httpx2.HTTPError, OSError, RuntimeError, ValueError)


def _first(error: Exception) -> Exception:
    """Find what happened in a group of task groups, which wrap it once each."""
    while isinstance(error, ExceptionGroup):
        error = cast("ExceptionGroup[Exception]", error).exceptions[0]
    return error


def _explained(said: IO[str], error: Exception) -> ToolvetError:
    """Say it with the other side's own last words, when it had some."""
    import httpx2

    said.seek(0)
    words = said.read(65536)
    coded = _CODE.findall(words)
    if coded:
        message, code = coded[-1]
        return RemoteError(code, message, hint=AGAIN)
    lines = words.strip().splitlines()
    if isinstance(error, httpx2.ConnectError):
        return RoundTripError(one_line(str(error)), hint=NOBODY)
    return RoundTripError(one_line(lines[-1] if lines else str(error) or type(error).__name__))


def _ill(area: str, message: str, hint: str, code: str, *, fixable: bool = False) -> DoctorLine:
    return DoctorLine(area, ok=False, message=message, hint=hint, code=code, fixable=fixable)
