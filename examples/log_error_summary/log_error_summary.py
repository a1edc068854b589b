"""Count the errors in a web server's error log by what went wrong.

Reads the error logs of nginx and of Apache httpd 2.4, also mixed in one file. Two errors are of
one kind when their messages are equal after everything that varies from request to request
(numbers, addresses, paths, identifiers) is masked. What is in a log was written by whoever
sends requests, so messages are cut, cleaned of control characters and never interpreted.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Annotated, Final

from toolvet.sdk import File, Ge, Le

MAX_LINE: Final = 2_048
"""Characters of a line that are looked at; nginx writes no longer ones."""

MAX_MESSAGE: Final = 240
"""Characters of a pattern or sample that are returned."""

MAX_PATTERNS: Final = 20_000
"""Patterns kept in memory; errors of further ones are counted, not listed."""


class Level(Enum):
    """Severity names shared by nginx and Apache, least severe first."""

    DEBUG = "debug"
    INFO = "info"
    NOTICE = "notice"
    WARN = "warn"
    ERROR = "error"
    CRIT = "crit"
    ALERT = "alert"
    EMERG = "emerg"


_RANK: Final = {level.value: rank for rank, level in enumerate(Level)}
_RANK.update({f"trace{depth}": -depth for depth in range(1, 9)})

_NGINX: Final = re.compile(
    r"(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?P<level>[a-z]{4,6})\] "
    r"\d{1,10}#\d{1,10}: (?:\*\d{1,20} )?(?P<message>.*)"
)
_APACHE: Final = re.compile(
    r"\[(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d(?:\.\d{6})? \d{4})\] "
    r"\[(?:[a-z0-9_]{0,40}:)?(?P<level>[a-z]{4,6}[1-8]?)\] (?P<message>.*)"
)
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)

_APACHE_FIELDS: Final = re.compile(r"\[(?:pid|client|remote) [^\]]{1,100}\] ?")
_APACHE_REFERER: Final = ", referer: "
_NGINX_CONTEXT: Final = ", client: "

# In this order: a mask must not meet what an earlier one has already replaced.
_MASKS: Final = (
    (re.compile(r"[a-z]{2,10}://[^\s,'\"]{1,2000}"), "<url>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b"), "<address>"),
    (re.compile(r"\[[0-9a-f:]{3,45}\](?::\d{1,5})?"), "<address>"),
    (re.compile(r"(?<![\w<])/[^\s,:;'\"()]{1,2000}"), "<path>"),
    (re.compile(r"\b0x[0-9a-f]{1,32}\b"), "<hex>"),
    (re.compile(r"\b(?=[a-f]{0,63}\d)[0-9a-f]{12,64}\b"), "<hex>"),
    (re.compile(r"\buser [^\s:]{1,100}:"), "user <name>:"),
    (re.compile(r"(?<=[_-])\d{4,20}\b"), "<n>"),
    # "(2: No such file" and "(13)Permission denied" name the cause: these numbers stay.
    (re.compile(r"(?<![\w(])\d{1,20}(?!\w)|(?<=\()\d{1,20}(?![\w:)])"), "<n>"),
)


@dataclass(frozen=True)
class ErrorPattern:
    """All errors of one kind."""

    pattern: str
    """The message with its varying parts masked, such as `<path>` or `<n>`."""
    level: str
    """The most severe level it was logged at."""
    count: int
    first_seen: datetime
    last_seen: datetime
    sample: str
    """The first such message as it stands in the log."""


@dataclass(frozen=True)
class LogSummary:
    """What a log holds.

    `lines` is the sum of `blank`, `unreadable`, `below_level` and `errors`.
    """

    lines: int
    blank: int
    unreadable: int
    """Lines in neither format, such as the continuation of a stack trace."""
    below_level: int
    errors: int
    errors_not_listed: int
    """Errors whose pattern is not among `patterns`."""
    patterns: list[ErrorPattern]
    """Most frequent first; equal counts by first time, then by text."""


@dataclass(frozen=True)
class _Line:
    time: datetime
    level: str
    message: str


@dataclass
class _Group:
    sample: str
    level: str
    first_seen: datetime
    last_seen: datetime
    count: int = 0

    def add(self, line: _Line) -> None:
        if line.time < self.first_seen:
            self.first_seen, self.sample = line.time, _shown(line.message)
        self.last_seen = max(self.last_seen, line.time)
        self.level = max(self.level, line.level, key=_RANK.__getitem__)
        self.count += 1


@dataclass
class _Tally:
    lines: int = 0
    blank: int = 0
    unreadable: int = 0
    below_level: int = 0
    errors: int = 0
    groups: dict[str, _Group] = field(default_factory=dict)

    def add(self, line: _Line) -> None:
        self.errors += 1
        pattern = normalised(line.message)
        group = self.groups.get(pattern)
        if group is None:
            if len(self.groups) >= MAX_PATTERNS:
                return
            group = _Group(_shown(line.message), line.level, line.time, line.time)
            self.groups[pattern] = group
        group.add(line)


def summarise_errors(
    log: File,
    minimum_level: Level = Level.ERROR,
    top: Annotated[int, Ge(1), Le(200)] = 20,
    utc_offset_minutes: Annotated[int, Ge(-840), Le(840)] = 0,
) -> LogSummary:
    """Summarise a web server's error log: each kind of error with its count, first and last time.

    Args:
        log: Error log of nginx or of Apache httpd 2.4, as text.
        minimum_level: Count this level and everything more severe.
        top: How many patterns to list at most.
        utc_offset_minutes: Minutes the server's clock was ahead of UTC; the log does not say.

    Returns:
        Counts that add up to the number of lines, and the most frequent patterns.
    """
    zone = timezone(timedelta(minutes=utc_offset_minutes))
    tally = _tally(log.lines(), _RANK[minimum_level.value], zone)
    listed = _listed(tally.groups)[:top]
    return LogSummary(
        lines=tally.lines,
        blank=tally.blank,
        unreadable=tally.unreadable,
        below_level=tally.below_level,
        errors=tally.errors,
        errors_not_listed=tally.errors - sum(entry.count for entry in listed),
        patterns=listed,
    )


def normalised(message: str) -> str:
    """Mask what varies between two errors of one kind.

    Args:
        message: An error message without time, level and request context.

    Returns:
        The pattern, at most `MAX_MESSAGE` characters.
    """
    pattern = message
    for mask, name in _MASKS:
        pattern = mask.sub(name, pattern)
    return _shown(pattern)


def _tally(lines: Iterable[str], lowest: int, zone: timezone) -> _Tally:
    tally = _Tally()
    for text in lines:
        tally.lines += 1
        stripped = text[:MAX_LINE].strip()
        if not stripped:
            tally.blank += 1
            continue
        line = _parsed(stripped, zone)
        if line is None:
            tally.unreadable += 1
        elif _RANK[line.level] < lowest:
            tally.below_level += 1
        else:
            tally.add(line)
    return tally


def _parsed(text: str, zone: timezone) -> _Line | None:
    """Read one line in either format; None when it is in neither."""
    nginx = _NGINX.fullmatch(text)
    found = nginx or _APACHE.fullmatch(text)
    if found is None or found["level"] not in _RANK:
        return None
    try:
        time = (_nginx_time if nginx else _apache_time)(found["time"], zone)
    except ValueError:  # has the shape of a date and is none, such as 31 February
        return None
    clean = _nginx_message if nginx else _apache_message
    return _Line(time, found["level"], clean(found["message"]))


def _nginx_time(text: str, zone: timezone) -> datetime:
    return datetime.fromisoformat(text.replace("/", "-")).replace(tzinfo=zone)


def _apache_time(text: str, zone: timezone) -> datetime:
    """Read `Tue Nov 03 04:12:09.123456 2026`; strptime would ask the locale for the month."""
    _, month, day, clock, year = text.split(" ")
    number = _MONTHS.index(month) + 1
    return datetime.fromisoformat(f"{year}-{number:02}-{day}T{clock}").replace(tzinfo=zone)


def _nginx_message(message: str) -> str:
    """Cut the request context that nginx appends."""
    return message.partition(_NGINX_CONTEXT)[0]


def _apache_message(message: str) -> str:
    """Cut process, client and referrer, which stand before and after the message."""
    return _APACHE_FIELDS.sub("", message, count=4).partition(_APACHE_REFERER)[0]


def _shown(text: str) -> str:
    """Make log text safe to show: one line, no control characters, not too long."""
    clean = "".join(char if char.isprintable() else "?" for char in text)
    return clean if len(clean) <= MAX_MESSAGE else clean[: MAX_MESSAGE - 1] + "…"


def _listed(groups: dict[str, _Group]) -> list[ErrorPattern]:
    ordered = sorted(groups.items(), key=lambda item: (-item[1].count, item[1].first_seen, item[0]))
    return [
        ErrorPattern(
            pattern=pattern,
            level=group.level,
            count=group.count,
            first_seen=group.first_seen,
            last_seen=group.last_seen,
            sample=group.sample,
        )
        for pattern, group in ordered
    ]
