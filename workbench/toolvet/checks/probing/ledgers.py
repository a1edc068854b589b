"""What runs left behind, as a ledger, and two ledgers side by side. Pure; no I/O.

The ledger of an undisturbed run says what is meant to happen. Where two undisturbed runs differ from
each other, such as in a time that was written down, nothing is held against a disturbed one.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from toolvet.checks.taps import Happened
from toolvet_reviews.values import Json
from toolvet_reviews.words import one_line

Sort = Literal["more", "less", "other"]
Area = Literal["mail", "request", "record", "file", "letter"]

MOST_DIFFERENCES = 40
_CONTENT = "\n"
"""Between a name and a content; no recipient and no address holds it."""
_BOOKKEEPING = re.compile(
    r"(attempt|tries|retry|retries|runs|resum\w*|resent|seen|touched|updated|modified|time|date"
    r"|started|finished|_at|_on|_ms|duration|elapsed|worker|version|revision)s?$",
    re.IGNORECASE,
)
"""Fields in which a run that goes on may honestly differ from one that was never broken off."""


class Difference(NamedTuple):
    """One line in which two ledgers differ."""

    sort: Sort
    area: Area
    name: str
    want: int = 1
    got: int = 1
    place: str = ""
    """In a record: where it differs."""
    shown: str = ""
    """Both contents there, in short."""

    @property
    def words(self) -> str:
        """Write it as a line for people."""
        name = one_line(self.name, 120)
        if self.sort == "other":
            where = one_line(self.place, 60)
            return f"~ {self.area} {name}{where}: {self.shown or 'other content'}"
        sign = "+" if self.sort == "more" else "-"
        return f"{sign} {self.area} {name}: {self.got} instead of {self.want}"


@dataclass(frozen=True)
class Ledger:
    """All that outlasts the runs of one trial."""

    happened: tuple[Happened, ...]
    records: Mapping[str, Json]
    """By collection and key."""
    files: Mapping[str, str]
    """Digests, by folder and path."""
    steps: Mapping[str, str]
    """Of `ctx.once`, by key: `done`, or `uncertain` when nobody knows what came of it."""

    @property
    def open_steps(self) -> list[str]:
        """Name the steps of which nobody knows what came of them."""
        return [key for key, state in self.steps.items() if state != "done"]

    def mails(self, *, content: bool = False) -> Counter[str]:
        """Count mails by recipient, and by content if asked to."""
        return Counter(
            f"to {who.lower()}{_CONTENT + one.what if content else ''}"
            for one in self.happened
            if one.kind == "mail"
            for who in one.targets
        )

    def requests(self, *, content: bool = False) -> Counter[str]:
        """Count requests as often as the other side acts on them, by method and address."""
        counted: Counter[str] = Counter()
        keys: set[tuple[str, str]] = set()
        for one in self.happened:
            if one.kind != "request":
                continue
            name = f"{one.name}{_CONTENT}{one.what}" if content else one.name
            if one.repeats:
                counted[name] = 1
            elif not one.key or (name, one.key) not in keys:
                keys.add((name, one.key))
                counted[name] += 1
        return counted

    def letters(self) -> Counter[str]:
        """Count dead letters by what they are about."""
        return Counter(one.what for one in self.happened if one.kind == "letter")


@dataclass(frozen=True)
class Noise:
    """In what undisturbed runs differ from each other."""

    collections: frozenset[str] = frozenset()
    """Whose keys differ: their records are only counted."""
    places: frozenset[tuple[str, str]] = frozenset()
    """Record, and place in it."""
    files: frozenset[str] = frozenset()


def noise_of(one: Ledger, other: Ledger) -> Noise:
    """Tell in what two undisturbed runs with the same arguments differ."""
    keys = one.records.keys() ^ other.records.keys()
    both = one.records.keys() & other.records.keys()
    places = {
        (key, place) for key in both for place in places_of(one.records[key], other.records[key])
    }
    files = {
        path
        for path in one.files.keys() | other.files.keys()
        if one.files.get(path) != other.files.get(path)
    }
    return Noise(frozenset(map(collection_of, keys)), frozenset(places), frozenset(files))


def differences(want: Ledger, got: Ledger, noise: Noise) -> list[Difference]:
    """Hold what disturbed runs left against what an undisturbed one leaves."""
    found = [
        *_counted("mail", want.mails(), got.mails()),
        *_counted("request", want.requests(), got.requests()),
        *_counted("letter", want.letters(), got.letters(), only_more=True),
        *_in_records(want, got, noise),
        *_in_files(want, got, noise),
    ]
    named = {one.name for one in found if one.sort == "more"}
    equal = [
        *_again("mail", want.mails(content=True), got.mails(content=True)),
        *_again("request", want.requests(content=True), got.requests(content=True)),
    ]
    found += [one for one in equal if one.name not in named]
    return found[:MOST_DIFFERENCES]


def repeated(want: Ledger, got: Ledger) -> list[Difference]:
    """Tell only what happened again though an undisturbed run does it so often: for grown calls."""
    mails = _again("mail", want.mails(), got.mails())
    requests = _again("request", want.requests(content=True), got.requests(content=True))
    return [*mails, *requests][:MOST_DIFFERENCES]


def collection_of(record: str) -> str:
    """Name the collection of a record."""
    return record.partition("/")[0]


def places_of(one: Json, other: Json, place: str = "") -> Iterator[str]:
    """Yield the places in which two values differ, as JSON pointers."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            if name in one and name in other:
                yield from places_of(one[name], other[name], f"{place}/{name}")
            else:
                yield f"{place}/{name}"
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from places_of(left, right, f"{place}/{index}")
    elif one != other or isinstance(one, bool) != isinstance(other, bool):
        yield place


