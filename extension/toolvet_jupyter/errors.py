"""What can go wrong between the page and this server; the service's own errors pass through."""

from typing import ClassVar

from toolvet.errors import ToolvetError, UnauthenticatedError


class BodyError(ToolvetError):
    """A request that is not what `wire.py` says."""

    code: ClassVar[str] = "request.invalid"
    status: ClassVar[int] = 422
    hint = "Reload the page: it may be of another version than the server."


class NoSessionError(UnauthenticatedError):
    """Words of a person came without the session that says who they are."""

    code: ClassVar[str] = "lab.session"
    hint = "Sign in with your passphrase, then send it again."


class LabMissingError(ToolvetError):
    """JupyterLab, or what it loads of ours, is not installed."""

    code: ClassVar[str] = "lab.missing"
    status: ClassVar[int] = 503
    hint = "`pip install 'toolvet[lab]'` installs both."
