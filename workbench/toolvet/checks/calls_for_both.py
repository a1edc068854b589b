"""The calls that two versions of a tool are held against each other by.

What somebody gave comes first: examples of both, recorded calls. Then arguments near those, one
place changed at a time, and arguments drawn from the schema.
"""

from collections.abc import Sequence
from dataclasses import replace

from toolvet.checks.base import CheckContext
from toolvet.checks.generating.generator import generate, normalised
from toolvet.checks.published import Published
from toolvet.checks.variants import variants
from toolvet.checks.versions import Asked, Version, examples_of, recorded_of
from toolvet_reviews import canonical

MOST_GENERATED = 48
"""Near those that were given, and drawn from the schema."""
MOST_DRAWN = 24


async def calls_for(
    context: CheckContext, old: Version, new: Version, published: Published
) -> tuple[list[Asked], str]:
    """Gather the calls that both versions get, each once, and say why there are not more."""
    found: dict[bytes, Asked] = {}
    promised = [replace(one, is_promise=True) for one in examples_of(old.bundle)]
    for asked in (*promised, *examples_of(new.bundle), *recorded_of(published)):
        found.setdefault(key_of(asked), asked)
    given = list(found.values())
    if not given:
        return [], ""
    drawn, trouble = await _drawn(context, new, given)
    made = 0
    for asked in (*_near(new, given), *drawn):
        fits = old.takes.is_valid(asked.arguments) and new.takes.is_valid(asked.arguments)
        if made < MOST_GENERATED and fits and key_of(asked) not in found:
            made += 1
            found[key_of(asked)] = asked
    return list(found.values()), trouble


def _near(new: Version, given: Sequence[Asked]) -> list[Asked]:
    """Change what was given at one place each, every call in turn."""
    most = max(2, MOST_GENERATED // len(given))
    near = (
        (asked, normalised(arguments))
        for asked in given
        for arguments in variants(asked.arguments, new.input_schema, most)
    )
    found = [Asked(one, "generated", asked.files) for asked, one in near if one is not None]
    return found[:MOST_GENERATED]


async def _drawn(
    context: CheckContext, new: Version, given: Sequence[Asked]
) -> tuple[list[Asked], str]:
    """Draw arguments from the schema; none for files, whose bytes nobody has."""
    if any(asked.files for asked in given):
        return [], ""
    examples = [asked.arguments for asked in given if asked.source == "example"]
    made = await generate(context, new.input_schema, MOST_DRAWN, examples)
    return [Asked(arguments, "generated") for arguments in made.cases], made.trouble


def key_of(asked: Asked) -> bytes:
    """Name a call by its arguments."""
    return canonical.dumps(asked.arguments)
