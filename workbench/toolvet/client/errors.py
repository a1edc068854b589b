"""What can go wrong between a face and its service."""

from typing import ClassVar

from toolvet.errors import ConflictError, LogError, SignatureError, ToolvetError, UnreachableError


class RemoteError(ToolvetError):
    """The service said no; code, hint and status are the service's own.

    Args:
        code: Stable machine name, `area.what`.
        message: For people.
        hint: What the reader can do next.
        status: HTTP status of the answer.
        retry_after_s: When to try again; None when waiting does not help.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        status: int = 400,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retry_after_s=retry_after_s)
        # Class variables of the root, because everywhere else a code belongs to a class.
        self.__dict__.update(code=code, status=status)


class AnswerError(UnreachableError):
    """Something answered, but not as a Toolvet service of this version does."""

    code: ClassVar[str] = "service.answer"
    hint = "Is TOOLVET_URL the address of a Toolvet service of this version?"


class StartError(UnreachableError):
    """The local service could not be started."""

    code: ClassVar[str] = "service.start"


class NoHomeError(UnreachableError):
    """There is no home yet, so no service to start."""

    code: ClassVar[str] = "home.missing"
    hint = "`toolvet init` makes one; TOOLVET_URL points to a service elsewhere."


class LogChangedError(LogError):
    """The service's log does not extend what this client saw before."""

    code: ClassVar[str] = "audit.inconsistent"
    hint = "Do not sign anything there. Keep the checkpoint file: it is the proof."


class ServiceChangedError(LogError):
    """Another service, or another log key, answers where a known one was."""

    code: ClassVar[str] = "service.changed"


class DifferenceError(SignatureError):
    """What was fetched is not what its digest says, so nothing was signed."""

    code: ClassVar[str] = "act.difference"
    hint = "Nothing was signed. `toolvet doctor` and `toolvet audit verify` look for the reason."


class NoKeyError(SignatureError):
    """No key on this machine may sign at this service."""

    code: ClassVar[str] = "key.none"
    hint = "`toolvet key create` makes one."


class LockedError(SignatureError):
    """The key is locked, or locked itself again."""

    code: ClassVar[str] = "key.locked"
    hint = "Unlock it with its passphrase."


class NoTerminalError(SignatureError):
    """A passphrase is asked for on a terminal only, and there is none."""

    code: ClassVar[str] = "key.no_terminal"
    hint = "Run this in a terminal: no argument, variable or pipe can stand in for the person."


class BundlePathError(ToolvetError):
    """A path that holds no bundle."""

    code: ClassVar[str] = "bundle.path"


class StalePageError(ConflictError):
    """The proposal changed between looking and deciding."""

    code: ClassVar[str] = "proposal.changed"
    hint = "Look again."
