"""The errors of storage, and the one place that turns a database's errors into ours."""

from typing import ClassVar

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from toolvet.errors import ConflictError, StorageError, ToolvetError


class BlobCorruptError(StorageError):
    """A blob whose bytes no longer hash to its digest."""

    code: ClassVar[str] = "storage.blob_corrupt"
    hint = "Restore the blob from a backup; `toolvet doctor` names everything that refers to it."


class BlobMissingError(StorageError):
    """A blob that something refers to is not there."""

    code: ClassVar[str] = "storage.blob_missing"
    hint = "Restore the database from a backup; `toolvet doctor` names what refers to the blob."


class SchemaError(StorageError):
    """The database was written by a newer version, or is not one of ours."""

    code: ClassVar[str] = "storage.schema"
    hint = "Use the version of Toolvet that wrote this database, or a newer one."


class ConstraintError(ConflictError):
    """A row breaks a rule of its table, such as a name that is taken."""

    code: ClassVar[str] = "storage.constraint"
    hint = "Reload and try again; something of that name or number is there already."


class FencedError(ConflictError):
    """A run that was overtaken, or has ended, tried to write."""

    code: ClassVar[str] = "call.fenced"
    hint = "A newer run of the same call is in charge; its answer counts."


class ValueRefusedError(ToolvetError):
    """A text or number that the database cannot hold: a NUL, half a character, 2^63 or more."""

    code: ClassVar[str] = "storage.value"
    status: ClassVar[int] = 422
    hint = "Send text without NUL characters and numbers of at most 53 bits."


_BUSY_RETRY_S = 1.0

# (what the driver says, what we say, hint, retry after)
_KNOWN: tuple[tuple[str, str, str, float | None], ...] = (
    (
        "database is locked",
        "another process locks the database",
        "End the program that holds the database open for writing, then try again.",
        _BUSY_RETRY_S,
    ),
    (
        "lock timeout",
        "another process locks the database",
        "End the program that holds the database open for writing, then try again.",
        _BUSY_RETRY_S,
    ),
    (
        "disk is full",
        "the disk is full",
        "Free space on the disk of the database; nothing was lost.",
        None,
    ),
    (
        "no space left",
        "the disk is full",
        "Free space on the disk of the database; nothing was lost.",
        None,
    ),
    (
        "readonly database",
        "the database is read-only",
        "Make the database, its folder and its file system writable for the service.",
        None,
    ),
    (
        "read-only transaction",
        "the database is read-only",
        "Use a PostgreSQL server that takes writes.",
        None,
    ),
    (
        "unable to open database",
        "the database cannot be opened",
        "See that the folder exists and belongs to the user of the service.",
        None,
    ),
    (
        "disk i/o error",
        "the disk does not take or give data",
        "Look at the disk and its free space; nothing was lost.",
        None,
    ),
    (
        "malformed",
        "the database file is damaged",
        "Restore the database from a backup, then run `toolvet audit verify`.",
        None,
    ),
    (
        "not a database",
        "the file is not a database",
        "Name the database of a home, or restore it from a backup.",
        None,
    ),
)


def translate(error: SQLAlchemyError) -> ToolvetError:
    """Turn an error of SQLAlchemy or its driver into one of ours, never with SQL or values."""
    if isinstance(error, IntegrityError):
        return ConstraintError(f"the database refused a row: {_driver_says(error)}")
    if isinstance(error, DataError):
        return ValueRefusedError(f"the database refused a value: {_driver_says(error)}")
    if isinstance(error, PoolTimeoutError):
        return StorageError(
            "every database connection is busy", hint="Try again.", retry_after_s=_BUSY_RETRY_S
        )
    said = _driver_says(error)
    for part, message, hint, retry_after_s in _KNOWN:
        if part in said.lower():
            return StorageError(message, hint=hint, retry_after_s=retry_after_s)
    return StorageError(f"the database refused: {said}")


def _driver_says(error: SQLAlchemyError) -> str:
    # str(error) shows statement and values, which may be somebody's text
    cause = error.orig if isinstance(error, StatementError) else error
    return str(cause).strip().partition("\n")[0] or type(error).__name__
