"""The outline of a single submitted file, made by a confined child."""

from toolvet.checks.base import PARSER_LIMITS
from toolvet.checks.confinement import parser_image
from toolvet.checks.errors import SourceSyntaxError, SourceUnreadableError
from toolvet.sandbox import Image, Pool
from toolvet_reviews.small_form import Outline, outline_from_json


def outline_image() -> Image:
    """The image that makes outlines; the same object each time, so that its zygote is shared."""
    return parser_image("outline:outline")


async def outline(pool: Pool, source: str) -> Outline:
    """Read the functions, classes and imports of a file without trusting it.

    Raises:
        SourceSyntaxError: It is not Python; the hint names the line.
        SourceUnreadableError: The parser ran out of time or memory, or died.
    """
    outcome = await pool.call(outline_image(), {"source": source}, PARSER_LIMITS)
    if outcome.status != "returned" or not isinstance(outcome.value, dict):
        raise SourceUnreadableError(f"the file could not be read ({outcome.status})")
    error = outcome.value.get("error")
    if isinstance(error, dict):
        line = error.get("line")
        where = f"line {line}: " if line else ""
        raise SourceSyntaxError(f"{where}{error.get('message')}")
    return outline_from_json(outcome.value)
