"""What a run told of itself, held against what it did. Pure; no I/O.

A log serves whoever has to find out later what happened: it has to say what was done, in whatever
words, by name or by number. Nothing is asked of its form but that.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from toolvet.checks import reading
from toolvet.checks.probing.run_host import Heard
from toolvet.checks.taps import OUTSIDE, Happened
from toolvet_reviews.values import Json, JsonObject

_WORDS = {
    "mail": r"mail|sent|send|deliver|notif|recipient|message|remind|invit",
    "request": r"sent|send|post|request|creat|updat|submit|charg|pay|refund|publish|deliver|notif|"
    r"call|delet|remov|add|status|response|push|sync|book|order|ticket|issue|message",
    "record": r"stor|sav|record|creat|updat|add|writ|wrote|kept|keep|snapshot|merg|skip|import|"
    r"regist|mark|clos|open|delet|remov|repair|assign|queue|schedul|count|finish|done|complet",
    "file": r"writ|wrote|file|sav|export|creat|append|archiv|mov|copi|delet|remov|report",
}
_TOKEN = re.compile(r"[A-Za-z0-9_.+@-]{4,}")
_CLAIMS = frozenset({"sent", "mailed", "emailed", "delivered", "notified"})
_MOST_TEXT = 20_000


@dataclass(frozen=True)
class Told:
    """How the log of one run answers for its effects."""

    is_silent: bool
    """It had effects, and no event at all."""
    unnamed: tuple[str, ...]
    """Kinds of effects that no event names."""
    is_vague: bool
    """None of its effects is named by any event."""


def told(happened: Sequence[Happened], logged: Sequence[Heard], *, files: bool) -> Told:
    """Hold what was logged against what took place."""
    kinds = _kinds(happened)
    if files:
        kinds["file"] = []
    texts = [_text(heard.request) for heard in logged]
    unnamed = tuple(
        kind
        for kind, these in kinds.items()
        if not any(
            _names(kind, these, heard, text) for heard, text in zip(logged, texts, strict=True)
        )
    )
    silent = bool(kinds) and not logged
    return Told(silent, unnamed, bool(kinds) and len(unnamed) == len(kinds))


def _kinds(happened: Sequence[Happened]) -> dict[str, list[Happened]]:
    """Sort effects; records count only where nothing left the service: else they are its guard."""
    outside = [one for one in happened if one.kind in OUTSIDE]
    kept = outside or [one for one in happened if one.kind == "record"]
    kinds: dict[str, list[Happened]] = {}
    for one in kept:
        kinds.setdefault(one.kind, []).append(one)
    return kinds


def _names(kind: str, these: Sequence[Happened], heard: Heard, text: str) -> bool:
    is_late = bool(heard.after) or kind == "file"  # when a file was written nobody knows
    if is_late and re.search(_WORDS[kind], text, re.IGNORECASE):
        return True
    if any(token in text for token in _tokens(these)):
        return True
    return bool(heard.after and _numbers(heard.request.get("fields")) & _counts(these))


def _tokens(these: Sequence[Happened]) -> set[str]:
    found: set[str] = set()
    for one in these[:200]:
        for text in (one.name, *one.targets[:20]):
            found |= {token.lower() for token in _TOKEN.findall(text.partition("?")[0])}
    return found - {"post", "https", "http", "delete"}


def _counts(these: Sequence[Happened]) -> set[int]:
    sizes = {size for one in these for size in one.lengths}
    return {len(these), sum(len(one.targets) or 1 for one in these), *sizes}


def _numbers(fields: Json) -> set[int]:
    values = fields.values() if isinstance(fields, dict) else ()
    return {value for value in values if isinstance(value, int) and not isinstance(value, bool)}


def _text(request: JsonObject) -> str:
    said = f"{reading.text(request.get('event'))} {json.dumps(request.get('fields'))}"
    return said[:_MOST_TEXT].lower()


# --- does the answer add up? ----------------------------------------------------------------


@dataclass(frozen=True)
class Sum:
    """An answer's number, and what was seen of it."""

    field: str
    said: int
    seen: int
    """The number of effects that comes closest."""
    verdict: str
    """`equal`, `more` than was done, `less`, or `unclear`."""


def sums(answer: Json, happened: Sequence[Happened]) -> list[Sum]:
    """Hold the numbers of an answer that say how much was done against what was seen.

    Only numbers whose names leave no doubt are held to account.
    """
    if not isinstance(answer, dict):
        return []
    found: list[Sum] = []
    mails = [one for one in happened if one.kind == "mail"]
    for name in sorted(_CLAIMS & answer.keys()):
        said = answer[name]
        if isinstance(said, list):
            said = len(said)
        if not isinstance(said, int) or isinstance(said, bool):
            continue
        found.append(_sum(name, said, _plausible(happened, mails), is_mail=bool(mails)))
    return found


def _plausible(happened: Sequence[Happened], mails: Sequence[Happened]) -> set[int]:
    """Give the numbers that an honest account may name."""
    if mails:
        recipients = [who.lower() for one in mails for who in one.targets]
        return {len(mails), len(recipients), len(set(recipients))}
    found: set[int] = set()
    for kinds in (("request",), ("record",), ("request", "record"), ("step",)):
        these = [one for one in happened if one.kind in kinds and one.what != "begun"]
        found |= _counts(these) if these else set()
        names: dict[str, int] = {}
        for one in these:
            for target in one.targets:
                collection = target.partition("/")[0]
                names[collection] = names.get(collection, 0) + 1
        found |= set(names.values())
    return found


def _sum(name: str, said: int, plausible: set[int], *, is_mail: bool) -> Sum:
    if said in plausible or (not said and not plausible):
        return Sum(name, said, said, "equal")
    closest = min(plausible or {0}, key=lambda number: abs(number - said))
    if said > max(plausible or {0}):
        return Sum(name, said, closest, "more")
    return Sum(name, said, closest, "less" if is_mail or not said else "unclear")
