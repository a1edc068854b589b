"""The doctor starts what is configured and speaks to it as a host does; it believes nothing else.

Small programs stand for what may be configured; one of them is a whole MCP server.
"""

import asyncio
import json
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from toolvet.cli import round_trip
from toolvet.client import mcp_config
from toolvet.client.connections import Connections, Link, Place
from toolvet_reviews.views import DoctorLine

SERVER = """
import asyncio, os, sys
import mcp_types as t
from mcp.server import Server
from mcp.server.stdio import stdio_server

NAMES = sys.argv[1].split(",")

async def tools(ctx, params):
    listed = [t.Tool(name=name, input_schema={"type": "object"}) for name in NAMES]
    after = int(params.cursor) if params and params.cursor else 0
    last = after + 1 >= len(listed)
    return t.ListToolsResult(tools=[listed[after]], next_cursor=None if last else str(after + 1))

async def call(ctx, params):
    wrong = "wrong" in NAMES
    return t.CallToolResult(content=[t.TextContent(text="no index")], is_error=wrong)

async def main():
    server = Server("x", on_list_tools=tools, on_call_tool=call)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())

asyncio.run(main())
"""
REFUSED = 'import sys; sys.exit("toolvet: the service does not know this token [auth.token]\\n  x")'


def program(code: str, *arguments: str) -> Any:
    """Write the entry of a small program."""
    return {"type": "stdio", "command": sys.executable, "args": ["-c", code, *arguments], "env": {}}


class Home:
    """One connection: what is remembered of it, and what its configuration says."""

    def __init__(self, folder: Path) -> None:
        self.connections = Connections(folder / "config", "service")
        self.path = folder / ".mcp.json"
        self.connections.write_token("claude", "tv_now")

    def connect(self, entry: Any, *, printed: bool = False, token: str = "tv_now") -> Place:
        """Write an entry where `toolvet connect` does."""
        place = Place("" if printed else str(self.path), "toolvet", entry)
        link = self.connections.find("claude") or Link("claude", "id", "t")
        self.connections.keep(link.at(place))
        if not printed:
            config = mcp_config.read(self.path)
            data = mcp_config.merged(config, "toolvet", mcp_config.with_token(entry, token))
            mcp_config.write(config, data, secret=False)
        return place

    def doctor(self, *, fix: bool = False) -> list[DoctorLine]:
        """Have the connections tried."""
        return asyncio.run(round_trip.check_all(self.connections, fix=fix))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_server_that_lists_and_searches_is_well(home: Home) -> None:
    home.connect(program(SERVER, "toolvet_search,a,b"))
    home.connect(program(SERVER, "toolvet_search"), printed=True)

    lines = home.doctor()

    assert [line.ok for line in lines] == [True, True], lines
    assert "3 tools" in lines[0].message
    assert str(home.path) in lines[0].message
    assert "as printed" in lines[1].message


def test_every_page_of_the_list_counts_and_a_server_without_search_is_not_ours(home: Home) -> None:
    home.connect(program(SERVER, "a,b"))

    [line] = home.doctor()

    assert (line.ok, line.code) == (False, "connection.failed")
    assert "toolvet_search is not listed" in line.message


def test_a_search_that_fails_is_reported_in_its_words(home: Home) -> None:
    home.connect(program(SERVER, "toolvet_search,wrong"))

    [line] = home.doctor()

    assert (line.ok, line.code) == (False, "connection.failed")
    assert "no index" in line.message


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        (program(REFUSED), "auth.token", "does not know this token"),
        (program("raise SystemExit('no such module')"), "connection.failed", "no such module"),
        (program("print('hello, this is not MCP')"), "connection.failed", ""),
        ({**program(""), "command": "/nowhere/python"}, "connection.failed", "/nowhere/python"),
    ],
    ids=["refused", "dies", "babbles", "gone"],
)
def test_a_program_that_does_not_serve_is_reported_with_its_own_last_words(
    home: Home, entry: Any, code: str, words: str
) -> None:
    home.connect(entry)

    [line] = home.doctor()

    assert (line.ok, line.code) == (False, code), line
    assert words in line.message
    assert "toolvet connect" in line.hint


