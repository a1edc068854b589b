"""Arguments for a tool, made behind the walls and held against its schema here."""

import atexit
import functools
import importlib.metadata
import importlib.util
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from toolvet.checks import reading
from toolvet.checks.base import CheckContext
from toolvet.checks.confinement import parser_image
from toolvet.checks.interface import example_arguments
from toolvet.checks.schemas import compile_schema, problems
from toolvet.checks.seeding import seed_of
from toolvet.sandbox import Environment, Image, Limits, scratch
from toolvet_reviews import canonical
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.values import JsonObject

PACKAGES = ("hypothesis", "sortedcontainers", "_hypothesis_globals", "_hypothesis_ftz_detector")
"""The last ones are of some versions only."""
LIMITS = Limits(wall_s=8, cpu_s=8, memory_mib=1024, result_kib=2048)
_INSIDE = Path(__file__).parent / "inside"
_NOT_SHOWN = shutil.ignore_patterns("extra", "pytestplugin*")


@dataclass(frozen=True)
class Generated:
    """What was made, and what was left of it."""

    cases: tuple[JsonObject, ...]
    """Fit the schema; the plainest come first."""
    edges: int
    """How many of them are edges, and not drawn."""
    misfits: int
    """Sets that did not fit the schema and were thrown away."""
    trouble: str = ""
    """Why there may be fewer than asked for."""


@functools.cache
def version() -> str:
    """The version of Hypothesis, on which depends what is drawn."""
    return importlib.metadata.version("hypothesis")


@functools.cache
def _packages() -> Environment:
    """Stage Hypothesis and our converter in a folder of their own, for as long as we live."""
    folder = scratch.make()
    atexit.register(scratch.remove, folder)
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            continue  # inside, an import that misses it says so
        source = Path(found.origin)
        if source.name == "__init__.py":
            shutil.copytree(source.parent, folder / name, ignore=_NOT_SHOWN)
        else:
            shutil.copyfile(source, folder / source.name)
    for path in _INSIDE.glob("*.py"):
        shutil.copyfile(path, folder / path.name)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return Environment(folder, f"hypothesis {version()}", approved=True)


@functools.cache
def generator_image() -> Image:
    """The image that makes arguments; the same object each time, so that its zygote is shared."""
    return replace(parser_image("generate:generate"), environment=_packages(), preload=("json",))


async def generate(
    context: CheckContext, schema: JsonObject, count: int, examples: Sequence[JsonObject] = ()
) -> Generated:
    """Make at most `count` sets of arguments that a schema accepts.

    Args:
        context: Of the check.
        schema: Of the arguments.
        count: How many.
        examples: Arguments somebody gave: their values come up again.

    Raises:
        SchemaError: The schema cannot be used.
    """
    validator = compile_schema(schema)
    arguments: JsonObject = {
        "schema": schema, "seed": int(seed_of(context, "tool")[:12], 16), "count": count, "examples": [*examples]
    }  # fmt: skip
    outcome = await context.pool.call(generator_image(), arguments, LIMITS)
    if outcome.status != "returned" or not isinstance(outcome.value, dict):
        said = outcome.error.message if outcome.error else ""
        return Generated((), 0, 0, f"no arguments could be made ({outcome.status}) {said}"[:300])
    made = reading.entries(outcome.value.get("cases"))
    edges = reading.number(outcome.value.get("edges"))
    fitting: list[JsonObject] = []
    kept_edges = 0
    for place, one in enumerate(made[:count]):
        case = normalised(one)
        if case is not None and not problems(validator, case, most=1):
            fitting.append(case)
            kept_edges += place < edges
    trouble = reading.text(outcome.value.get("trouble"), most=300)
    return Generated(tuple(fitting), kept_edges, len(made) - len(fitting), trouble)


def given_by(bundle: Bundle) -> list[JsonObject]:
    """Give the arguments of the examples, as calls have them."""
    found: list[JsonObject] = []
    for example in bundle.spec.examples[:10]:
        try:
            value = normalised(example_arguments(bundle, example))
        except CanonicalError:
            continue
        if value is not None:
            found.append(value)
    return found


def normalised(arguments: JsonObject) -> JsonObject | None:
    """Bring arguments into the form that calls have; None for what no call could hold."""
    try:
        value = canonical.normalise(arguments)
    except CanonicalError:
        return None
    return value if isinstance(value, dict) else None
