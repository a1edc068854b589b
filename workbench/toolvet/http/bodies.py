"""What requests carry. Strict: no field nobody knows, no text where a number belongs."""

import base64
import binascii
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from toolvet.engine import bulk
from toolvet.engine.vote import Note
from toolvet_reviews.errors import EncodingError
from toolvet_reviews.secret import Secret
from toolvet_reviews.values import JsonObject

_SALT = r"^[0-9a-f]{64}$"


class Body(BaseModel):
    """Root of all bodies."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SubmissionBody(Body):
    """A bundle: its files, as text or in base64, or one source in the small form."""

    files: dict[str, str] | None = None
    files_b64: dict[str, str] | None = None
    source: str | None = None
    examples: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    filename: str | None = None
    toolset: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.source is None) == (self.files is None and self.files_b64 is None):
            raise ValueError("either files (or files_b64), or source")
        return self

    def all_files(self) -> dict[str, bytes]:
        """Put both kinds of files together.

        Raises:
            EncodingError: Not base64, or a text with half a surrogate pair.
        """
        try:
            found = {path: text.encode() for path, text in (self.files or {}).items()}
            for path, data in (self.files_b64 or {}).items():
                found[path] = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise EncodingError(f"a file cannot be decoded: {error}") from error
        return found

    def all_examples(self) -> list[JsonObject]:
        """Give the examples as JSON."""
        return [*self.examples]


class SubmitBody(SubmissionBody):
    """A new proposal."""

    again: bool = False
    """Open a new proposal for bytes that were decided before."""


class NoteBody(Body):
    """Words beside a signed act."""

    salt: str = Field(pattern=_SALT)
    text: str = Field(max_length=20_000)

    def note(self) -> Note:
        """The engine's form."""
        return Note(self.salt, self.text)


DraftIds = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=200)]
"""Remarks of the caller's own that are published with a decision."""


class VoteBody(Body):
    """A signed vote."""

    envelope: str
    note: NoteBody | None = None
    drafts: DraftIds = Field(default_factory=list[str])


class WaiverBody(Body):
    """A signed waiver of one finding."""

    envelope: str
    reason: NoteBody


class RollbackBody(Body):
    """A signed move of a channel."""

    envelope: str
    reason: NoteBody | None = None


class AgainstBody(Body):
    """A decision against, about what was looked at."""

    digest: str
    note: str = Field(max_length=20_000)
    drafts: DraftIds = Field(default_factory=list[str])


class RejectBody(AgainstBody):
    """A proposal is closed."""

    similar: str | None = Field(default=None, max_length=200)
    """A served tool that should be extended instead."""


class LiftBody(Body):
    """One's own word against is taken back."""

    note: str = Field(default="", max_length=20_000)


class BulkItemBody(Body):
    """One item as it was on the screen."""

    proposal: str = Field(max_length=20)
    digest: str = Field(max_length=80)
    envelope: str | None = None
    note: NoteBody | None = None


class BulkBody(Body):
    """One thing done to exactly the items that were shown."""

    act: Literal["approve", "request_changes", "reject", "assign", "claim", "snooze"]
    items: list[BulkItemBody] = Field(max_length=bulk.MOST)
    words: str = Field(default="", max_length=20_000)
    person: str = Field(default="", max_length=200)
    until: str | None = Field(default=None, max_length=40)

    def order(self) -> bulk.Order:
        """The engine's form."""
        items = tuple(
            bulk.Item(
                one.proposal,
                one.digest,
                one.envelope.encode() if one.envelope is not None else None,
                one.note.note() if one.note else None,
            )
            for one in self.items
        )
        return bulk.Order(self.act, items, self.words, self.person, self.until)


class TryBody(Body):
    """Arguments of a reviewer's own for a candidate."""

    arguments: dict[str, Any] = Field(default_factory=dict[str, Any])
    revision: int | None = Field(default=None, ge=1)


class CaseBody(Body):
    """Arguments that are kept as a test, and what they must give."""

    name: str = Field(max_length=200)
    arguments: dict[str, Any]
    expected: Any = None
    code: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=2000)


class SittingBody(Body):
    """What is on somebody's screen."""

    revision: int = Field(ge=1)
    sitting: str | None = Field(default=None, max_length=64)
    looked_s: float = Field(default=0.0, ge=0, le=86_400)
    parts: list[Annotated[str, Field(max_length=200)]] = Field(
        default_factory=list[str], max_length=200
    )

    @field_validator("looked_s", mode="before")
    @classmethod
    def _whole_seconds(cls, value: object) -> object:
        """Take `3` for `3.0`: canonical JSON writes both alike."""
        return float(value) if type(value) is int else value


class ReasonBody(Body):
    """Why."""

    reason: str = Field(default="", max_length=20_000)


class CommentBody(Body):
    """A remark."""

    text: str
    path: str = Field(default="", max_length=400)
    line: int = Field(default=0, ge=0, le=10_000_000)


class SignedBody(Body):
    """A signed act about a document."""

    envelope: str
    document: str


class SecretBody(SignedBody):
    """A signed act about a secret, with the value it commits to."""

    salt: str = Field(pattern=_SALT)
    value: SecretStr

    def parts(self) -> tuple[bytes, bytes, str, Secret]:
        """Give envelope, document, salt and value.

        Raises:
            SecretValueError: No secret can have this value.
        """
        value = Secret(self.value.get_secret_value())
        return self.envelope.encode(), self.document.encode(), self.salt, value


class EnvelopeBody(Body):
    """A signed act by itself."""

    envelope: str


class PolicyBody(Body):
    """A signed policy."""

    envelope: str
    text: str


class PinBody(Body):
    """The first key of a service."""

    public: str
    proof: str


class KeyRequestBody(Body):
    """A key that asks to be enrolled."""

    code: str
    public: str
    proof: str


class TokenBody(Body):
    """Whom to issue a token."""

    principal: str
    expires: str | None = None


class CallBody(Body):
    """One call of a tool."""

    arguments: dict[str, Any] = Field(default_factory=dict[str, Any])
    key: str | None = Field(default=None, max_length=200)


class DraftBody(Body):
    """One call of one's own revision; it has no key, for it changes nothing."""

    arguments: dict[str, Any] = Field(default_factory=dict[str, Any])


class EraseBody(Body):
    """Which payload to erase, and why."""

    index: int = Field(ge=0)
    name: str
    reason: str = Field(default="", max_length=20_000)
