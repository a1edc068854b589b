"""How much could go wrong with a proposal: one figure to order by, and what it is made of. Pure.

The figure is a sum of points, capped at 100, and no vote: it says whose turn comes first and which
items may be shown one screen each. More of anything that is counted never makes it smaller. Points
are set by the kind of effect, as what was declared is the most a tool can do behind the walls:

| what | points |
|---|---|
| pure, read, write, destructive; not known | 5, 15, 35, 60; 60 |
| a new tool, rather than a change to one that is served | 5 |
| each effect that was seen and not declared | 10, at most 30 |
| each error, waived ones too | 8, at most 24 |
| each warning | 1, at most 8 |
| each rubric line that is unmet | 8, at most 24 |
| each rubric line that is not known | 4, at most 16 |
| each secret that the tool sees itself | 6, at most 18 |
| each host it reaches | 2, at most 10 |
"""

from dataclasses import dataclass

from toolvet_reviews.values import EffectKind
from toolvet_reviews.words import counted

MOST = 100
_BY_KIND: dict[EffectKind, int] = {"pure": 5, "read": 15, "write": 35, "destructive": 60}
_UNKNOWN_KIND = 60
_NEW = 5


@dataclass(frozen=True)
class Risky:
    """What is counted."""

    kind: EffectKind | None
    is_new: bool = False
    undeclared: int = 0
    errors: int = 0
    warnings: int = 0
    unmet: int = 0
    unknown: int = 0
    visible_secrets: int = 0
    hosts: int = 0


@dataclass(frozen=True)
class Risk:
    """The figure, and what it is made of."""

    points: int
    why: str
    """In a few words, what weighs most first."""


_EACH: tuple[tuple[str, int, int, str], ...] = (
    ("undeclared", 10, 30, "undeclared effect"),
    ("errors", 8, 24, "error"),
    ("unmet", 8, 24, "unmet line"),
    ("visible_secrets", 6, 18, "secret it sees"),
    ("unknown", 4, 16, "unknown line"),
    ("hosts", 2, 10, "host"),
    ("warnings", 1, 8, "warning"),
)
"""Name, points of each, at most, and the word for one."""


def assess(found: Risky) -> Risk:
    """Add the points up."""
    parts = [(_BY_KIND[found.kind] if found.kind else _UNKNOWN_KIND, found.kind or "kind unknown")]
    if found.is_new:
        parts.append((_NEW, "new"))
    for name, each, most, word in _EACH:
        number: int = getattr(found, name)
        if number > 0:
            parts.append((min(most, each * number), counted(number, word)))
    first, *rest = parts
    rest.sort(key=lambda part: -part[0])
    why = ", ".join(words for _, words in (first, *rest))
    return Risk(min(MOST, sum(points for points, _ in parts)), why)


def is_low(found: Risky, *, open_threads: int, objections: int) -> bool:
    """Tell whether an item that the machine passed may be shown on one screen and signed in a batch."""
    quiet = found.kind in ("pure", "read")
    clean = not (found.undeclared or found.errors or found.unmet)
    return quiet and clean and not open_threads and not objections
