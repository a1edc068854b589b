"""Views as JSON, and as models of the OpenAPI document. One place for both. Pure."""

import dataclasses
import functools
import json
import types
import typing
from typing import Any, Union, cast

from starlette.responses import Response

_JSON = "application/json"


def reply(view: object, status: int = 200) -> Response:
    """Answer with a view, or with a list or dictionary of them."""
    return Response(to_bytes(view), status, media_type=_JSON)


def raw(data: bytes, media_type: str = "application/octet-stream") -> Response:
    """Answer with stored bytes as they are; a browser must not guess what they are."""
    headers = {"X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=media_type, headers=headers)


def to_bytes(view: object) -> bytes:
    """Write a view as JSON with the field names of the dataclass."""
    return json.dumps(plain(view), separators=(",", ":"), allow_nan=False).encode("ascii")


def plain(value: object) -> object:
    """Take dataclasses and tuples apart into what JSON has words for."""
    if dataclasses.is_dataclass(value):
        return {name: plain(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in cast("list[object]", value)]
    return value


def answers(kind: type[object]) -> dict[str, Any]:
    """Say in a route's decorator what it answers; the handler itself returns `reply(view)`.

    FastAPI would check every answer against the model once more: our own dataclasses need no check.
    """
    return {"response_model": None, "responses": {200: {"model": described(kind)}}}


@functools.cache
def described(kind: type[object]) -> type[object]:
    """Copy a dataclass with types that Pydantic can describe.

    The domain's recursive `Json` is beyond it, so any JSON value becomes "anything".
    """
    hints = typing.get_type_hints(kind, localns={"Json": Any})  # not every module imports it
    fields = [
        (field.name, _described(hints[field.name]), _default(field))
        for field in dataclasses.fields(cast("Any", kind))
    ]
    copy = dataclasses.make_dataclass(kind.__name__, fields, namespace={"__doc__": kind.__doc__})
    copy.__module__ = __name__
    return copy


def _described(hint: Any) -> Any:  # noqa: ANN401, RUF100
    if dataclasses.is_dataclass(hint):
        return described(cast("type[object]", hint))
    origin, members = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        if {bool, int, float, str}.issubset(m for m in members if isinstance(m, type)):
            return Any
        return functools.reduce(lambda left, right: left | right, map(_described, members))
    if origin is tuple:
        return list[_described(members[0])]
    if origin is dict:
        return dict[str, _described(members[1])]
    return hint


def _default(field: "dataclasses.Field[Any]") -> Any:  # noqa: ANN401, RUF100
    default: object = field.default
    if isinstance(default, tuple):
        return dataclasses.field(default_factory=list[Any])
    if default is not dataclasses.MISSING:
        return dataclasses.field(default=default)
    if field.default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=field.default_factory)
    return dataclasses.field()


@functools.cache
def _names(kind: type[object]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cast("Any", kind)))
