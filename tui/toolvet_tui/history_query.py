"""What an auditor asks for, as they type it: `verb:vote tool:payments since:7d refund`. Pure."""

import re
import shlex
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from typing import ClassVar

from toolvet.config import stamp
from toolvet.errors import ToolvetError
from toolvet_reviews.words import one_line
from toolvet_tui.settings import SavedQuery

_NAMES = {
    **{one.name: one.name for one in fields(SavedQuery) if one.name != "words"},
    "by": "person",
    "from": "since",
    "before": "until",
    "to": "until",
}
_AGO = re.compile(r"(\d{1,4})([hdw])")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
BUILT_IN = {
    "approvals": SavedQuery(verb="vote:approve"),
    "given back": SavedQuery(verb="proposal:request_changes"),
    "rejected": SavedQuery(verb="proposal:reject"),
    "published": SavedQuery(verb="release:publish"),
    "rolled back": SavedQuery(verb="channel:move"),
    "overruled findings": SavedQuery(verb="waiver:add"),
    "the last 7 days": SavedQuery(since="7d"),
}
"""Queries that are there before anybody saved one."""


class QueryError(ToolvetError):
    """A query that cannot be asked."""

    code: ClassVar[str] = "tui.query"
    hint = "For example: verb:vote tool:payments by:ada since:7d until:2026-11-20 refund"


def parse_query(text: str) -> SavedQuery:
    """Read what was typed; what has no name in front of it is a word to look for.

    Raises:
        QueryError: A quote is not closed, or something is asked for twice.
    """
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise QueryError("a quote is not closed") from error
    words: list[str] = []
    named: dict[str, str] = {}
    for part in parts:
        name, colon, value = part.partition(":")
        field = _NAMES.get(name.lower()) if colon else None
        if field is None or not value:
            words.append(part)
            continue
        if field in named:
            raise QueryError(f"`{name}:` is there twice")
        named[field] = value
    return SavedQuery(words=" ".join(words), **named)


def text_of(query: SavedQuery) -> str:
    """Write a query as it is typed."""
    said = asdict(query)
    words = " ".join(map(shlex.quote, said.pop("words").split()))
    named = [shlex.quote(f"{name}:{value}") for name, value in said.items() if value]
    return " ".join([*named, words] if words else named)


def asked(query: SavedQuery, now: datetime) -> SavedQuery:
    """Give the query as the service takes it: times as moments or days.

    Raises:
        QueryError: A time is none.
    """
    return replace(query, since=_moment(query.since, now), until=_moment(query.until, now))


def day_of(text: str, now: datetime) -> str:
    """Read a day or a moment as a person writes it.

    Raises:
        QueryError: It is none.
    """
    return _moment(text.strip() or "today", now)


def _moment(text: str, now: datetime) -> str:
    word = text.lower()
    if not word:
        return ""
    if word in ("today", "yesterday"):
        return str((now - timedelta(days=word == "yesterday")).date())
    if found := _AGO.fullmatch(word):
        return stamp(now - int(found[1]) * _UNITS[found[2]])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise QueryError(
            f"{one_line(text, 40)!r} is no time", hint="2026-11-20, 7d, 12h, 2w, today, yesterday"
        ) from None
    if _DAY.fullmatch(text):
        return text
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=now.tzinfo)
    return stamp(moment)
