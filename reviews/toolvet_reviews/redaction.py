"""Recorded calls without what they were about: type, length and equality stay. Pure; no I/O.

Every word, number and date is replaced by another one of its form, chosen by HMAC-SHA-256 under a
secret of the home: equal words stay equal, in arguments, results and stored records alike, in
capitals or not, and also inside longer texts, so that a key made of an address still holds that
address. What the schema itself says, names of fields and values of enumerations, is no data and stays.

It is pseudonymisation and not anonymisation: who holds the secret can test a guess, and how often a
word comes and how long it is can be seen.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from typing import cast

from toolvet_reviews import canonical
from toolvet_reviews.values import Json, JsonObject

_TOKEN = re.compile(
    r"(?P<date>\b[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9]))T?"
    r"|(?P<time>(?<![0-9:])[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?![0-9:]))(?:\.[0-9]{1,9})?Z?"
    r"|(?P<word>[^\W_]+)"
)
"""No alternative repeats a repetition: time is linear in the text."""
_DIGIT = re.compile(r"[0-9]")
_HEX = re.compile(r"(?=[0-9a-fA-F]*[0-9])(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{4,}\Z")
_LOWER, _UPPER = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER_FAR, _UPPER_FAR = "àâäçéèêëîïôöùûüñåøæß", "ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜÑÅØÆŠ"
_DEEPEST = 64
_MOST_BRANCHES = 64


class Redactor:
    """Replaces values by others of their form, always alike.

    Args:
        secret: At least 16 bytes that never leave the home.
        is_known: Tells of a whole text whether the tool's own code says it, such as the name of a
            template: then it is no data either, and stays.
    """

    def __init__(self, secret: bytes, is_known: Callable[[str], bool] | None = None) -> None:
        self._secret = secret
        self._is_known = is_known or _nothing

    def arguments(self, value: JsonObject, schema: Json) -> JsonObject:
        """Redact the arguments of a call."""
        return cast("JsonObject", self.value(value, schema))

    def value(self, value: Json, schema: Json = None) -> Json:
        """Redact one value.

        Args:
            value: Canonical JSON.
            schema: What describes it, as JSON Schema; None when nothing does.
        """
        return self._value(value, schema, schema if isinstance(schema, dict) else {}, _DEEPEST)

    def text(self, text: str) -> str:
        """Redact a text: punctuation and blanks stay, words become others of their form."""
        return _TOKEN.sub(self._token, text)

    def _value(self, value: Json, schema: Json, root: JsonObject, room: int) -> Json:
        if value is None or isinstance(value, bool) or room == 0:
            return value if room else None
        branches = list(_branches(schema, root))
        if any(_is_public(value, branch) for branch in branches):
            return value
        if isinstance(value, dict):
            return {
                self._name(name, branches): self._value(
                    item, _of_property(name, branches), root, room - 1
                )
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [
                self._value(item, _of_item(place, branches), root, room - 1)
                for place, item in enumerate(value)
            ]
        if isinstance(value, str):
            return value if self._is_known(value) else self.text(value)
        return _within(self._number(value), branches)

    def _name(self, name: str, branches: list[JsonObject]) -> str:
        known = any(name in _object(branch.get("properties")) for branch in branches)
        return name if known or self._is_known(name) else self.text(name)

    # --- words and numbers -----------------------------------------------------------------------

    def _number(self, value: float) -> int | float:
        if value == 0:
            return value
        digits = repr(abs(value))
        if isinstance(value, float) and ("e" in digits or "n" in digits):
            return value
        whole = "".join(self._digits(part) for part in re.split(r"(\.)", digits))
        sign = -1 if value < 0 else 1
        found = int(whole) if isinstance(value, int) else float(whole)
        if found > canonical.MAX_INTEGER:  # as many digits, and still a number of canonical JSON
            found = _LEAST_OF_MOST + int(found) % (canonical.MAX_INTEGER + 1 - _LEAST_OF_MOST)
        return sign * found

    def _digits(self, text: str) -> str:
        """Replace a run of digits; zero stays, and so does a leading zero."""
        if not text.isdigit() or not int(text):
            return text
        stream = self._stream("digits", text)
        return "".join(_digit(mark, next(stream), place) for place, mark in enumerate(text))

    def _token(self, found: re.Match[str]) -> str:
        kind = found.lastgroup or ""
        text = found[kind]
        after = _DIGIT.sub("0", found.group()[len(text) :])  # fraction, T and Z of a time stamp
        stream = self._stream(kind, text.casefold())
        match kind:
            case "date":
                year, month, day = 2000 + next(stream) % 40, next(stream) % 12, next(stream) % 28
                return f"{year}-{month + 1:02}-{day + 1:02}{after}"
            case "time":
                parts = [f"{next(stream) % 24:02}"]
                parts += [f"{next(stream) % 60:02}" for _ in text.split(":")[1:]]
                return ":".join(parts) + after
            case _:
                is_hex = _HEX.match(text) is not None
                return "".join(
                    _letter(mark, next(stream), place, is_hex=is_hex)
                    for place, mark in enumerate(text)
                )

    def _stream(self, kind: str, text: str) -> Iterator[int]:
        """Give numbers without end that only text and secret decide."""
        folded = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        seed = hmac.digest(self._secret, folded, "sha256")
        round_ = 0
        while True:
            yield from hashlib.sha256(seed + round_.to_bytes(4, "big")).digest()
            round_ += 1


def _nothing(_text: str) -> bool:
    return False


_LEAST_OF_MOST = 10 ** (len(str(canonical.MAX_INTEGER)) - 1)


def _digit(mark: str, chance: int, place: int) -> str:
    if not mark.isascii():
        return mark
    if place == 0:
        return "0" if mark == "0" else str(1 + chance % 9)
    return str(chance % 10)


def _letter(mark: str, chance: int, place: int, *, is_hex: bool) -> str:
    if mark.isdigit():
        return _digit(mark, chance, place)
    upper, lower = (_UPPER, _LOWER) if mark.isascii() else (_UPPER_FAR, _LOWER_FAR)
    letters = upper if mark.isupper() else lower
    return letters[chance % (6 if is_hex else len(letters))]


# --- what the schema says ----------------------------------------------------------------------


def _branches(schema: Json, root: JsonObject) -> Iterator[JsonObject]:
    """Walk a schema and everything it stands for: references, alternatives, conjunctions."""
    waiting, seen = [schema], 0
    while waiting and seen < _MOST_BRANCHES:
        one, seen = waiting.pop(), seen + 1
        if not isinstance(one, dict):
            continue
        yield one
        reference = one.get("$ref")
        if isinstance(reference, str):
            waiting.append(_resolved(reference, root))
        for name in ("anyOf", "oneOf", "allOf"):
            inner = one.get(name)
            waiting += inner if isinstance(inner, list) else []


def _resolved(reference: str, root: JsonObject) -> Json:
    value: Json = root
    for part in reference.removeprefix("#/").split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _is_public(value: Json, branch: JsonObject) -> bool:
    """Tell whether the schema itself names the value."""
    listed = branch.get("enum")
    is_listed = isinstance(listed, list) and any(_same(value, one) for one in listed)
    return is_listed or ("const" in branch and _same(value, branch["const"]))


def _same(one: Json, other: Json) -> bool:
    return type(one) is type(other) and one == other


def _of_property(name: str, branches: list[JsonObject]) -> Json:
    for branch in branches:
        properties = _object(branch.get("properties"))
        if name in properties:
            return properties[name]
    return next((b["additionalProperties"] for b in branches if "additionalProperties" in b), None)


def _of_item(place: int, branches: list[JsonObject]) -> Json:
    for branch in branches:
        first = branch.get("prefixItems")
        if isinstance(first, list) and place < len(first):
            return first[place]
    return next((branch["items"] for branch in branches if "items" in branch), None)


def _within(value: float, branches: list[JsonObject]) -> int | float:
    """Fold a number into the bounds of the schema, as far as it has some."""
    least = _bound(branches, "minimum", "exclusiveMinimum")
    most = _bound(branches, "maximum", "exclusiveMaximum")
    if isinstance(value, int) and least is not None and most is not None and most > least:
        low, high = int(least), int(most)
        return value if low <= value <= high else low + value % (high - low + 1)
    if least is not None and value < least:
        return type(value)(least)
    if most is not None and value > most:
        return type(value)(most)
    return value


def _bound(branches: list[JsonObject], *names: str) -> float | None:
    for branch in branches:
        for name in names:
            bound = branch.get(name)
            if isinstance(bound, int | float) and not isinstance(bound, bool):
                return bound
    return None


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
