"""What is served now under the name of a revision: what a new one is held against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from toolvet.sandbox import Environment
from toolvet_reviews import digests
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.manifest import digest as manifest_digest
from toolvet_reviews.values import Digest, Json, JsonObject


@dataclass(frozen=True)
class RecordedCall:
    """A call of the release that serves, as far as the policy let it be kept."""

    arguments: JsonObject
    result: Json
    """None when it failed."""
    code: str = ""
    """Of the failure; empty when it gave a result."""


@dataclass(frozen=True)
class Published:
    """The release that serves."""

    manifest: Manifest
    version: int
    bundle: Bundle
    folder: Path
    """Its files, unpacked as those of a revision under verification."""
    environment: Environment | None = None
    calls: tuple[RecordedCall, ...] = field(default=(), repr=False)
    """The newest first."""
    kept: bool = True
    """False when the policy keeps nothing of calls."""
    store: Mapping[str, Mapping[str, Json]] = field(
        default_factory=dict[str, Mapping[str, Json]], repr=False
    )
    """Records by collection and key, as far as they may be looked at; redacted like calls."""
    trouble: str = ""
    """Why it cannot be run here; empty when it can."""

    @property
    def digest(self) -> Digest:
        """Names all of it that evidence may follow from."""
        calls: list[Json] = [
            {"arguments": call.arguments, "result": call.result, "code": call.code}
            for call in self.calls
        ]
        store: JsonObject = {name: dict(items) for name, items in self.store.items()}
        return digests.of_json(
            {
                "release": manifest_digest(self.manifest),
                "calls": calls,
                "kept": self.kept,
                "store": store,
                "trouble": self.trouble,
            }
        )
