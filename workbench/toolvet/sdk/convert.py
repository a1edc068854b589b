"""Calling a typed function with JSON and taking its typed result back as JSON."""

import inspect
from collections.abc import Mapping
from typing import Any

from toolvet.sdk.context import Context
from toolvet.sdk.schema import Interface


def load_arguments(found: Interface, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Turn JSON arguments into typed ones.

    Raises:
        ArgumentError: They do not fit.
    """
    return found.parameters.load(dict(arguments), "")


def dump_result(found: Interface, result: Any) -> Any:
    """Turn a typed result into JSON.

    Raises:
        ResultError: It does not fit the annotation.
    """
    return found.result.dump(result, "")


def call(found: Interface, arguments: Mapping[str, Any], context: Context) -> Any:
    """Run a typed function on JSON; one that is async is awaited.

    Raises:
        ArgumentError: The arguments do not fit.
        ResultError: The result does not.
    """
    loaded = load_arguments(found, arguments)
    if found.context:
        loaded[found.context] = context
    result = found.function(**loaded)
    if inspect.iscoroutine(result):
        import asyncio  # noqa: PLC0415 - a fifth of a tool's start, and few tools are async

        result = asyncio.run(result)
    return dump_result(found, result)
