"""Cases that reviewers keep: arguments they tried, and what every later revision has to give for them.

Pure; no I/O.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from toolvet_reviews import canonical
from toolvet_reviews.errors import CanonicalError, ReviewError
from toolvet_reviews.values import Json, JsonObject

MOST_CASES = 50
"""Of one proposal."""
MOST_BYTES = 32 * 1024
"""Of the arguments of a case, and of what it must give."""
MOST_NAME = 120
MOST_NOTE = 2000


class KeptCaseError(ReviewError):
    """What should be kept is no case."""

    code = "case.invalid"
    hint = "A case has a name, arguments, and either a result or the code of an error."


@dataclass(frozen=True)
class KeptCase:
    """Arguments and what they must give, as checks take them; values as canonical JSON."""

    id: str
    name: str
    arguments: str
    expected: str
    code: str
    """Of the error that is right; empty for a result."""

    @property
    def given(self) -> JsonObject:
        """The arguments."""
        return canonical.parse_object(self.arguments)

    @property
    def result(self) -> Json:
        """What they must give."""
        return canonical.parse(self.expected)


def kept_case(
    id: str, name: str, arguments: JsonObject, expected: Json, code: str, note: str = ""
) -> KeptCase:
    """Check a case.

    Raises:
        KeptCaseError: It has no name, is too large, or says two things at once.
    """
    said = " ".join(name.split())
    if not said or len(said) > MOST_NAME:
        raise KeptCaseError(f"a case has a name of 1 to {MOST_NAME} characters")
    if len(note) > MOST_NOTE:
        raise KeptCaseError(f"a note has at most {MOST_NOTE} characters")
    if code.strip() and expected is not None:
        raise KeptCaseError("a case gives a result, or fails with a code; not both")
    if code.strip().startswith("call."):
        raise KeptCaseError(
            f"{code.strip()[:40]} says that the call came to nothing, not what is right"
        )
    texts = (_text("arguments", arguments), _text("result", expected))
    return KeptCase(id, said, *texts, code.strip())


def same(cases: Sequence[KeptCase], case: KeptCase) -> KeptCase | None:
    """Find a case with the same arguments: two of them could not both be right for long."""
    return next((one for one in cases if one.arguments == case.arguments), None)


def _text(what: str, value: Json) -> str:
    try:
        data = canonical.dumps(value)
    except CanonicalError as error:
        raise KeptCaseError(f"the {what} cannot be kept: {error}") from error
    if len(data) > MOST_BYTES:
        raise KeptCaseError(f"the {what} of a case has at most {MOST_BYTES} bytes")
    return data.decode()
