"""The peer of the call row: the bare SDK's low-level server with one trivial tool.

Run: `python bench/peer_mcp.py PORT`; serves `http://127.0.0.1:PORT/mcp` until it is ended.
"""

import json
import sys
from typing import Any

import mcp_types as t
import uvicorn
from mcp.server import Server, ServerRequestContext

SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
}
ADD = t.Tool(name="add", description="Add two integers.", input_schema=SCHEMA)


async def list_tools(
    _ctx: ServerRequestContext[Any, Any], _params: t.PaginatedRequestParams | None
) -> t.ListToolsResult:
    return t.ListToolsResult(tools=[ADD])


async def call_tool(
    _ctx: ServerRequestContext[Any, Any], params: t.CallToolRequestParams
) -> t.CallToolResult:
    arguments = params.arguments or {}
    answer = {"sum": arguments["a"] + arguments["b"]}
    return t.CallToolResult(
        content=[t.TextContent(text=json.dumps(answer))], structured_content=answer
    )


def main() -> None:
    server = Server(
        "peer",
        version="1",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        get_tool_input_schema=lambda _name: SCHEMA,
    )
    uvicorn.run(server.streamable_http_app(), port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