def at(value: Json, place: str) -> Json:
    """Take what stands at a place; None where nothing does."""
    for part in place.split("/")[1:]:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _short(value: Json) -> str:
    return one_line(json.dumps(value), 60)


def _counted(
    area: Area, want: Counter[str], got: Counter[str], *, only_more: bool = False
) -> Iterator[Difference]:
    for name in sorted(want.keys() | got.keys()):
        if got[name] > want[name]:
            yield Difference("more", area, name, want[name], got[name])
        elif got[name] < want[name] and not only_more:
            yield Difference("less", area, name, want[name], got[name])


def _again(area: Area, want: Counter[str], got: Counter[str]) -> Iterator[Difference]:
    """Yield what is meant to happen and happened more often; its name without its content."""
    for name in sorted(want):
        if got[name] > want[name]:
            shown = name.partition(_CONTENT)[0]
            yield Difference("more", area, shown, want[name], got[name])


def _in_records(want: Ledger, got: Ledger, noise: Noise) -> Iterator[Difference]:
    for name in sorted(want.records.keys() | got.records.keys()):
        if collection_of(name) in noise.collections:
            continue
        if name not in got.records:
            yield Difference("less", "record", name, 1, 0)
        elif name not in want.records:
            yield Difference("more", "record", name, 0, 1)
        else:
            yield from _in_record(name, want.records[name], got.records[name], noise)
    for collection in sorted(noise.collections):
        one, other = _size(want.records, collection), _size(got.records, collection)
        if one != other:
            sort: Sort = "more" if other > one else "less"
            yield Difference(sort, "record", f"{collection}/*", one, other)


def _in_record(name: str, want: Json, got: Json, noise: Noise) -> Iterator[Difference]:
    for place in places_of(want, got):
        if (name, place) not in noise.places and not _BOOKKEEPING.search(place):
            shown = f"{_short(at(got, place))} instead of {_short(at(want, place))}"
            yield Difference("other", "record", name, place=place, shown=shown)
            return


def _in_files(want: Ledger, got: Ledger, noise: Noise) -> Iterator[Difference]:
    for path in sorted((want.files.keys() | got.files.keys()) - noise.files):
        if path not in got.files:
            yield Difference("less", "file", path, 1, 0)
        elif path not in want.files:
            yield Difference("more", "file", path, 0, 1)
        elif want.files[path] != got.files[path]:
            yield Difference("other", "file", path)


def _size(names: Iterable[str], collection: str) -> int:
    return sum(collection_of(name) == collection for name in names)
