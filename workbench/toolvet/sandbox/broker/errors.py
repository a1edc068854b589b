"""Why the broker says no, or could not: one word for each reason, in events and in answers."""

from enum import StrEnum

from toolvet.errors import ToolvetError


class Reason(StrEnum):
    """A reason a connection or request did not go through; docs/network.md explains each."""

    MALFORMED = "network.malformed"
    FRAMING = "network.framing"
    TOO_LARGE = "network.too_large"
    TIMEOUT = "network.timeout"
    HOST = "network.host"
    METHOD = "network.method"
    PATH = "network.path"
    OVERRIDE = "network.override"
    UPGRADE = "network.upgrade"
    NOT_TLS = "network.not_tls"
    TLS_NAME = "network.tls_name"
    NOT_SMTP = "network.not_smtp"
    SMTP_COMMAND = "network.smtp_command"
    SMTP_NEWLINE = "network.smtp_newline"
    REDIRECT = "network.redirect"
    ECHO = "network.secret_echoed"
    ADDRESS = "network.private_address"
    CONNECTIONS = "network.connections"
    BYTES = "network.bytes"
    UNRESOLVED = "network.unresolved"
    UNREACHABLE = "network.unreachable"
    CERTIFICATE = "network.certificate"
    TLS_REQUIRED = "network.tls_required"
    CREDENTIAL = "network.credential"
    UPSTREAM = "network.upstream"
    CLOSED = "network.closed"

    @property
    def is_failure(self) -> bool:
        """Whether the network failed, rather than the broker refused."""
        return self in _FAILURES


_FAILURES = frozenset(
    {
        Reason.UNRESOLVED,
        Reason.UNREACHABLE,
        Reason.CERTIFICATE,
        Reason.TLS_REQUIRED,
        Reason.CREDENTIAL,
        Reason.UPSTREAM,
        Reason.CLOSED,
        Reason.TIMEOUT,
    }
)

_STATUS = {
    Reason.MALFORMED: 400,
    Reason.FRAMING: 400,
    Reason.TOO_LARGE: 431,
    Reason.TIMEOUT: 408,
    Reason.HOST: 421,
    Reason.CONNECTIONS: 429,
    Reason.REDIRECT: 502,
    Reason.ECHO: 502,
    Reason.UNRESOLVED: 502,
    Reason.UNREACHABLE: 502,
    Reason.CERTIFICATE: 502,
    Reason.TLS_REQUIRED: 502,
    Reason.CREDENTIAL: 502,
    Reason.UPSTREAM: 502,
}


class RefusedError(Exception):
    """A connection or request that goes no further.

    Attributes:
        reason: The word for it.
        status: What an HTTP client is answered with.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = _STATUS.get(reason, 403)


class RulesError(ToolvetError):
    """Declared hosts that no broker can serve as they stand."""

    code = "network.rules"
    hint = "Declare each host and port once, with one protocol and one credential."
