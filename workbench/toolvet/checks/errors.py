"""What keeps a bundle from being checked at all."""

from typing import ClassVar

from toolvet.errors import ToolvetError


class ToolchainError(ToolvetError):
    """The scanner's environment is missing, broken, or could not be made."""

    code: ClassVar[str] = "toolchain.unusable"
    status: ClassVar[int] = 503
    hint = "`toolvet doctor --fix` makes it again; that needs a package index."


class SourceSyntaxError(ToolvetError):
    """The submitted file is not Python."""

    code: ClassVar[str] = "intake.syntax"
    status: ClassVar[int] = 422
    hint = "Run `python -m py_compile` on the file before you submit it."


class SourceUnreadableError(ToolvetError):
    """The submitted file could not be read by the confined parser in time."""

    code: ClassVar[str] = "intake.unreadable"
    status: ClassVar[int] = 422
    hint = "Nest less deeply, or split the file."


class InterfaceMissingError(ToolvetError):
    """A manifest was asked for before the interface was known."""

    code: ClassVar[str] = "interface.unknown"
    status: ClassVar[int] = 409


class SchemaError(ToolvetError):
    """A schema that is not valid, too large, or holds a pattern of another dialect."""

    code: ClassVar[str] = "interface.schema"
    status: ClassVar[int] = 422
    hint = "Patterns may not use look-around or back-references."
