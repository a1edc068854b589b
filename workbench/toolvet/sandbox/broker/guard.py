"""Watches replies of a host for the credential that was added to the request. Pure.

Only what is repeated as it is, or in base64, is found. A host that gives its caller's credential
away in another shape cannot be stopped here; docs/network.md says so.
"""

import base64
from collections.abc import Iterable

from toolvet.sandbox.broker.errors import Reason, RefusedError

_SHORTEST = 8
"""A shorter secret would be found by accident."""


class EchoGuard:
    """Lets a body through, and holds back what may be the beginning of a secret."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {secret.encode() for secret in secrets if len(secret) >= _SHORTEST}
        self._forms = forms | {base64.b64encode(form) for form in forms}
        self._held = b""

    def check(self, text: str) -> None:
        """Look at a header.

        Raises:
            RefusedError: It holds a secret.
        """
        self._look(text.encode("latin-1", "replace"))

    def feed(self, piece: bytes) -> bytes:
        """Take the next piece of a body and give what may pass.

        Raises:
            RefusedError: A secret is in it, or in it and what came before.
        """
        if not self._forms:
            return piece
        data = self._held + piece
        self._look(data)
        keep = max(_beginning(form, data) for form in self._forms)
        self._held = data[len(data) - keep :]
        return data[: len(data) - keep]

    def end(self) -> bytes:
        """Give what was held back: no more comes."""
        held, self._held = self._held, b""
        return held

    def _look(self, data: bytes) -> None:
        if any(form in data for form in self._forms):
            raise RefusedError(Reason.ECHO, "the host repeats the credential in its reply")


def _beginning(form: bytes, data: bytes) -> int:
    """Measure the longest end of the data that a form begins with."""
    longest = min(len(form) - 1, len(data))
    return next((size for size in range(longest, 0, -1) if data.endswith(form[:size])), 0)
