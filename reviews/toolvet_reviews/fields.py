"""Reading parsed JSON or TOML strictly: every field known, every type right. Pure; no I/O.

`Table` wraps one object. A reader takes the fields it knows and then calls `done()`, which names
what is left over and the nearest field that would have been valid.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from rapidfuzz import process

from toolvet_reviews.errors import MissingFieldError, ReviewError, SpecError, UnknownFieldError
from toolvet_reviews.values import Json, JsonObject

T = TypeVar("T")

_NEAR = 60.0
"""Similarity in percent from which a field is offered as what was meant."""


class Table:
    """One object, read field by field.

    Args:
        value: What should be an object.
        place: Where it is, such as `effects.network[0]`; empty at the top.
        invalid: Class of the error for a wrong type or value.
    """

    def __init__(
        self, value: object, place: str = "", invalid: type[ReviewError] = SpecError
    ) -> None:
        self.place = place
        self._invalid = invalid
        if not isinstance(value, Mapping):
            raise invalid(f"expected a table, got {_kind(value)}", place=place)
        self._values = cast("Mapping[str, object]", value)
        self._known: list[str] = []

    def at(self, name: str) -> str:
        """Name the place of a field."""
        return f"{self.place}.{name}" if self.place else name

    def error(self, name: str, message: str, *, hint: str = "") -> ReviewError:
        """Make the error for one field."""
        return self._invalid(f"{self.at(name)}: {message}", place=self.at(name), hint=hint)

    def has(self, name: str) -> bool:
        """Tell whether a field is there; it counts as known from now on."""
        self._known.append(name)
        return name in self._values

    def raw(self, name: str) -> object:
        """Take a field as it is.

        Raises:
            MissingFieldError: It is not there.
            UnknownFieldError: It is not there, and one is that looks like it.
        """
        if not self.has(name):
            self._check_misspelt(name)
            raise MissingFieldError(f"{self.at(name)} is missing", place=self.at(name))
        return self._values[name]

    def text(self, name: str, default: str | None = None, *, longest: int = 2000) -> str:
        """Take a string; required without a default."""
        if default is not None and not self.has(name):
            return default
        value = self.raw(name)
        if not isinstance(value, str):
            raise self.error(name, f"expected a string, got {_kind(value)}")
        if len(value) > longest:
            raise self.error(name, f"expected at most {longest} characters, got {len(value)}")
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """Take one of a few words; required without a default."""
        value = self.text(name, default)
        if value not in allowed:
            raise self.error(name, f"expected one of {', '.join(allowed)}; got {value[:80]!r}")
        return value

    def integer(
        self, name: str, default: int | None = None, *, least: int = 0, most: int = 2**31
    ) -> int:
        """Take an integer within bounds, both included; required without a default."""
        if default is not None and not self.has(name):
            return default
        value = self.raw(name)
        if type(value) is not int:
            raise self.error(name, f"expected an integer, got {_kind(value)}")
        if not least <= value <= most:
            raise self.error(name, f"expected {least} to {most}, got {value}")
        return value

    def integer_or_none(self, name: str, *, least: int = 0, most: int = 2**31) -> int | None:
        """Take an integer, or None when the field is not there."""
        return self.integer(name, least=least, most=most) if self.has(name) else None

    def boolean(self, name: str, *, default: bool | None = None) -> bool:
        """Take true or false; required without a default."""
        if default is not None and not self.has(name):
            return default
        value = self.raw(name)
        if not isinstance(value, bool):
            raise self.error(name, f"expected true or false, got {_kind(value)}")
        return value

    def texts(self, name: str, *, most: int = 64, longest: int = 200) -> tuple[str, ...]:
        """Take a list of different strings; empty when the field is not there."""
        if not self.has(name):
            return ()
        value = self.raw(name)
        if not isinstance(value, (list, tuple)) or not all(
            isinstance(item, str) for item in cast("list[object]", value)
        ):
            raise self.error(name, "expected a list of strings")
        items = cast("list[str]", value)
        if len(items) > most or any(len(item) > longest for item in items):
            raise self.error(name, f"expected at most {most} strings of {longest} characters")
        if len(set(items)) != len(items):
            raise self.error(name, "names one twice")
        return tuple(items)

    def object(self, name: str) -> JsonObject:
        """Take an object of any content; required."""
        value = self.raw(name)
        if not isinstance(value, Mapping):
            raise self.error(name, f"expected a table, got {_kind(value)}")
        return dict(cast("Mapping[str, Json]", value))

    def table(self, name: str) -> "Table":
        """Take a table; an empty one when the field is not there."""
        value: object = self.raw(name) if self.has(name) else dict[str, object]()
        return Table(value, self.at(name), self._invalid)

    def each(self, name: str, read: Callable[["Table"], T], *, most: int = 64) -> tuple[T, ...]:
        """Take a list of tables; empty when the field is not there."""
        if not self.has(name):
            return ()
        value = self.raw(name)
        if not isinstance(value, (list, tuple)):
            raise self.error(name, f"expected a list, got {_kind(value)}")
        items = cast("list[object]", value)
        if len(items) > most:
            raise self.error(name, f"expected at most {most}, got {len(items)}")
        return tuple(
            read(Table(item, f"{self.at(name)}[{index}]", self._invalid))
            for index, item in enumerate(items)
        )

    def done(self) -> None:
        """Refuse what nobody asked for.

        Raises:
            UnknownFieldError: A field is left over; the hint names the nearest valid one.
        """
        for name in self._values:
            if name not in self._known:
                raise UnknownFieldError(
                    f"{self.at(name[:80])} is no field here",
                    place=self.at(name[:80]),
                    hint=self._nearest(name),
                )

    def _check_misspelt(self, name: str) -> None:
        strange = [key[:80] for key in self._values if key not in self._known]
        best = process.extractOne(name, strange, score_cutoff=_NEAR)
        if best is not None:
            raise UnknownFieldError(
                f"{self.at(best[0])} is no field here",
                place=self.at(best[0]),
                hint=f"Did you mean {name!r}?",
            )

    def _nearest(self, name: str) -> str:
        best = process.extractOne(name[:80], self._known, score_cutoff=_NEAR)
        if best is not None:
            return f"Did you mean {best[0]!r}?"
        return f"Fields here: {', '.join(sorted(set(self._known)))}."


def _kind(value: object) -> str:
    for kind, word in _WORDS.items():
        if isinstance(value, kind):
            return word
    return "another type"


_WORDS: dict[type, str] = {
    bool: "true or false",
    str: "a string",
    int: "an integer",
    float: "a float",
    list: "a list",
    dict: "a table",
    type(None): "null",
}
