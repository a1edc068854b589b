"""How long reading takes at the least: what tells a decision from a reflex. Pure; no I/O.

    seconds = lines * 3600 / 1500 + remarks * 2 + words * 60 / 300

`lines` are those of the change, `remarks` what the checks have to say against it, `words` those of
the remarks and of the description. 1500 lines an hour is three times the rate above which reviewers
miss most of what there is to find (300 to 500 an hour: Cohen, Best Kept Secrets of Peer Code Review,
2006, 2500 reviews at Cisco). 300 words a minute is the upper end of silent reading of English
non-fiction (175 to 300: Brysbaert, How many words do we read per minute, Journal of Memory and
Language 109, 2019). What was faster than that was not read; what was slower may not have been, either.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

LINES_AN_HOUR = 1500
WORDS_A_MINUTE = 300
REMARK_S = 2.0
"""To find the place that a remark is about."""
LEAST_S = 2.0
"""Nobody takes in even an empty change in less."""
MOST_LINE = 2000
"""Characters after which a line counts as another one: no bundle is read faster for being one line."""

Pace = Literal["plausible", "fast", "unknown"]


@dataclass(frozen=True)
class Load:
    """What there is to read."""

    lines: int = 0
    remarks: int = 0
    words: int = 0


def plausible_s(load: Load) -> float:
    """Say how many seconds reading takes at the least."""
    seconds = (
        load.lines * 3600 / LINES_AN_HOUR
        + load.remarks * REMARK_S
        + load.words * 60 / WORDS_A_MINUTE
    )
    return max(LEAST_S, seconds)


def pace(looked_s: float | None, load: Load | None) -> Pace:
    """Tell whether a decision left time to read.

    Args:
        looked_s: Seconds it was on the person's screen; None when nobody told.
        load: What there was to read; None when it could not be found out.
    """
    if looked_s is None or load is None:
        return "unknown"
    return "plausible" if looked_s >= plausible_s(load) else "fast"


def changed_lines(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> int:
    """Count the lines of some files that are in others no more, or not yet.

    A line that only moved counts nothing, and neither does a file that has no text.
    """
    changed = 0
    for path in old.keys() | new.keys():
        before, after = old.get(path, b""), new.get(path, b"")
        if before != after:
            changed += _differing(before, after)
    return changed


def words_in(texts: Iterable[str]) -> int:
    """Count words."""
    return sum(len(text.split()) for text in texts)


def _differing(before: bytes, after: bytes) -> int:
    had, has = Counter(_lines(before)), Counter(_lines(after))
    # a line that was edited is one line to read, not two
    return max((had - has).total(), (has - had).total())


def _lines(data: bytes) -> list[bytes]:
    if b"\0" in data:
        return []
    found: list[bytes] = []
    for line in data.splitlines():
        if not line.strip():
            continue
        parts = range(0, len(line), MOST_LINE)
        found += [line[start : start + MOST_LINE] for start in parts]
    return found
