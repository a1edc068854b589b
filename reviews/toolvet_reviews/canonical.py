"""Canonical JSON: RFC 8785 behind strict input rules, so that one value has one byte form. Pure.

Refused with a code: duplicate keys, NaN and infinities, lone surrogates, numbers beyond
plus or minus 2^53-1 and nesting deeper than the cap. A float with an integral value becomes an
integer: `1.0` and `1` are the same number in JSON and must hash alike.
"""

import json
import math
from collections.abc import Mapping
from typing import NoReturn, cast

import rfc8785

from toolvet_reviews.errors import (
    CanonicalError,
    DepthError,
    DuplicateKeyError,
    NumberRangeError,
    SurrogateError,
)
from toolvet_reviews.values import Json, JsonObject

MAX_DEPTH = 64
MAX_BYTES = 16 * 1024 * 1024
MAX_INTEGER = 2**53 - 1

_FINITE = "Send null, or a string."
_MAX_DIGITS = 17
"""Digits and sign; longer texts are out of range, and `int` of a very long one is a ValueError."""


class JsonSyntaxError(CanonicalError):
    """Not JSON, or not strict UTF-8."""

    code = "json.syntax"
    hint = "Send JSON in UTF-8."


class JsonSizeError(CanonicalError):
    """More bytes than the reader takes."""

    code = "json.too_large"


class JsonTypeError(CanonicalError):
    """A value JSON has no word for."""

    code = "json.type"


def parse(text: bytes | str, *, max_depth: int = MAX_DEPTH, max_bytes: int = MAX_BYTES) -> Json:
    """Read JSON text strictly.

    Args:
        text: UTF-8 bytes without a byte order mark, or text.
        max_depth: Containers within containers; a scalar has depth 0.
        max_bytes: Cap on the text's length.

    Raises:
        CanonicalError: The text breaks a rule; the class and its code say which.
    """
    if len(text) > max_bytes:
        raise JsonSizeError(f"expected at most {max_bytes} bytes, got {len(text)}")
    decoded = _decode(text) if isinstance(text, bytes) else text
    try:
        value: object = _DECODER.decode(decoded)
    except RecursionError:
        raise DepthError(f"nested deeper than {max_depth}") from None
    except ValueError as error:
        raise JsonSyntaxError(f"not JSON: {error}") from None
    return normalise(value, max_depth=max_depth)


def parse_object(
    text: bytes | str, *, max_depth: int = MAX_DEPTH, max_bytes: int = MAX_BYTES
) -> JsonObject:
    """Read JSON text whose top is an object.

    Raises:
        CanonicalError: As `parse`, or the top is something else.
    """
    value = parse(text, max_depth=max_depth, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise JsonTypeError("expected a JSON object")
    return value


def normalise(value: object, *, max_depth: int = MAX_DEPTH) -> Json:
    """Apply the same rules to a value that is parsed already; the result shares nothing with it.

    Tuples become lists, mappings plain dictionaries, subclasses of `str` and `int` plain ones.

    Raises:
        CanonicalError: The value breaks a rule; its place is a JSON pointer.
    """
    return _normalise(value, max_depth)


def dumps(value: object) -> bytes:
    """Write the canonical bytes of a value, after `normalise`.

    Raises:
        CanonicalError: The value breaks a rule.
    """
    normal = normalise(value)
    if _is_plain(normal):
        return _ENCODER.encode(normal).encode()
    return rfc8785.dumps(cast("rfc8785._impl._Value", normal))  # pyright: ignore[reportPrivateUsage]


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonSyntaxError(f"not UTF-8 at byte {error.start}") from None


def _normalise(value: object, room: int) -> Json:
    if type(value) is str and value.isascii():  # nearly every value of a log entry
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, float):
        return _float(float(value))
    if not isinstance(value, (dict, list, tuple, Mapping)):  # dict first: Mapping is slow to ask
        raise JsonTypeError(f"JSON has no {type(value).__name__}")
    if room <= 0:
        raise DepthError("nested too deep")
    if isinstance(value, (list, tuple)):
        return _array(cast("list[object]", value), room - 1)
    return _object(cast("Mapping[object, object]", value), room - 1)


def _object(value: Mapping[object, object], room: int) -> JsonObject:
    result: JsonObject = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise JsonTypeError(f"keys are strings, got {type(key).__name__}")
        name = key if type(key) is str and key.isascii() else _string(key)
        if name in result:
            raise DuplicateKeyError(f"the key {name!r} is there twice")
        try:
            result[name] = _normalise(item, room)
        except CanonicalError as error:
            raise _placed(error, name) from None
    return result


def _array(value: list[object], room: int) -> list[Json]:
    result: list[Json] = []
    for index, item in enumerate(value):
        try:
            result.append(_normalise(item, room))
        except CanonicalError as error:
            raise _placed(error, str(index)) from None
    return result


def _placed(error: CanonicalError, token: str) -> CanonicalError:
    """Lengthen the error's JSON pointer (RFC 6901) by one step outwards."""
    escaped = token[:80].replace("~", "~0").replace("/", "~1")
    error.place = f"/{escaped}{error.place}"
    return error


def _string(value: str) -> str:
    text = str.__str__(value)  # of a StrEnum: the plain text
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise SurrogateError("a string holds half of a surrogate pair") from None
    return text


def _integer(value: int) -> int:
    if -MAX_INTEGER <= value <= MAX_INTEGER:
        return value
    raise NumberRangeError("an integer is beyond plus or minus 2^53-1")


def _float(value: float) -> int | float:
    if value.is_integer():
        return _integer(int(value))
    if not math.isfinite(value):
        raise NumberRangeError("NaN and infinities are no JSON numbers", hint=_FINITE)
    return value


def _read_integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise NumberRangeError("an integer is beyond plus or minus 2^53-1")
    return int(text)


def _read_constant(text: str) -> NoReturn:
    raise NumberRangeError(f"{text} is no JSON number", hint=_FINITE)


def _read_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DuplicateKeyError(f"the key {twice[:80]!r} is there twice")
    return result


def _is_plain(value: Json) -> bool:
    """Tell whether the standard encoder writes the same bytes as RFC 8785, many times faster.

    It does without floats, and when keys sort alike by code point and by UTF-16 unit.
    """
    if isinstance(value, dict):
        for key, item in value.items():  # noqa: SIM110 - a generator takes twice the time
            if not key.isascii() or not _is_plain(item):
                return False
        return True
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return not isinstance(value, float)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_read_pairs, parse_int=_read_integer, parse_constant=_read_constant
)
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)
