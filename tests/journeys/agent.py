"""An agent as it is in the world: the SDK's own MCP client, over HTTP or stdio, with a token."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

Mode = Literal["auto", "legacy"]
TEXT = {".py", ".toml", ".log", ".json", ".txt", ".md", ".csv"}


class Agent:
    """One open MCP session, and what it was told in it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.changed = asyncio.Event()
        """Set when the server said that the list of tools changed."""

    async def tools(self) -> list[str]:
        """List every tool, all pages."""
        names: list[str] = []
        cursor: str | None = None
        while True:
            page = await self.client.list_tools(cursor=cursor)
            names += [tool.name for tool in page.tools]
            cursor = page.next_cursor
            if not cursor:
                return names

    async def call(
        self, name: str, arguments: dict[str, Any], *, key: str | None = None
    ) -> dict[str, Any]:
        """Call a tool; answer its structured content, or the error it was refused with."""
        meta: Any = {"dev.toolvet/key": key} if key else None
        result = await self.client.call_tool(name, arguments, meta=meta)
        told = dict(result.meta or {})
        if result.is_error:
            return {"error": told.get("dev.toolvet/error", {"message": str(result.content)})}
        found = result.structured_content
        return {"ok": found, "replayed": told.get("dev.toolvet/replayed", False)}


@asynccontextmanager
async def session(url: str, token: str, *, mode: Mode = "auto") -> AsyncGenerator[Agent]:
    """Open a session and keep it open for the block.

    Args:
        mode: `auto` speaks 2026-07-28, `legacy` the handshake era.
    """
    async with httpx2.AsyncClient(
        headers={"authorization": f"Bearer {token}"}, timeout=120
    ) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with _opened(transport, mode) as agent:
            yield agent


@asynccontextmanager
async def stdio_session(
    command: Sequence[str], env: dict[str, str], *, mode: Mode = "auto"
) -> AsyncGenerator[Agent]:
    """Open a session with a program on stdin and stdout, as hosts start it."""
    program = StdioServerParameters(command=command[0], args=[*command[1:]], env=env)
    async with _opened(program, mode) as agent:
        yield agent


@asynccontextmanager
async def _opened(transport: Any, mode: Mode) -> AsyncGenerator[Agent]:
    holder: list[Agent] = []

    async def told(message: object) -> None:
        if "list_changed" in str(getattr(message, "method", "")) and holder:
            holder[0].changed.set()

    async with Client(transport, mode=mode, message_handler=told) as client:
        agent = Agent(client)
        holder.append(agent)
        if mode == "legacy":
            yield agent
            return
        async with client.listen(tools_list_changed=True) as events:

            async def follow() -> None:
                async for _ in events:
                    agent.changed.set()

            following = asyncio.create_task(follow())
            try:
                yield agent
            finally:
                following.cancel()


def bundle(path: Path) -> dict[str, Any]:
    """Read a bundle from the gallery as arguments of `toolvet_submit`."""
    if path.is_file():
        examples = path.with_suffix(".examples.json")
        return {
            "source": path.read_text(encoding="utf-8"),
            "examples": json.loads(examples.read_text(encoding="utf-8")),
            "filename": path.name,
        }
    files = {
        found.relative_to(path).as_posix(): found.read_text(encoding="utf-8")
        for found in sorted(path.rglob("*"))
        if found.is_file() and found.suffix in TEXT
    }
    return {"files": files}
