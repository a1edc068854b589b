"""What a valid customer record is, and the one form each field is written in."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

Values = dict[str, str]
"""Field to normalised text, every field of `FIELDS` present."""

FIELDS: Final = ("customer_id", "updated_at", "name", "email", "phone", "country")

_CUSTOMER_ID: Final = re.compile(r"[A-Z]{1,4}-[0-9]{1,10}")
_EMAIL: Final = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}")
_PHONE_NOISE: Final = re.compile(r"[ ()./-]")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")

_CALLING_CODES: Final = {
    "AT": "43",
    "BE": "32",
    "CH": "41",
    "DE": "49",
    "ES": "34",
    "FR": "33",
    "GB": "44",
    "IT": "39",
    "NL": "31",
    "PL": "48",
}

_TRUNK_ZERO_STAYS: Final = frozenset({"IT"})
"""Countries whose leading zero is part of the number and is dialled from abroad too."""

_COUNTRIES: Final = {
    "austria": "AT",
    "österreich": "AT",
    "belgium": "BE",
    "switzerland": "CH",
    "schweiz": "CH",
    "germany": "DE",
    "deutschland": "DE",
    "spain": "ES",
    "españa": "ES",
    "france": "FR",
    "united kingdom": "GB",
    "great britain": "GB",
    "uk": "GB",
    "italy": "IT",
    "italia": "IT",
    "netherlands": "NL",
    "nederland": "NL",
    "poland": "PL",
    "polska": "PL",
}


@dataclass(frozen=True)
class Problem:
    """The first rule that a record breaks."""

    field: str
    reason: str


class _InvalidError(Exception):
    """A value that cannot be repaired."""


def normalised(raw: Mapping[str, str]) -> Values | Problem:
    """Write every field of a record in its one form.

    Args:
        raw: Field to text as it came in.

    Returns:
        The values, which this function leaves as they are when given them again; or the first
        problem. Repair never guesses: what is not clearly right is a problem.
    """
    values: Values = {}
    for field in FIELDS:
        try:
            values[field] = _RULES[field](_clean(raw[field]))
        except _InvalidError as error:
            return Problem(field, str(error))
    try:
        values["phone"] = _phone(values["phone"], values["country"])
    except _InvalidError as error:
        return Problem("phone", str(error))
    return values


def _clean(text: str) -> str:
    """Compose accents, drop what cannot be seen, and fold white space."""
    composed = unicodedata.normalize("NFC", text)
    seen = "".join(char for char in composed if char.isprintable() or char.isspace())
    return " ".join(seen.split())


def _customer_id(text: str) -> str:
    identifier = text.upper().replace(" ", "")
    if not _CUSTOMER_ID.fullmatch(identifier):
        raise _InvalidError("expected letters, a hyphen and digits, such as C-1001")
    return identifier


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _InvalidError("expected an ISO 8601 date or time, such as 2026-11-03") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        raise _InvalidError("the time is out of range") from None
    return utc.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _name(text: str) -> str:
    """Keep the spelling; only a name in one case throughout is capitalised."""
    return text.title() if text.isupper() or text.islower() else text


def _email(text: str) -> str:
    address = text.lower().removeprefix("mailto:")
    if address and not _EMAIL.fullmatch(address):
        raise _InvalidError("not an e-mail address")
    return address


def _country(text: str) -> str:
    country = _COUNTRIES.get(text.lower(), text.upper())
    if country and country not in _CALLING_CODES:
        raise _InvalidError("not a country this tool knows")
    return country


def _as_it_is(text: str) -> str:
    return text


def _phone(text: str, country: str) -> str:
    """Write a number in E.164; a national one needs the country."""
    international = text.startswith(("+", "00"))
    # "+49 (0)30 …": the zero is for callers inside the country only.
    number = _PHONE_NOISE.sub("", text.replace("(0)", "") if international else text)
    if not number:
        return ""
    if number.startswith("00"):
        number = "+" + number[2:]
    elif number.startswith("0"):
        if not country:
            raise _InvalidError("a national number without a country")
        national = number if country in _TRUNK_ZERO_STAYS else number[1:]
        number = f"+{_CALLING_CODES[country]}{national}"
    if not _PHONE.fullmatch(number):
        raise _InvalidError("not a phone number in international or national form")
    return number


_RULES: Final[dict[str, Callable[[str], str]]] = {
    "customer_id": _customer_id,
    "updated_at": _moment,
    "name": _name,
    "email": _email,
    "phone": _as_it_is,  # needs the country, which comes later
    "country": _country,
}
