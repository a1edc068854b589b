"""What can go wrong with the walls themselves, as opposed to with the code inside them."""

from typing import ClassVar

from toolvet.errors import SandboxUnavailableError, ToolvetError


class NoWallsError(SandboxUnavailableError):
    """The start-up probes found no tier of walls that holds here, so nothing is run."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(f"nothing can be run on this host: {reason}", hint=cure)


class ZygoteStartError(SandboxUnavailableError):
    """The process that serves a tool's calls did not come up."""

    code: ClassVar[str] = "sandbox.start_failed"


class ImageError(ToolvetError):
    """The folder of a tool cannot be shown inside the walls."""

    code: ClassVar[str] = "sandbox.image"
    hint = "The folder and its files must be readable by everybody, and hold no links."


class PoolClosedError(ToolvetError):
    """The pool was closed; the service is going down."""

    code: ClassVar[str] = "sandbox.closed"
    status: ClassVar[int] = 503
