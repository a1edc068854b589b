"""The secrets that one run was shown, and their names in place of them wherever they turn up again.

A tool that may see a secret can spell it any way it likes: this keeps accidents out of logs,
answers and records. The wall is that only declared tools, which people approved, see any.
"""

from collections.abc import Mapping
from dataclasses import replace

from toolvet.checks.fake_host import UndeclaredSecretError
from toolvet.engine import secrets
from toolvet.engine.needs import tool_of
from toolvet.engine.services import Services
from toolvet.sandbox import Outcome
from toolvet_reviews.bindings import VISIBLE
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.secret import Secret
from toolvet_reviews.values import Json, JsonObject

_LEAST = 4
"""Shorter values are in every other text."""


class Handed:
    """What one run was shown."""

    def __init__(self) -> None:
        self._shown: dict[str, Secret] = {}

    def tell(self, services: Services, release: Manifest, request: JsonObject) -> JsonObject:
        """Answer a tool that asks for a secret.

        Raises:
            UndeclaredSecretError: The release does not declare that it sees it.
            SecretMissingError: The operator did not set it, or not for this tool to see.
        """
        name, declared = request.get("name"), release.effects.get("visible_secrets")
        if not isinstance(name, str) or not isinstance(declared, list) or name not in declared:
            raise UndeclaredSecretError(f"the secret {str(name)[:64]!r} is not declared")
        value = secrets.reveal(services, tool=tool_of(release), secret=name, host=VISIBLE)
        self.remember({name: Secret(value)})
        return {"value": value}

    def remember(self, shown: Mapping[str, Secret]) -> None:
        """Mask these from now on."""
        self._shown.update(shown)

    def mask(self, value: Json) -> Json:
        """Write the names of secrets in place of their values, in every text inside."""
        if not self._shown:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.mask(item) for item in value]
        if isinstance(value, dict):
            return self.fields(value)
        return value

    def fields(self, value: JsonObject) -> JsonObject:
        """Do the same to an object, its keys included."""
        if not self._shown:
            return value
        return {self.text(key): self.mask(item) for key, item in value.items()}

    def text(self, value: str) -> str:
        """Do the same to one text; the longest secrets first, for one may hold another."""
        shown = ((name, one.reveal()) for name, one in self._shown.items())
        for name, secret in sorted(shown, key=lambda pair: -len(pair[1])):
            if len(secret) >= _LEAST:
                value = value.replace(secret, f"[{name}]")
        return value

    def outcome(self, outcome: Outcome) -> Outcome:
        """Do the same to everything that came of a run."""
        if not self._shown:
            return outcome
        error = outcome.error
        if error is not None:
            error = replace(error, message=self.text(error.message), hint=self.text(error.hint))
        return replace(
            outcome,
            value=self.mask(outcome.value),
            error=error,
            output=self.text(outcome.output),
        )
