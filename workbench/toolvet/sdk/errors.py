"""What goes wrong in a tool, with a stable code a caller can act on."""


class ToolError(Exception):
    """Raise this, or a subclass, to refuse a call with a code of your own.

    Attributes:
        code: Stable machine name, such as `invoice.unknown_period`.
    """

    code: str = "tool.error"

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        if code:
            self.code = code


class HostError(ToolError):
    """The service refused something that was asked through the context."""

    code = "host.refused"


class ArgumentError(ToolError):
    """An argument that does not fit its annotation."""

    code = "call.arguments"


class ResultError(ToolError):
    """A result that does not fit its annotation."""

    code = "result.type"


class DescribeError(Exception):
    """A function whose interface cannot be derived.

    Attributes:
        code: Stable machine name, `interface.what`.
        hint: What to write instead.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
