"""What a policy asks of evidence, and what an organisation brings itself: its newer tables. Pure; no I/O.

A policy that was written before these tables stands as it is. What it does not say is then asked as
strictly as the strictest preset asks it: a demand that nobody wrote down never gets laxer by age.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from toolvet_reviews.fields import Table
from toolvet_reviews.values import EFFECT_KINDS, EffectKind

Expired = Literal["queue", "stop"]
"""What an expired waiver does to a release that serves."""

_DIGEST = r"sha256:[0-9a-f]{64}"
_OWN_RULES = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.-]{{0,63}} {_DIGEST}")
_HELD_OUT = re.compile(rf"[a-z0-9_]{{1,64}}/[a-z][a-z0-9_]{{0,63}} {_DIGEST}")
_PACK = re.compile(r"[pr]/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MOST_OWN = 16
_MOST_HELD_OUT = 500
_LONGEST_DAYS = 3650


@dataclass(frozen=True)
class Thresholds:
    """What evidence has to reach, for one effect kind."""

    mutation_score: int = 0
    """Percent of mutants that the author's tests must notice; 0 shows the score and asks nothing."""
    branch_coverage: int = 0
    """Percent of branches that the author's tests must run; 0 asks nothing."""
    mutants: int = 60
    """Most mutants that are tried; of more, a sample."""
    repeats: int = 2
    """How often the author's tests are run, in another order each time, to find flaky ones."""
    properties: int = 100
    """Argument sets that are generated."""
    kills: int = 12
    """Most points at which a writing tool is killed and run again."""


@dataclass(frozen=True)
class Recorded:
    """What is kept of calls, to hold a new version against them."""

    calls: int = 0
    """Most of one release; 0 keeps nothing."""
    days: int = 30
    redact: str = "shape"
    """`shape` keeps type, length and equality of texts and numbers, `none` keeps them as they are."""


@dataclass(frozen=True)
class WaiverRule:
    """Who may overrule a finding, for how long, and which findings nobody can."""

    people: int
    """How many people a waiver needs, the voter included."""
    never: tuple[str, ...]
    """Rules of findings nobody can overrule; a last `*` stands for any ending."""
    days: int
    """The longest a waiver may stand."""
    expired: Expired


@dataclass(frozen=True)
class ReviewTimes:
    """How long a proposal may wait."""

    due_hours: Mapping[EffectKind, int] = field(
        default_factory=lambda: dict.fromkeys(EFFECT_KINDS, 24)
    )
    """Hours of waiting for reviewers after which it is overdue, by kind."""
    ttl_days: int = 30
    """Days without a move after which it goes back to its author; 0 lets it lie."""


STRICTEST: Mapping[EffectKind, Thresholds] = {
    "pure": Thresholds(),
    "read": Thresholds(mutation_score=30, repeats=3),
    "write": Thresholds(mutation_score=60, repeats=3),
    "destructive": Thresholds(mutation_score=70, repeats=3),
}
"""For a policy without the table `thresholds`: what `regulated` asks."""

STRICTEST_DAYS = 30
STRICTEST_EXPIRED: Expired = "stop"
"""For a policy whose table `waivers` says neither how long nor what then."""


def thresholds(table: Table) -> dict[EffectKind, Thresholds]:
    """Read `thresholds`: a table for each effect kind, with what is asked of it."""
    found: dict[EffectKind, Thresholds] = {}
    for kind in EFFECT_KINDS:
        found[kind] = _of_kind(table.table(kind), STRICTEST[kind])
    table.done()
    return found


def _of_kind(table: Table, strictest: Thresholds) -> Thresholds:
    found = Thresholds(
        mutation_score=table.integer("mutation_score", strictest.mutation_score, most=100),
        branch_coverage=table.integer("branch_coverage", strictest.branch_coverage, most=100),
        mutants=table.integer("mutants", strictest.mutants, least=10, most=500),
        repeats=table.integer("repeats", strictest.repeats, least=1, most=10),
        properties=table.integer("properties", strictest.properties, least=10, most=2000),
        kills=table.integer("kills", strictest.kills, least=1, most=100),
    )
    table.done()
    return found


def recorded(table: Table) -> Recorded:
    """Read `recorded`; without it nothing is kept."""
    usual = Recorded()
    found = Recorded(
        calls=table.integer("calls", usual.calls, most=1000),
        days=table.integer("days", usual.days, least=1, most=_LONGEST_DAYS),
        redact=table.choice("redact", ("shape", "none"), usual.redact),
    )
    table.done()
    return found


def review(table: Table) -> ReviewTimes:
    """Read `review`; without it every kind is due after a day, and lies for at most a month."""
    usual = ReviewTimes()
    hours = table.table("due_hours")
    due: dict[EffectKind, int] = {
        kind: hours.integer(kind, usual.due_hours[kind], least=1, most=24 * _LONGEST_DAYS)
        for kind in EFFECT_KINDS
    }
    hours.done()
    found = ReviewTimes(due, table.integer("ttl_days", usual.ttl_days, most=_LONGEST_DAYS))
    table.done()
    return found


def own_rules(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read `rules`: an organisation's own configurations, and registry packs."""
    own = _matching(table, "own", _OWN_RULES, _MOST_OWN, "NAME sha256:HEX, a file in rules/")
    packs = _matching(table, "packs", _PACK, _MOST_OWN, "a registry pack such as p/python")
    table.done()
    return own, packs


def held_out(table: Table) -> tuple[str, ...]:
    """Read `held_out`: examples that authors do not know, one file for each tool."""
    what = "TOOLSET/NAME sha256:HEX, a file in held-out/"
    cases = _matching(table, "cases", _HELD_OUT, _MOST_HELD_OUT, what)
    table.done()
    return cases


def waivers(table: Table) -> WaiverRule:
    """Read `waivers`; what is expired and how long one stands may be missing in older texts."""
    found = WaiverRule(
        people=table.integer("people", least=1, most=20),
        never=table.texts("never", most=256),
        days=table.integer("longest_days", STRICTEST_DAYS, least=1, most=_LONGEST_DAYS),
        expired=cast("Expired", table.choice("expired", ("queue", "stop"), STRICTEST_EXPIRED)),
    )
    table.done()
    return found


def _matching(
    table: Table, name: str, pattern: re.Pattern[str], most: int, what: str
) -> tuple[str, ...]:
    """Read a list of entries of one form, each naming something else."""
    items = table.texts(name, most=most, longest=260)
    for item in items:
        if pattern.fullmatch(item) is None:
            raise table.error(name, f"{item[:80]!r} is not {what}")
    names = [item.partition(" ")[0] for item in items]
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice is not None:
        raise table.error(name, f"names {twice[:80]} twice")
    return items
