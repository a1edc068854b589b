"""JSON both ways: dataclasses of `wire.py` written as they are, requests read strictly. Pure."""

import dataclasses
import functools
import json
from typing import Any, TypeVar, cast

from toolvet_jupyter.errors import BodyError

T = TypeVar("T")

MAX_BODY = 512 * 1024
"""Bytes: an envelope has at most 64 KiB, words 20,000 characters."""


def write(view: object) -> str:
    """Write a view as JSON."""
    return json.dumps(_plain(view), separators=(",", ":"), allow_nan=False)


def read(kind: type[T], data: bytes) -> T:
    """Read the body of a request.

    Raises:
        BodyError: Not JSON, too long, a field missing, unknown, or of another type.
    """
    from toolvet.client.decode import decode  # noqa: PLC0415  the whole client comes with it
    from toolvet.client.errors import AnswerError  # noqa: PLC0415

    if len(data) > MAX_BODY:
        raise BodyError(f"the request has {len(data)} bytes, at most {MAX_BODY}")
    try:
        found: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BodyError("the request is not JSON") from error
    if not isinstance(found, dict):
        raise BodyError("the request is not an object")
    unknown = set(cast("dict[str, object]", found)) - set(_names(kind))
    if unknown:
        raise BodyError(f"the request has an unknown field {min(unknown)[:80]!r}")
    try:
        return decode(kind, cast("object", found))
    except AnswerError as error:
        raise BodyError(str(error)) from error


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value):
        return {name: _plain(getattr(value, name)) for name in _names(type(value))}
    if names := _named(value):
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast("list[object]", value)]
    return value


@functools.cache
def _names(kind: type[object]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cast("Any", kind)))


def _named(value: object) -> tuple[str, ...]:
    """Name the fields of a named tuple; none for anything else."""
    return getattr(cast("object", value), "_fields", ()) if isinstance(value, tuple) else ()
