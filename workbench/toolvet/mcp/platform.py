"""What a tool of the platform itself is: listed and called like any other, answered by the service.

Their names begin with `toolvet_`, which no author may use.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import jsonschema_rs
import mcp_types as t

from toolvet.engine.host import Progress
from toolvet.engine.services import Services
from toolvet.errors import ArgumentsError
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Json, JsonObject

OPEN: JsonObject = {"type": "object"}
"""Output schema of a tool whose answer is another tool's."""


@dataclass(frozen=True)
class Request:
    """One call of a tool of the platform."""

    services: Services
    caller: Caller
    arguments: JsonObject
    progress: Progress
    key: str | None = None
    """The caller's own idempotency key out of `_meta`."""

    def text(self, name: str) -> str | None:
        """Read a text argument."""
        value = self.arguments.get(name)
        return value if isinstance(value, str) else None


@dataclass(frozen=True)
class PlatformTool:
    """One tool of the platform."""

    name: str
    title: str
    description: str
    input_schema: JsonObject
    output_schema: JsonObject
    annotations: JsonObject
    run: Callable[[Request], Awaitable[t.CallToolResult]]
    check: jsonschema_rs.Draft202012Validator

    async def answer(self, request: Request) -> t.CallToolResult:
        """Hold the arguments against the schema, and do it.

        Raises:
            ArgumentsError: The arguments do not fit.
        """
        for error in self.check.iter_errors(request.arguments):
            place = "/".join(str(part) for part in error.instance_path)
            message = error.message[:500]
            raise ArgumentsError(
                f"arguments/{place}: {message}" if place else message,
                hint=f"Fit the arguments to the input schema of {self.name}.",
            )
        return await self.run(request)


def platform_tool(
    name: str,
    title: str,
    description: str,
    properties: Mapping[str, Json],
    run: Callable[[Request], Awaitable[t.CallToolResult]],
    *,
    output_schema: JsonObject,
    required: tuple[str, ...] = (),
    read_only: bool = False,
    destructive: bool = False,
    idempotent: bool = True,
    open_world: bool = False,
) -> PlatformTool:
    """Make a tool whose arguments are an object of exactly these properties."""
    schema: JsonObject = {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
    annotations: JsonObject = {
        "readOnlyHint": read_only,
        "destructiveHint": destructive,
        "idempotentHint": idempotent,
        "openWorldHint": open_world,
    }
    check = jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions())
    return PlatformTool(name, title, description, schema, output_schema, annotations, run, check)
