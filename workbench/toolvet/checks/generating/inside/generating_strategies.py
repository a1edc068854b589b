"""From a JSON Schema to a Hypothesis strategy. Runs confined, beside hypothesis.

It understands what the SDK derives and a little more; what it does not understand makes values that
do not fit, and those are sorted out outside, where the schema is compiled.

Source: JSON Schema 2020-12, validation.
"""

# Modules here find each other by name only behind the walls, and a schema is JSON of any form:
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false, reportUnknownParameterType=false

import math
import re
import string
from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import Any

from generating_patterns import texts_matching
from hypothesis import strategies as st

Schema = Any
Strategy = st.SearchStrategy[Any]

MAX_INTEGER = 2**53 - 1
_MOST_ITEMS = 12
_MOST_DEPTH = 4
_MOST_KNOWN = 12
_ORDINARY = string.ascii_letters + string.digits + "     .,-_:/@#'\"()"
_ODD = (
    "\n\t\\%{}[]<>&;=+*?!$|~^`\u00e4\u00e9\u00df\u00f1\u00e7\u00f8\u017e\u0142\u0131\u0130\u011f\u00e5\u0153"
    "\u20ac\u00a3\u00b5\u00b0\u00bd\u00bc\u00b2\u2026\u2013\u2014\u201c\u201d\u00ab\u00bb\u4e2d\u6587\u65e5\u672c"
    "\ud55c\uad6d\u0639\u0628\u05e2\u05d1\u0e44\u0e17\U0001f600\U0001f44d\U0001f3fd\u200b\u00a0\u0301\u202e\ufeff"
)
"""Marks of other alphabets, signs, joined and invisible ones."""
_EVERYTHING = _ORDINARY + _ODD
_KEYS = ("a", "b", "name", "key", "x y", "0", "Total", "", "id", "é")


def arguments_of(schema: Schema, examples: list[Any]) -> Strategy:
    """Make the objects that a schema of arguments describes.

    Args:
        schema: Of the arguments.
        examples: Arguments somebody gave; what stands in them under a name comes up again there.
    """
    known: dict[str, list[Any]] = {}
    for example in examples:
        _note_values(example, known)
    return _Maker(schema.get("$defs") or {}, known).make(schema, 0)


def _note_values(value: Any, known: dict[str, list[Any]]) -> None:
    if isinstance(value, list):
        for item in value[:_MOST_KNOWN]:
            _note_values(item, known)
    if isinstance(value, dict):
        for name, item in value.items():
            values = known.setdefault(name, [])
            if item not in values and len(values) < _MOST_KNOWN:
                values.append(item)
            _note_values(item, known)


