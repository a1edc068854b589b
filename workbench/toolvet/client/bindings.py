"""The client's words about what operators bind: secrets and mounts."""

import re
from typing import ClassVar
from urllib.parse import urlsplit

from toolvet.client.exchange import Exchange, part
from toolvet.client.shapes import Done, MountList, SecretList
from toolvet.errors import ToolvetError
from toolvet_reviews.secret import Secret
from toolvet_reviews.views import MountView, SecretView

_LOOPBACK = re.compile(r"127(\.[0-9]{1,3}){3}")


class SecretExposedError(ToolvetError):
    """A secret would go over a network in the clear."""

    code: ClassVar[str] = "secret.exposed"
    hint = "Give TOOLVET_URL an https address, or do it where the service runs."


class BindingCalls:
    """The part of the client that is about secrets and mounts."""

    _http: Exchange

    def secrets(self) -> SecretList:
        """List the secrets that are set, without their values, and those that tools still need."""
        return self._http.get(SecretList, "/secrets")

    def check_private(self) -> None:
        """Refuse to send a secret where others can read it on its way.

        Raises:
            SecretExposedError: The service is elsewhere, and is spoken to without TLS.
        """
        parts = urlsplit(self._http.transport.address)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise SecretExposedError(f"{parts.hostname} is spoken to without TLS")

    def set_secret(self, envelope: bytes, document: bytes, salt: str, value: Secret) -> SecretView:
        """Set a secret; signed.

        Args:
            salt: What the signed commitment was made with, in hexadecimal.

        Raises:
            SecretExposedError: The service is elsewhere, and is spoken to without TLS.
        """
        self.check_private()
        return self._http.post(SecretView, "/secrets", _body(envelope, document, salt, value))

    def rotate_secret(
        self, envelope: bytes, document: bytes, salt: str, value: Secret
    ) -> SecretView:
        """Give a secret another value; signed.

        Raises:
            SecretExposedError: The service is elsewhere, and is spoken to without TLS.
        """
        self.check_private()
        body = _body(envelope, document, salt, value)
        return self._http.post(SecretView, "/secrets/rotate", body)

    def delete_secret(self, name: str, reason: str = "") -> Done:
        """Forget a secret."""
        return self._http.delete(Done, f"/secrets/{part(name)}", {"reason": reason})

    def mounts(self) -> MountList:
        """List the folders that are bound, and those that tools still need."""
        return self._http.get(MountList, "/mounts")

    def bind_mount(self, envelope: bytes, document: bytes) -> MountView:
        """Bind a folder to a name; signed."""
        body = {"envelope": envelope.decode(), "document": document.decode()}
        return self._http.post(MountView, "/mounts", body)

    def unbind_mount(self, name: str, reason: str = "") -> Done:
        """Take a folder away."""
        return self._http.delete(Done, f"/mounts/{part(name)}", {"reason": reason})


def _body(envelope: bytes, document: bytes, salt: str, value: Secret) -> dict[str, str]:
    return {
        "envelope": envelope.decode(),
        "document": document.decode(),
        "salt": salt,
        "value": value.reveal(),
    }


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its mere name."""
    return host in ("localhost", "::1") or _LOOPBACK.fullmatch(host) is not None
