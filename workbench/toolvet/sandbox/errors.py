"""What can go wrong with the walls themselves, as opposed to with the code inside them."""

from typing import ClassVar

from toolvet.errors import BusyError, SandboxUnavailableError, ToolvetError


class NoWallsError(SandboxUnavailableError):
    """The start-up probes found no tier of walls that holds here, so nothing is run."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(f"nothing can be run on this host: {reason}", hint=cure)


class ZygoteStartError(SandboxUnavailableError):
    """The process that serves a tool's calls did not come up."""

    code: ClassVar[str] = "sandbox.start_failed"


class ZygoteGoneError(ZygoteStartError):
    """It was up, and died before it was given the call."""


class ImageError(ToolvetError):
    """The folder of a tool cannot be shown inside the walls."""

    code: ClassVar[str] = "sandbox.image"
    hint = "The folder and its files must be readable by everybody, and hold no links."


class PoolClosedError(ToolvetError):
    """The pool was closed; the service is going down."""

    code: ClassVar[str] = "sandbox.closed"
    status: ClassVar[int] = 503


class ListenersError(SandboxUnavailableError):
    """A run did not hand out the listeners of its declared hosts."""

    code: ClassVar[str] = "sandbox.listeners"


class PoolBusyError(BusyError):
    """Too many calls run and wait; this one was not begun."""

    code: ClassVar[str] = "call.busy"
    hint = "Nothing was done. Call again when the time is over."

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message, retry_after_s=retry_after_s)


class ToolFencedError(BusyError):
    """A version of a tool crashed again and again; it is left alone for a while."""

    code: ClassVar[str] = "tool.fenced"
    status: ClassVar[int] = 503
    hint = "Nothing was done. The operator finds the reason with `toolvet doctor`."