class _Maker:
    """Makes strategies, and knows the definitions that they refer to."""

    def __init__(self, definitions: Schema, known: dict[str, list[Any]]) -> None:
        self._definitions = definitions if isinstance(definitions, dict) else {}
        self._known = known

    def make(self, schema: Schema, depth: int) -> Strategy:
        """Make the values of one schema.

        Args:
            schema: Of any form.
            depth: How far inside of others it lies.
        """
        if schema is True or not isinstance(schema, dict):
            return st.sampled_from([None, True, 0, 1, "a", [], {}])
        if "const" in schema:
            return st.just(schema["const"])
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return st.sampled_from(schema["enum"])
        if isinstance(schema.get("$ref"), str):
            return self._referred(schema["$ref"], depth)
        for word in ("anyOf", "oneOf"):
            if isinstance(schema.get(word), list) and schema[word]:
                return st.one_of(
                    [self.make(option, depth) for option in self._shallow(schema[word], depth)]
                )
        if isinstance(schema.get("allOf"), list) and schema["allOf"]:
            merged: dict[str, Any] = {}
            for part in (*schema["allOf"], {k: v for k, v in schema.items() if k != "allOf"}):
                merged |= part if isinstance(part, dict) else {}
            return self.make(merged, depth)
        return self._typed(schema, depth)

    def _typed(self, schema: Schema, depth: int) -> Strategy:
        kinds = schema.get("type", "object" if "properties" in schema else "string")
        made: list[Strategy] = []
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            maker = _MAKERS.get(str(kind))
            if maker is not None:
                made.append(maker(self, schema, depth))
        return st.one_of(made) if made else st.none()

    def _shallow(self, options: list[Schema], depth: int) -> list[Schema]:
        """Leave options out that go on, once it is deep enough."""
        if depth < _MOST_DEPTH:
            return options
        flat = [
            o
            for o in options
            if not (isinstance(o, dict) and ("$ref" in o or o.get("type") in ("array", "object")))
        ]
        return flat or options[:1]

    def _referred(self, reference: str, depth: int) -> Strategy:
        found = self._definitions.get(reference.removeprefix("#/$defs/"))
        if found is None or depth > 2 * _MOST_DEPTH:
            return st.nothing() if found is None else st.none()
        return st.deferred(lambda: self.make(found, depth + 1))

    def integers(self, schema: Schema, _depth: int) -> Strategy:
        """Whole numbers, small ones above all."""
        least, most = whole_bounds(schema)
        if least > most:
            return st.nothing()
        near = (max(least, -20), min(most, 100))
        step = schema.get("multipleOf")
        if isinstance(step, int) and step > 1:
            return st.integers(math.ceil(least / step), most // step).map(lambda n: n * step)
        whole = st.integers(least, most)
        return st.one_of(st.integers(*near), whole) if near[0] <= near[1] else whole

    def numbers(self, schema: Schema, _depth: int) -> Strategy:
        """Finite numbers, ordinary ones above all."""
        least, most, above, below = real_bounds(schema)
        step = schema.get("multipleOf")
        if isinstance(step, int | float) and step > 0:
            low, high = math.ceil(max(least, -1e6) / step), math.floor(min(most, 1e6) / step)
            return st.integers(low, max(low, high)).map(lambda n: n * step)
        wide = st.floats(
            least, most, allow_nan=False, allow_infinity=False, exclude_min=above, exclude_max=below
        )
        low, high = max(least, -1000.0), min(most, 10_000.0)
        if low >= high:
            return wide
        hundredths = st.integers(math.ceil(low * 100), math.floor(high * 100)).map(
            lambda n: n / 100
        )
        return st.one_of(hundredths, wide)

    def texts(self, schema: Schema, _depth: int) -> Strategy:
        """Texts: ordinary ones, and odd ones."""
        least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
        highest = (
            min(int(most), max(least, 40)) if isinstance(most, int | float) else max(least, 40)
        )
        if isinstance(schema.get("pattern"), str):
            try:
                return texts_matching(schema["pattern"]).filter(
                    lambda text: least <= len(text) and (most is None or len(text) <= most)
                )
            except (re.error, OverflowError):
                pass
        maker = _FORMATS.get(str(schema.get("format")))
        if maker is not None:
            return maker()
        ordinary = st.text(_ORDINARY, min_size=least, max_size=highest)
        return st.one_of(ordinary, ordinary, st.text(_EVERYTHING, min_size=least, max_size=highest))

    def arrays(self, schema: Schema, depth: int) -> Strategy:
        """Arrays, short ones above all."""
        first = schema.get("prefixItems")
        if isinstance(first, list):
            return st.tuples(*(self.make(item, depth + 1) for item in first)).map(list)
        least = int(schema.get("minItems", 0))
        most = min(
            int(schema.get("maxItems", _MOST_ITEMS)), max(least, _MOST_ITEMS if depth < 3 else 3)
        )
        items = self.make(schema.get("items", True), depth + 1)
        unique = repr if schema.get("uniqueItems") is True else None
        if depth >= _MOST_DEPTH and least == 0:
            return st.just([])
        return st.lists(items, min_size=least, max_size=max(least, most), unique_by=unique)

    def objects(self, schema: Schema, depth: int) -> Strategy:
        """Objects with their properties, and maps."""
        properties = schema.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        needed = schema.get("required")
        needed = set(needed) if isinstance(needed, list) else set()
        made = {name: self._named(name, one, depth + 1) for name, one in properties.items()}
        required = {name: one for name, one in made.items() if name in needed}
        optional = {name: one for name, one in made.items() if name not in needed}
        further = schema.get("additionalProperties", not properties)
        if properties or further is False:
            return st.fixed_dictionaries(required, optional=optional)
        least = int(schema.get("minProperties", 0))
        most = min(int(schema.get("maxProperties", 5)), max(least, 5))
        keys = st.one_of(st.sampled_from(_KEYS), st.text(_ORDINARY, max_size=12))
        return st.dictionaries(
            keys, self.make(further, depth + 1), min_size=least, max_size=max(least, most)
        )

    def _named(self, name: str, schema: Schema, depth: int) -> Strategy:
        made = self.make(schema, depth)
        known = self._known.get(name)
        return st.one_of(st.sampled_from(known), made) if known else made

    def booleans(self, _schema: Schema, _depth: int) -> Strategy:
        """True and false."""
        return st.booleans()

    def nulls(self, _schema: Schema, _depth: int) -> Strategy:
        """Null."""
        return st.none()


def whole_bounds(schema: Schema) -> tuple[int, int]:
    """Give the least and the greatest whole number a schema takes, within what JSON keeps exact."""
    least = max(math.ceil(schema.get("minimum", -MAX_INTEGER)), -MAX_INTEGER)
    most = min(math.floor(schema.get("maximum", MAX_INTEGER)), MAX_INTEGER)
    if "exclusiveMinimum" in schema:
        least = max(least, math.floor(schema["exclusiveMinimum"]) + 1)
    if "exclusiveMaximum" in schema:
        most = min(most, math.ceil(schema["exclusiveMaximum"]) - 1)
    return least, most


def real_bounds(schema: Schema) -> tuple[float, float, bool, bool]:
    """Give the bounds of a number, and whether each is itself left out.

    Beyond 2^53 every float is whole, and no call may hold such a number.
    """
    least, most = schema.get("minimum"), schema.get("maximum")
    above = "exclusiveMinimum" in schema and (least is None or schema["exclusiveMinimum"] >= least)
    below = "exclusiveMaximum" in schema and (most is None or schema["exclusiveMaximum"] <= most)
    least = schema["exclusiveMinimum"] if above else least
    most = schema["exclusiveMaximum"] if below else most
    low = -MAX_INTEGER if least is None else max(least, -MAX_INTEGER)
    high = MAX_INTEGER if most is None else min(most, MAX_INTEGER)
    return float(low), float(high), above, below


def _dates() -> Strategy:
    return st.dates(date(1900, 1, 1), date(2100, 12, 31)).map(date.isoformat)


def _moments() -> Strategy:
    made = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc))  # noqa: DTZ001, UP017 - the zone is added
    return made.map(lambda moment: moment.isoformat().replace("+00:00", "Z"))


_LETTERS = st.text(string.ascii_lowercase, min_size=1, max_size=8)
_FORMATS: dict[str, Callable[[], Strategy]] = {
    "date": _dates,
    "date-time": _moments,
    "uuid": lambda: st.uuids().map(str),
    "email": lambda: st.tuples(_LETTERS, _LETTERS).map(lambda two: f"{two[0]}@{two[1]}.example"),
    "uri": lambda: st.tuples(_LETTERS, _LETTERS).map(
        lambda two: f"https://{two[0]}.example/{two[1]}"
    ),
    "ipv4": lambda: st.ip_addresses(v=4).map(str),
    "ipv6": lambda: st.ip_addresses(v=6).map(str),
    "time": lambda: st.times().map(lambda moment: f"{moment.isoformat('seconds')}Z"),
}
_MAKERS: dict[str, Callable[[_Maker, Schema, int], Strategy]] = {
    "integer": _Maker.integers,
    "number": _Maker.numbers,
    "string": _Maker.texts,
    "array": _Maker.arrays,
    "object": _Maker.objects,
    "boolean": _Maker.booleans,
    "null": _Maker.nulls,
}
