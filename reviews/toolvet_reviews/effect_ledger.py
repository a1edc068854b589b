"""The effect ledger of a revision: what it declares, what was seen of it, and where they differ.

It covers the paths that examples and tests took, and says so; what a tool may do when it is called
is enforced by the walls, not by this page. Pure; no I/O.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from toolvet_reviews.bundle import Effects, NetworkRule
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.fields import Table
from toolvet_reviews.values import Json, JsonObject

LEDGER_SCHEMA = "toolvet/effects/v1"
MOST_ENTRIES = 200
MOST_WAYS = 8
"""Different things done with one effect that are spelled out."""
_LONGEST = 400

Area = Literal["network", "files", "store", "tools", "secrets", "processes", "system"]
"""`system`: calls to the kernel that no tool has a use for."""
Observer = Literal["walls", "strace", "hook"]
"""Who watched files, processes and sockets. `hook` is the interpreter of the watched process
itself, hence a claim; `walls` means that there was nothing in reach."""
Verdict = Literal["seen", "unseen", "undeclared", "unclear"]
"""`unclear`: something was tried, refused, and no line of the bundle is known to have asked."""


@dataclass(frozen=True)
class Observed:
    """One thing that runs did or tried."""

    area: Area
    name: str
    """As the declaration writes it, where it is declared: a host with its port, a collection, …"""
    how: str = ""
    """What was done with it: `read`, `GET /v1/clients`, `mail to 3`."""
    refused: bool = False
    """The walls or the fakes kept it from happening."""
    path: str = ""
    """File in the bundle that caused it, or empty. A claim of the watched process, as `line` is."""
    line: int = 0
    is_certain: bool = True
    """False for what runtimes and libraries try by themselves, too."""
    count: int = 1


@dataclass(frozen=True)
class Entry:
    """One effect, and how declaration and observation stand to each other."""

    area: Area
    name: str
    verdict: Verdict
    ways: tuple[str, ...] = ()
    """What was done with it, each way once."""
    count: int = 0
    """How often it was seen."""
    refused: int = 0
    """How often of these it was kept from happening."""
    path: str = ""
    line: int = 0


@dataclass(frozen=True)
class Ledger:
    """Everything declared and everything seen, once each."""

    entries: tuple[Entry, ...]
    watched_by: Observer
    runs: int
    """Runs of the tool that were looked at."""
    left_out: int = 0
    """Entries beyond the most that are kept."""

    def having(self, verdict: Verdict) -> tuple[Entry, ...]:
        """List the entries of one verdict."""
        return tuple(entry for entry in self.entries if entry.verdict == verdict)


def declared(effects: Effects, processes: int = 0) -> tuple[tuple[Area, str], ...]:
    """Name everything a specification declares.

    Args:
        effects: Of the specification.
        processes: As its limits allow.
    """
    by_area: dict[Area, list[str]] = {
        "network": [rule_name(rule) for rule in effects.network],
        "files": [mount.name for mount in effects.files],
        "store": [*effects.store],
        "tools": [*effects.tools],
        "secrets": [*effects.visible_secrets],
        "processes": ["processes"] if processes else [],
    }
    names: list[tuple[Area, str]] = [
        (area, name) for area, found in by_area.items() for name in found
    ]
    return tuple(dict.fromkeys(names))


def rule_name(rule: NetworkRule) -> str:
    """Name a declared host as observations name it."""
    return f"{rule.host}:{rule.port}"


def reconcile(
    promised: Iterable[tuple[Area, str]],
    observed: Iterable[Observed],
    *,
    watched_by: Observer,
    runs: int,
) -> Ledger:
    """Hold what was seen against what was declared.

    Returns:
        A ledger with the undeclared first, then the unclear, the unseen and the seen.
    """
    found: dict[tuple[Area, str], Entry] = {
        (area, name): Entry(area, name, "unseen") for area, name in promised
    }
    expected = frozenset(found)
    for one in gathered(observed):
        key = (one.area, one.name)
        found[key] = _noted(found.get(key), one, is_declared=key in expected)
    order: tuple[Verdict, ...] = ("undeclared", "unclear", "unseen", "seen")
    entries = sorted(found.values(), key=lambda entry: order.index(entry.verdict))
    return Ledger(
        tuple(entries[:MOST_ENTRIES]), watched_by, runs, max(0, len(entries) - MOST_ENTRIES)
    )


def _noted(entry: Entry | None, one: Observed, *, is_declared: bool) -> Entry:
    entry = entry or Entry(one.area, one.name, "unclear")
    ways = dict.fromkeys((*entry.ways, *([one.how] if one.how else [])))
    noted = replace(
        entry,
        ways=tuple(ways)[:MOST_WAYS],
        count=entry.count + one.count,
        refused=entry.refused + one.count * one.refused,
        path=entry.path or one.path,
        line=entry.line if entry.path else one.line,
    )
    if is_declared:
        return replace(noted, verdict="seen")
    sure = entry.verdict == "undeclared" or one.is_certain or bool(one.path)
    return replace(noted, verdict="undeclared" if sure else "unclear")


def gathered(observed: Iterable[Observed]) -> tuple[Observed, ...]:
    """Count what is the same once; at most `MOST_ENTRIES` different ones are kept."""
    counts: dict[Observed, int] = {}
    for one in observed:
        same = replace(_capped(one), count=1)
        counts[same] = counts.get(same, 0) + one.count
    kept = list(counts.items())[:MOST_ENTRIES]
    return tuple(replace(one, count=count) for one, count in kept)


def _capped(one: Observed) -> Observed:
    return replace(one, name=one.name[:_LONGEST], how=one.how[:_LONGEST], path=one.path[:_LONGEST])


# --- as evidence carries it ------------------------------------------------------------------


def observed_to_json(one: Observed) -> JsonObject:
    """Write one observation."""
    return {
        "area": one.area,
        "name": one.name,
        "how": one.how,
        "refused": one.refused,
        "path": one.path,
        "line": one.line,
        "is_certain": one.is_certain,
        "count": one.count,
    }


def observed_from_json(value: Json) -> tuple[Observed, ...] | None:
    """Read a list of observations back; None when it is none."""
    try:
        return Table({"observed": value}).each("observed", _observed, most=MOST_ENTRIES)
    except ReviewError:
        return None


def _observed(table: Table) -> Observed:
    one = Observed(
        area=cast("Area", table.choice("area", get_args(Area))),
        name=table.text("name"),
        how=table.text("how"),
        refused=table.boolean("refused"),
        path=table.text("path"),
        line=table.integer("line"),
        is_certain=table.boolean("is_certain"),
        count=table.integer("count"),
    )
    table.done()
    return one


def to_json(ledger: Ledger) -> JsonObject:
    """Write a ledger."""
    return {
        "schema": LEDGER_SCHEMA,
        "watched_by": ledger.watched_by,
        "runs": ledger.runs,
        "left_out": ledger.left_out,
        "entries": [
            {
                "area": entry.area,
                "name": entry.name,
                "verdict": entry.verdict,
                "ways": [*entry.ways],
                "count": entry.count,
                "refused": entry.refused,
                "path": entry.path,
                "line": entry.line,
            }
            for entry in ledger.entries
        ],
    }


def from_json(value: Json) -> Ledger | None:
    """Read a ledger back; None when it is none."""
    try:
        return _ledger(Table(value, "ledger"))
    except ReviewError:
        return None


def _ledger(table: Table) -> Ledger:
    table.choice("schema", (LEDGER_SCHEMA,))
    ledger = Ledger(
        entries=table.each("entries", _entry, most=MOST_ENTRIES),
        watched_by=cast("Observer", table.choice("watched_by", get_args(Observer))),
        runs=table.integer("runs"),
        left_out=table.integer("left_out"),
    )
    table.done()
    return ledger


def _entry(table: Table) -> Entry:
    entry = Entry(
        area=cast("Area", table.choice("area", get_args(Area))),
        name=table.text("name"),
        verdict=cast("Verdict", table.choice("verdict", get_args(Verdict))),
        ways=table.texts("ways", most=MOST_WAYS, longest=2000),
        count=table.integer("count"),
        refused=table.integer("refused"),
        path=table.text("path", longest=400),
        line=table.integer("line"),
    )
    table.done()
    return entry


# --- in words --------------------------------------------------------------------------------

_WATCHED: dict[Observer, str] = {
    "walls": "nothing was in reach: the walls are the proof",
    "strace": "files, processes and sockets by strace, from outside",
    "hook": "files, processes and sockets by the watched process itself: a claim, not a proof",
}
_AREAS: dict[Area, str] = {
    "network": "host",
    "files": "file",
    "store": "collection",
    "tools": "tool",
    "secrets": "secret",
    "processes": "process",
    "system": "system call",
}


def how_watched(ledger: Ledger) -> str:
    """Say who watched, and what that covers."""
    if ledger.watched_by == "walls":
        return _WATCHED["walls"]
    runs = "1 run" if ledger.runs == 1 else f"{ledger.runs} runs"
    return f"{_WATCHED[ledger.watched_by]}; in {runs}, so only of the paths these took"


def in_words(entry: Entry, *, place: bool = True) -> str:
    """Say in one line what an effect came to; names in it were written by others.

    Args:
        entry: The effect.
        place: Whether to name the line that asked for it.
    """
    what = f"{_AREAS[entry.area]} {entry.name}"
    if entry.verdict == "unseen":
        return f"{what}: declared, never seen"
    times = "once" if entry.count == 1 else f"{entry.count} times"
    kept = ""
    if entry.refused:
        kept = ", refused" if entry.refused == entry.count else f", {entry.refused} refused"
    new = tuple(way for way in entry.ways if way not in entry.name)
    ways = f": {_joined(new)}" if new else ""
    where = f" at {entry.path}:{entry.line}" if place and entry.path else ""
    return f"{what}{ways} ({times}{kept}){where}"


def _joined(ways: Sequence[str]) -> str:
    shown = ", ".join(ways[:3])
    return f"{shown}, …" if len(ways) > 3 else shown
