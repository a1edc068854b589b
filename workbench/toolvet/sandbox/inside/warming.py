"""Walking once, before calls are forked, the ways that every call goes.

What a call writes to, the kernel copies for it page by page, and that is most of its cost. Python
writes to code that it runs for the first few times, to its caches and to its lists of free memory:
done here, that is done for all calls, which share it.
"""

import contextlib
import json
from typing import Any, TypedDict

from toolvet.sandbox.inside import modules
from toolvet.sandbox.inside.config import Config

_TIMES = 24
"""Python 3.11 adapts a function's code after 8 calls, and settles within a few more."""
_GIVEN = '{"first": 1, "second": 2.5, "names": ["a"], "exact": true}'


class _Sample(TypedDict):
    """What the sample gives."""

    total: float
    names: list[str]


def _sample(
    first: int, second: float = 1.0, *, names: list[str] | None = None, exact: bool = False
) -> _Sample:
    """Stand for a tool.

    Args:
        first: A number.
        second: Another.
        names: Texts.
        exact: Or not.
    """
    return {"total": first + second, "names": [*(names or []), str(exact)]}


def _call(schema: Any, convert: Any, context: Any) -> None:
    found = convert.call(schema.interface(_sample), json.loads(_GIVEN), context)
    json.dumps({"is": "returned", "value": found}, allow_nan=False, separators=(",", ":"))


def warm(config: Config) -> None:
    """Call a function of our own, and look the tool's module up without running it."""
    from toolvet.sdk import convert, schema  # noqa: PLC0415 - mounted only inside

    for _ in range(_TIMES):
        _call(schema, convert, None)
    with contextlib.suppress(ImportError, OSError):
        modules.find_ahead(config.entry.partition(":")[0])