def test_a_program_that_says_nothing_is_given_up(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_trip, "PATIENCE_S", 0.5)
    home.connect(program("import sys; sys.stdin.read()"))

    [line] = home.doctor()

    assert (line.ok, line.code) == (False, "connection.slow")


def test_an_address_where_nobody_listens_is_reported(home: Home) -> None:
    home.connect(mcp_config.endpoint("http://127.0.0.1:1/mcp"))

    [line] = home.doctor()

    assert (line.ok, line.code) == (False, "connection.failed")
    assert "toolvet serve" in line.hint


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, b'{"error": {"code": "auth.token", "message": "unknown"}}', "auth.token"),
        (500, b'{"error": {"code": "internal", "message": 5}}', "internal"),
        (404, b"<html>not here</html>", "connection.failed"),
        (400, b'{"error": []}', "connection.failed"),
        (200, b"hello", "connection.failed"),
    ],
    ids=["token", "internal", "html", "odd", "words"],
)
def test_an_address_that_refuses_is_reported_with_its_code(
    home: Home, status: int, body: bytes, code: str
) -> None:
    with answering(status, body) as url:
        home.connect(mcp_config.endpoint(url))
        [line] = home.doctor()

    assert (line.ok, line.code) == (False, code), line


@contextmanager
def answering(status: int, body: bytes) -> Generator[str]:
    """Listen on a port and give everybody the same answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object, **__: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/mcp"
        finally:
            server.shutdown()
            thread.join()


# --- what is never started -----------------------------------------------------------------------


def test_what_somebody_else_wrote_into_the_configuration_is_not_run(
    home: Home, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    home.connect(program(SERVER, "toolvet_search"))
    changed = program(f"open({str(trace)!r}, 'w')")
    home.path.write_text(json.dumps({"mcpServers": {"toolvet": changed}}))

    [line] = home.doctor(fix=True)

    assert (line.ok, line.code) == (False, "connection.changed")
    assert not trace.exists()


def test_a_token_that_is_not_the_one_in_force_is_not_sent(home: Home) -> None:
    home.connect(mcp_config.endpoint("http://127.0.0.1:1/mcp"), token="tv_before")

    [line] = home.doctor()

    assert (line.ok, line.code) == (False, "connection.old_token")
    assert "tv_" not in line.message + line.hint


def test_a_token_file_that_others_can_read_is_reported(home: Home) -> None:
    home.connect(program(SERVER, "toolvet_search"))
    home.connections.token_file("claude").chmod(0o644)

    [line] = home.doctor()

    assert (line.ok, line.code) == (False, "token.file")


@pytest.mark.parametrize("text", [None, "{}", '{"mcpServers": {"other": {}}}'])
def test_a_configuration_that_is_gone_is_forgotten_when_asked(home: Home, text: str | None) -> None:
    home.connect(program(SERVER, "toolvet_search"))
    home.path.unlink()
    if text is not None:
        home.path.write_text(text)

    [before] = home.doctor()
    [mended] = home.doctor(fix=True)

    assert (before.ok, before.code, before.fixable) == (False, "connection.gone", True)
    assert mended.ok
    assert home.doctor() == []


def test_what_was_printed_and_is_refused_is_forgotten_when_asked(home: Home) -> None:
    home.connect(program(REFUSED), printed=True)

    [mended] = home.doctor(fix=True)

    assert mended.ok
    assert home.doctor() == []


def test_a_configuration_nobody_can_read_is_reported_and_kept(home: Home) -> None:
    home.connect(program(SERVER, "toolvet_search"))
    home.path.write_text("{")

    [line] = home.doctor(fix=True)

    assert (line.ok, line.code) == (False, "connect.file")
    assert home.path.read_text() == "{"
