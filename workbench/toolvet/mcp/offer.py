"""Which tools of the platform a caller is offered: three for everybody, the rest for authors."""

from collections.abc import Mapping

from toolvet.mcp.authoring import AUTHOR_TOOLS
from toolvet.mcp.finding import FINDING_TOOLS
from toolvet.mcp.platform import PlatformTool
from toolvet_reviews.principals import Caller

PLATFORM_TOOLS: Mapping[str, PlatformTool] = dict(sorted({**FINDING_TOOLS, **AUTHOR_TOOLS}.items()))
"""All of them, by name."""


def platform_tools(caller: Caller) -> Mapping[str, PlatformTool]:
    """List the platform's tools that a caller may use."""
    return PLATFORM_TOOLS if caller.has("author") else FINDING_TOOLS
