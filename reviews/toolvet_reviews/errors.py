"""Every error the review domain raises.

The twin of `toolvet.errors`: the same `code` and `hint`, its own root, because the domain
imports nothing of ours. A code is `area.what` and never changes; the message is for people and may.
"""

from typing import ClassVar


class ReviewError(Exception):
    """Root of all errors the review domain raises on purpose.

    Attributes:
        code: Stable machine name, `area.what`; shown in logs and answers.
        hint: What the reader can do next; empty when nothing helps.
        place: File, spec field or JSON pointer the error is about; empty when it has none.
    """

    code: ClassVar[str] = "review.error"
    hint: str = ""
    place: str = ""

    def __init__(self, message: str, *, hint: str = "", place: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint
        self.place = place


class CanonicalError(ReviewError):
    """A JSON text or value that has no single canonical form."""

    code: ClassVar[str] = "json.not_canonical"


class DuplicateKeyError(CanonicalError):
    """An object names a key twice."""

    code: ClassVar[str] = "json.duplicate_key"
    hint = "Name each key of an object once."


class NumberRangeError(CanonicalError):
    """NaN, an infinity, or an integer beyond plus or minus 2^53-1."""

    code: ClassVar[str] = "json.number_range"
    hint = "Send 64-bit ids as strings."


class SurrogateError(CanonicalError):
    """A string holds half of a surrogate pair."""

    code: ClassVar[str] = "json.lone_surrogate"
    hint = "Send whole characters, as UTF-8."


class DepthError(CanonicalError):
    """Nested deeper than allowed."""

    code: ClassVar[str] = "json.too_deep"
    hint = "Nest less deeply, or send the value as JSON text."


class SpecError(ReviewError):
    """A bundle's specification says something it may not."""

    code: ClassVar[str] = "spec.invalid"
    hint = "Correct tool.toml; `toolvet verify PATH` tells the same before you submit."


class UnknownFieldError(SpecError):
    """A field nobody knows; the hint names the nearest valid one."""

    code: ClassVar[str] = "spec.unknown_field"


class MissingFieldError(SpecError):
    """A required field is not there."""

    code: ClassVar[str] = "spec.missing_field"
    hint = "`toolvet new NAME --folder` writes a tool.toml with every required field."


class IntakeError(ReviewError):
    """A bundle's files break a rule of intake."""

    code: ClassVar[str] = "intake.refused"


class PathError(IntakeError):
    """A path that is absolute, escapes, or holds characters no path of a bundle may."""

    code: ClassVar[str] = "intake.path"
    hint = "Paths are relative and ASCII, with single slashes and no `..`."


class ForbiddenFileError(IntakeError):
    """A file that could run or hide by its mere name."""

    code: ClassVar[str] = "intake.forbidden_file"
    hint = "Leave it out; binary data belongs under `data/`."


class TooLargeError(IntakeError):
    """A cap on bytes or on the number of files is exceeded."""

    code: ClassVar[str] = "intake.too_large"
    hint = "Leave out what the tool does not need; a caller passes large data as a File."


class EncodingError(IntakeError):
    """Not strict UTF-8, or a NUL, or a coding cookie."""

    code: ClassVar[str] = "intake.encoding"
    hint = "Save every file as UTF-8 without NUL bytes."


class EmptyBundleError(IntakeError):
    """There is nothing to review."""

    code: ClassVar[str] = "intake.empty"
    hint = "A bundle is one .py file, or a folder with tool.toml and its module."


class PolicyError(ReviewError):
    """A policy text that cannot be in force."""

    code: ClassVar[str] = "policy.invalid"


class MoveRefusedError(ReviewError):
    """The proposal is in a state that does not allow the move."""

    code: ClassVar[str] = "proposal.move_refused"
    hint = "Reload the proposal; it may have been decided already."

    def __init__(self, state: str, move: str) -> None:
        super().__init__(f"cannot {move} a proposal that is {state}")
        self.state = state
        self.move = move


class NotYoursError(ReviewError):
    """The actor may not make this move on this proposal."""

    code: ClassVar[str] = "proposal.not_allowed"


class OwnWorkError(NotYoursError):
    """Authors never vote on their own work."""

    code: ClassVar[str] = "vote.own_work"
    hint = "Ask another reviewer."


class NotAPersonError(NotYoursError):
    """Only a person decides."""

    code: ClassVar[str] = "vote.not_a_person"
    hint = "An agent can do everything except decide."


class StaleVoteError(ReviewError):
    """The vote is about something that is no longer what would be published."""

    code: ClassVar[str] = "vote.stale"
    hint = "Look at what changed since, then vote again."


class UnmetError(ReviewError):
    """The rubric or the evidence does not allow an approval."""

    code: ClassVar[str] = "vote.rubric_unmet"
    hint = (
        "See the rubric: an unmet line blocks, an unknown one blocks where the policy requires it."
    )


class StatementError(ReviewError):
    """A signed statement that does not say what it must."""

    code: ClassVar[str] = "act.statement"
