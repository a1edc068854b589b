"""What can keep packages from being used: by whom it can be put right decides the class."""

from typing import ClassVar

from toolvet.errors import StorageError, ToolvetError


class PackagesError(ToolvetError):
    """The packages of a lock cannot be used here; its author can do something about it."""

    code: ClassVar[str] = "environment.unusable"
    status: ClassVar[int] = 422
    hint = "Pin versions that have a wheel for this platform, with the hash of that wheel."


class PackageMissingError(PackagesError):
    """No wheel of a pinned version fits this platform, or none has a hash that the lock names."""

    code: ClassVar[str] = "environment.missing"


class WheelRefusedError(PackagesError):
    """A wheel that holds what no wheel may, or that is not what it says."""

    code: ClassVar[str] = "environment.wheel"
    hint = "Pin another version of the package, or do without it."


class PackagesTooLargeError(PackagesError):
    """More bytes or files than one environment may have."""

    code: ClassVar[str] = "environment.too_large"
    hint = "Do without the largest package, or pin a smaller build of it."


class PackageIndexError(ToolvetError):
    """Wheels that are not here could not be fetched; it says nothing of the lock."""

    code: ClassVar[str] = "environment.index"
    status: ClassVar[int] = 503
    hint = (
        "Let the service reach its package index (uv's settings), or lay the wheels into the "
        "folder that TOOLVET_WHEELS names."
    )


class StoreClosedError(ToolvetError):
    """The service is going down; the build goes on from its wheels the next time."""

    code: ClassVar[str] = "environment.closed"
    status: ClassVar[int] = 503


class EnvironmentChangedError(StorageError):
    """Installed packages are no longer what was approved, and cannot be made so again."""

    code: ClassVar[str] = "environment.changed"
    hint = (
        "Restore `toolchain/environments` from a backup, or submit the tool again: it is then "
        "verified with what this host builds."
    )
