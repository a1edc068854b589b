"""Values as JSON without an annotation: what tools store, log and record."""

import dataclasses
import enum
import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from toolvet.sdk.errors import ResultError


def _scalar(value: object) -> Any:
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ResultError(f"{value} is no JSON number")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise ResultError(f"{type(value).__name__} has no JSON form")


def plain(value: object) -> Any:
    """Turn dataclasses, containers, enums, dates and decimals into JSON.

    Raises:
        ResultError: A value without a JSON form.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value)
        if not all(isinstance(key, str) for key in items):
            raise ResultError("the keys of a JSON object are text")
        return {str(key): plain(item) for key, item in items.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("list[object]", value)]
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in cast("set[object]", value))
    return _scalar(value)
