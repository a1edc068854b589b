"""The journey of a tool as agents make it: submit, a person approves, list, call, replay.

With the SDK's client in both eras, over HTTP and over stdio, and with a client of another language.
"""

import asyncio
import http.client
import json
import shutil
import subprocess
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from agent import Agent, Mode, session, stdio_session
from bad_bundles import good
from conftest import Played
from stage import TOOLVET

pytestmark = pytest.mark.timeout(300)

INSPECTOR = "@modelcontextprotocol/inspector@0.15.0"
KEEPER = {
    "tool.toml": """[tool]
name = "{name}"
summary = "Keep a note under its title."
entry = "{name}:{name}"

[effects]
kind = "write"
store = ["notes"]

[idempotency]
key = ["title"]

[[examples]]
arguments = {{ title = "a", text = "b" }}
result = 1
""",
    "{name}.py": '''"""Keep notes."""

from toolvet.sdk import Context


def {name}(title: str, text: str, ctx: Context) -> int:
    """Keep a note under its title.

    Args:
        title: Of the note.
        text: What to keep.

    Returns:
        How many characters were kept.
    """
    ctx.store["notes"].put(title, text)
    ctx.log.info("kept", characters=len(text))
    return len(text)
''',
    "tests/test_{name}.py": '''"""A note is kept."""

from {name} import {name}

from toolvet.sdk import Context


def test_a_note_is_kept() -> None:
    assert {name}("a", "b", Context.for_tests()) == 1
''',
}


@asynccontextmanager
async def opened(played: Played, how: str, mode: Mode) -> AsyncGenerator[Agent]:
    token = played.person.agent.token
    if how == "http":
        async with session(played.stage.url, token, mode=mode) as agent:
            yield agent
        return
    env = {**played.stage.env, "TOOLVET_TOKEN": token}
    async with stdio_session([*TOOLVET, "mcp"], env, mode=mode) as agent:
        yield agent


@pytest.mark.parametrize("how", ["http", "stdio"])
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_tool_goes_all_the_way_in_one_open_session(played: Played, how: str, mode: Mode) -> None:
    name = f"keeper_{how}_{mode}"
    files = {path.format(name=name): text.format(name=name) for path, text in KEEPER.items()}
    arguments = {"title": "one", "text": "two"}

    async def journey() -> None:
        async with opened(played, how, mode) as agent:
            said = await agent.call("toolvet_submit", {"files": files, "wait_s": 50})
            assert said["ok"]["verdict"] == "passed", said["ok"]["reason"]
            assert name not in await agent.tools()
            await asyncio.to_thread(played.person.approve, said["ok"]["proposal"])
            async with asyncio.timeout(10):
                await agent.changed.wait()
            assert name in await agent.tools()
            first = await agent.call(name, arguments, key=f"{name}-1")
            again = await agent.call(name, arguments, key=f"{name}-1")
            assert first == {"ok": {"result": 3}, "replayed": False}
            assert again == {"ok": {"result": 3}, "replayed": True}
            wrong = await agent.call(name, {"title": 1}, key=f"{name}-2")
            assert wrong["error"]["code"] == "call.arguments"

    asyncio.run(journey())


def test_a_client_that_hears_of_no_change_calls_the_new_tool_all_the_same(played: Played) -> None:
    files = good("unheard")

    async def journey() -> None:
        async with opened(played, "http", "legacy") as agent:
            before = await agent.tools()
            said = await agent.call("toolvet_submit", {"files": files, "wait_s": 50})
            await asyncio.to_thread(played.person.approve, said["ok"]["proposal"])
            assert "unheard" not in before
            result = await agent.client.call_tool("unheard", {"text": "a b c"})
            assert result.structured_content == {"result": 3}

    asyncio.run(journey())


# --- a client of another language ----------------------------------------------------------------


@pytest.fixture(scope="module")
def tool(played: Played) -> str:
    files = {path: str(text).encode() for path, text in good("inspected").items()}
    view = played.person.agent.submit(files)
    while view.state == "verifying":
        view = played.person.agent.wait(view.id)
    played.person.approve(view.id)
    return view.tool


@pytest.mark.parametrize("how", ["http", "stdio"])
def test_the_inspector_lists_and_calls(played: Played, tool: str, how: str) -> None:
    listed = inspect(played, how, "--method", "tools/list")
    called = inspect(
        played, how, "--method", "tools/call", "--tool-name", tool, "--tool-arg", "text=a b"
    )

    assert tool in {found["name"] for found in listed["tools"]}
    assert called["structuredContent"] == {"result": 2}


def inspect(played: Played, how: str, *arguments: str) -> dict[str, Any]:
    """Run the inspector's command line; 0.15 sends no header of its own, so a proxy adds it."""
    npx, token = shutil.which("npx"), played.person.agent.token
    if npx is None:
        pytest.skip("npx is not there")
    command = [npx, "--yes", INSPECTOR, "--cli"]
    if how == "stdio":
        home = ("-e", f"TOOLVET_HOME={played.stage.home}", "-e", f"TOOLVET_TOKEN={token}")
        own = ("-e", f"TOOLVET_CONFIG={played.stage.folder / 'config'}")
        return ran([*command, *home, *own, *TOOLVET, "mcp", *arguments])
    with authorising(played.stage.port, token) as url:
        return ran([*command, f"{url}/mcp", "--transport", "http", *arguments])


def ran(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0 and ("npm error" in done.stderr or "npm ERR" in done.stderr):
        pytest.skip(f"npx cannot get the inspector: {done.stderr[:200]}")
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@contextmanager
def authorising(port: int, token: str) -> Generator[str]:
    """Forward to the service with the bearer token added."""

    class Forward(BaseHTTPRequestHandler):
        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name: value for name, value in self.headers.items() if name != "connection"}
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            headers |= {"authorization": f"Bearer {token}", "host": f"127.0.0.1:{port}"}
            try:
                upstream.request(self.command, self.path, body, headers)
                answer = upstream.getresponse()
                self.send_response(answer.status)
                for name in ("content-type", "mcp-session-id"):
                    if answer.getheader(name):
                        self.send_header(name, str(answer.getheader(name)))
                self.end_headers()
                while data := answer.read1(65536):
                    self.wfile.write(data)
                    self.wfile.flush()
            except OSError:
                return  # the client went away
            finally:
                upstream.close()

        do_GET = do_POST = do_DELETE = forward  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
