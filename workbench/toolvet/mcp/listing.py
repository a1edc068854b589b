"""`tools/list`: computed for each request from what the caller may call right now."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import mcp_types as t
from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError

from toolvet.config import stamp
from toolvet.engine.catalogue import Served
from toolvet.engine.services import Services
from toolvet.mcp.access import caller_of
from toolvet.mcp.offer import platform_tools
from toolvet.mcp.platform import PlatformTool
from toolvet.mcp.results import CHANNEL, INDEX, KIND, RELEASE, VERSION
from toolvet.mcp.schemas import advertised
from toolvet_reviews.principals import Caller

PAGE = 100
_REMEMBERED = 4096

Fingerprint = tuple[tuple[str, str], ...]
"""Name and release digest of everything on a caller's list."""


class Listing:
    """Answers `tools/list`, and tells lists apart.

    What is advertised of a release never changes, so it is rendered once.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._rendered: dict[tuple[str, str, int], t.Tool] = {}

    async def list_tools(
        self, ctx: ServerRequestContext[Any, Any], params: t.PaginatedRequestParams | None
    ) -> t.ListToolsResult:
        """Answer one page, in the order of names.

        Raises:
            MCPError: The cursor is none of ours.
        """
        caller = caller_of(ctx)
        after = _read_cursor(params.cursor) if params is not None and params.cursor else ""
        # Read before the list: the list follows from at least this many entries of the log.
        index = self._services.catalogue.snapshot.index
        offered = self._offered(caller)
        names = [name for name in sorted(offered) if name > after]
        page = [self._render(offered[name]) for name in names[:PAGE]]
        more = _write_cursor(page[-1].name) if len(names) > PAGE else None
        return t.ListToolsResult(
            tools=page, next_cursor=more, ttl_ms=0, cache_scope="private", _meta={INDEX: index}
        )

    def fingerprint(self, caller: Caller) -> Fingerprint:
        """Name a caller's whole list: equal if and only if nothing on it changed."""
        return tuple(
            (name, tool.digest if isinstance(tool, Served) else "")
            for name, tool in sorted(self._offered(caller).items())
        )

    def _offered(self, caller: Caller) -> Mapping[str, Served | PlatformTool]:
        # One snapshot answers for the whole page: a publication in the middle cannot tear it.
        catalogue, now = self._services.catalogue, stamp(self._services.clock())
        published = {release.name: release for release in catalogue.visible(caller.principal, now)}
        return {**published, **platform_tools(caller)}

    def _render(self, tool: Served | PlatformTool) -> t.Tool:
        if isinstance(tool, PlatformTool):
            return _render_platform_tool(tool)
        key = (tool.digest, tool.channel, tool.version)
        if key not in self._rendered:
            if len(self._rendered) >= _REMEMBERED:
                self._rendered.clear()
            self._rendered[key] = _render_release(tool)
        return self._rendered[key]


def _render_release(release: Served) -> t.Tool:
    approved = release.manifest.definition
    return t.Tool(
        name=approved.name,
        title=approved.title,
        description=approved.description,
        input_schema=approved.input_schema,
        output_schema=advertised(approved.output_schema),
        annotations=t.ToolAnnotations.model_validate(approved.annotations),
        _meta={
            RELEASE: release.digest,
            VERSION: release.version,
            KIND: release.kind,
            CHANNEL: release.channel,
        },
    )


def _render_platform_tool(tool: PlatformTool) -> t.Tool:
    return t.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=t.ToolAnnotations.model_validate(tool.annotations),
    )


def _write_cursor(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _read_cursor(cursor: str) -> str:
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise MCPError(t.INVALID_PARAMS, "invalid cursor") from error
