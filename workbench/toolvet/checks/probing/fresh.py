"""Keys that are others at each attempt: as they were seen in runs, and as the code makes them."""

from collections.abc import Sequence
from typing import NamedTuple

from toolvet.checks import reading
from toolvet.checks.base import (
    PARSER_LIMITS,
    CheckContext,
    is_test,
    python_files,
    snippet,
)
from toolvet.checks.confinement import parser_image
from toolvet.checks.probing import telling
from toolvet.checks.probing.trials import Calm
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.findings import Finding
from toolvet_reviews.values import Json
from toolvet_reviews.words import one_line

_SAYS = {
    "chance": "made by chance",
    "clock": "made from the clock",
    "day": "made from today's date, so that it is another one after midnight",
}


class Made(NamedTuple):
    """A line that makes a key from time or chance."""

    path: str
    line: int
    what: str
    source: str


class Keys(NamedTuple):
    """What the code says of its keys."""

    made: tuple[Made, ...]
    doubt: str
    """Why nothing is known; empty when it is."""


async def read(context: CheckContext) -> Keys:
    """Look for such keys in the tool's code, in a confined process."""
    files: dict[str, Json] = {
        path: data.decode("utf-8", "replace")
        for path, data in python_files(context.bundle).items()
        if not is_test(path)
    }
    outcome = await context.pool.call(parser_image("keys:inspect"), {"files": files}, PARSER_LIMITS)
    said = reading.entry(outcome.value)
    if outcome.status != "returned" or "found" not in said:
        return Keys((), "the keys that its code makes could not be read")
    made = tuple(
        Made(
            reading.text(one.get("path")),
            reading.number(one.get("line")),
            reading.text(one.get("what"), most=60),
            reading.text(one.get("source"), most=20),
        )
        for one in reading.entries(said["found"])
    )
    unread = reading.texts(said.get("unread"))
    doubt = f"the keys of {one_line(unread[0])} could not be read" if unread else ""
    return Keys(tuple(one for one in made if one.path in files), doubt)


def findings(bundle: Bundle, calm: Sequence[Calm], keys: Keys) -> list[Finding]:
    """Say which keys keep nothing from happening twice."""
    certain = [one for one in keys.made if one.source != "day"]
    seen = [words for one in calm for words in one.fresh]
    found: list[Finding] = []
    if seen or certain:
        at = (certain[0].path, certain[0].line) if certain else ("", 0)
        what = (
            f"{one_line(seen[0])}" if seen else f"{certain[0].what} is {_SAYS[certain[0].source]}"
        )
        message = (
            f"A fresh key at each attempt: {what}. Nothing is kept from happening twice by it."
        )
        found.append(_finding(bundle, "fresh-key", message, at, is_error=True))
    for one in keys.made:
        if one.source == "day":
            message = f"The key of {one.what} is {_SAYS['day']}."
            found.append(
                _finding(bundle, "key-of-day", message, (one.path, one.line), is_error=False)
            )
    return found


def _finding(
    bundle: Bundle, rule: str, message: str, at: tuple[str, int], *, is_error: bool
) -> Finding:
    fix = "Make keys from the arguments that name the operation; take a day as an argument."
    severity = "error" if is_error else "warning"
    return telling.finding(rule, severity, message, fix=fix, at=at, text=snippet(bundle, *at))
