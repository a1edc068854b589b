"""Arguments made from a schema. Runs confined, in an image that holds Hypothesis."""

# Modules here find each other by name only behind the walls, and a schema is JSON of any form:
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false, reportUnknownParameterType=false

from typing import Any

from generating_ahead import (
    make,
)


def generate(schema: dict[str, Any], seed: int, count: int, examples: list[Any]) -> dict[str, Any]:
    """Make sets of arguments; see `generating_ahead.make`."""
    return make(schema, seed, count, examples)
