"""Our own passes over a bundle's text, run where hostile text may do no harm."""

from collections.abc import Iterable, Iterator, Mapping

from toolvet.checks import reading
from toolvet.checks.base import PARSER_LIMITS, CheckContext
from toolvet.checks.confinement import parser_image
from toolvet_reviews.values import Json, JsonObject

BATCH_BYTES = 256 * 1024
"""Of the files that one call is given."""


class PassError(Exception):
    """A pass brought nothing back: it ran out of time or memory, or died."""


async def read(
    context: CheckContext, *steps: tuple[str, Mapping[str, Json]]
) -> list[JsonObject | None]:
    """Run passes in one confined call.

    Args:
        context: For its pool.
        steps: Names of modules in `confined`, and the arguments of their `inspect`.

    Returns:
        What each brought back; None where the text does not parse.

    Raises:
        PassError: Nothing is known.
    """
    asked: list[Json] = [[name, dict(arguments)] for name, arguments in steps]
    outcome = await context.pool.call(parser_image("static:read"), {"steps": asked}, PARSER_LIMITS)
    value = outcome.value if outcome.status == "returned" else None
    if not isinstance(value, list) or len(value) != len(steps):
        raise PassError(outcome.status)
    return [reading.entry(item) if isinstance(item, dict) else None for item in value]


def batches(files: Mapping[str, bytes], paths: Iterable[str]) -> Iterator[dict[str, Json]]:
    """Texts of files, as many at once as one call is given; at least one batch, maybe empty."""
    batch: dict[str, Json] = {}
    size, is_first = 0, True
    for path in sorted(paths):
        data = files[path]
        if batch and size + len(data) > BATCH_BYTES:
            yield batch
            batch, size, is_first = {}, 0, False
        batch[path] = data.decode("utf-8", "replace")
        size += len(data)
    if batch or is_first:
        yield batch
