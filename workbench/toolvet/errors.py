"""Every error a caller of the engine can meet.

One root, one class per thing a caller can do about it, and a stable `code` that front ends, logs
and tests match on. The message is for people and may change.
"""

from typing import ClassVar

from toolvet_reviews.errors import ReviewError


class ToolvetError(Exception):
    """Root of all errors the engine raises on purpose.

    Attributes:
        code: Stable machine name, `area.what`; shown in logs and answers.
        hint: What the reader can do next; empty when nothing helps.
        status: What the HTTP API answers with.
        retry_after_s: When to try again, in seconds; None when waiting does not help.
    """

    code: ClassVar[str] = "toolvet.error"
    hint: str = ""
    status: ClassVar[int] = 400
    retry_after_s: float | None = None

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message)
        if hint:
            self.hint = hint
        self.retry_after_s = retry_after_s


class NotFoundError(ToolvetError):
    """Nothing of that name that this caller may see."""

    code: ClassVar[str] = "not_found"
    status: ClassVar[int] = 404


class ProposalNotFoundError(NotFoundError):
    """No such proposal, or not the caller's."""

    code: ClassVar[str] = "proposal.not_found"
    hint = "`toolvet queue` lists what waits."


class ToolNotFoundError(NotFoundError):
    """No such tool, or none the caller may call."""

    code: ClassVar[str] = "tool.not_found"
    hint = "`toolvet tools` lists what you may call."


class UnauthenticatedError(ToolvetError):
    """No token, or one that is unknown, expired or revoked."""

    code: ClassVar[str] = "auth.token"
    status: ClassVar[int] = 401
    hint = "Ask the operator for a new token."


class ForbiddenError(ToolvetError):
    """The caller's role does not allow this."""

    code: ClassVar[str] = "auth.forbidden"
    status: ClassVar[int] = 403


class SignatureError(ForbiddenError):
    """An act whose signature, key or statement does not hold."""

    code: ClassVar[str] = "act.signature"


class ReplayedNonceError(SignatureError):
    """An act that was handed in before."""

    code: ClassVar[str] = "act.nonce_seen"
    hint = "Sign again: every act carries a nonce of its own."


class ConflictError(ToolvetError):
    """The world moved since the caller looked."""

    code: ClassVar[str] = "conflict"
    status: ClassVar[int] = 409


class NameTakenError(ConflictError):
    """The tool name belongs to another author's proposal or release."""

    code: ClassVar[str] = "tool.name_taken"
    hint = "Choose another name, or submit to another toolset."


class BusyError(ToolvetError):
    """A cap is reached; try again later."""

    code: ClassVar[str] = "busy"
    status: ClassVar[int] = 429


class ArgumentsError(ToolvetError):
    """Arguments that do not fit the tool's input schema."""

    code: ClassVar[str] = "call.arguments"
    status: ClassVar[int] = 422


class KeyMismatchError(ConflictError):
    """The idempotency key was used with other arguments."""

    code: ClassVar[str] = "call.key_mismatch"
    hint = "Use a new key for a new operation."


class CallInProgressError(ConflictError):
    """The same operation is running."""

    code: ClassVar[str] = "call.in_progress"


class SandboxUnavailableError(ToolvetError):
    """No tier of walls holds on this host."""

    code: ClassVar[str] = "sandbox.unavailable"
    status: ClassVar[int] = 503
    hint = "`toolvet doctor` says which probe failed and what to do."


class StorageError(ToolvetError):
    """The database refused: full disk, locked, or gone. Nothing was changed."""

    code: ClassVar[str] = "storage.unavailable"
    status: ClassVar[int] = 503
    hint = "Free space or end what locks the database; nothing was lost."


class LogError(ToolvetError):
    """A note, proof, entry or key of the audit log that cannot be trusted."""

    code: ClassVar[str] = "audit.untrusted"
    status: ClassVar[int] = 503


class UnreachableError(ToolvetError):
    """The service does not answer."""

    code: ClassVar[str] = "service.unreachable"
    status: ClassVar[int] = 503
    hint = "`toolvet doctor` looks for the reason."


class HomeError(ToolvetError):
    """The home is missing, half made, of another version, or in use."""

    code: ClassVar[str] = "home.unusable"
    status: ClassVar[int] = 503


KNOWN = (ReviewError, ToolvetError)
"""What a front end catches, in one place, and renders by `code` and `hint`."""
