"""The order of the queue, and where a page of it ends. Pure; no I/O.

The most urgent first: risk x reach x age, where age doubles the weight with each day that a proposal
has waited for reviewers,

    weight = (1 + risk) * (1 + log10(1 + reach)) * 2 ** (waited / 1 day)

The logarithm of it, less that of the same moment for all, orders the same and does not change while
time goes by: `rank = log2((1 + risk) * (1 + log10(1 + reach))) + (waited - since) / 1 day`, where
`since` is when the clock began to run. So a line is written when something happens, and never
because it got later. What does not wait for reviewers comes after all that does.

Source: the logarithm plus time is how Reddit's "hot" order stays put, https://github.com/reddit-archive/reddit/blob/master/r2/r2/lib/db/_sorts.pyx
"""

import base64
import binascii
import math
from dataclasses import dataclass
from typing import Literal, cast, get_args

from toolvet_reviews import canonical
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.waiting import Clock

Order = Literal["rank", "risk", "age", "updated", "number"]
"""`rank` as above; `risk` the riskiest first; `age` what waits longest without a break first;
`updated` what moved last first; `number` the oldest proposal first."""
Whose = Literal["everybody", "mine", "nobody", "snoozed"]
"""`nobody`: given to nobody and taken by nobody. What a person put away is in `snoozed` alone."""

DOUBLES_AFTER_S = 86_400.0
PAUSED = -1_000_000.0
"""Added to what does not wait for reviewers: earlier than any moment that can be written."""
MOST_WORDS = 8
_LONGEST_CURSOR = 200


class CursorError(ReviewError):
    """Where a page should start is nothing this service answered."""

    code = "queue.cursor"
    hint = "Ask for the first page again, in the same order."


def rank(risk: int, reach: int, clock: Clock) -> float:
    """Give the place in the queue; the largest comes first.

    Args:
        risk: 0 to 100.
        reach: Principals who could call it.
        clock: How long it has waited for reviewers.
    """
    weight = math.log2((1 + max(0, risk)) * (1 + math.log10(1 + max(0, reach))))
    waited = clock.waited_s / DOUBLES_AFTER_S
    if clock.since is None:
        return PAUSED + weight + waited
    return weight + waited - clock.since.timestamp() / DOUBLES_AFTER_S


@dataclass(frozen=True)
class Cursor:
    """The last line of a page."""

    order: Order
    key: float | str
    """What the order goes by."""
    number: int
    """Of the proposal, for lines of the same key."""


def write_cursor(cursor: Cursor) -> str:
    """Write it as callers carry it."""
    key = cursor.key.hex() if isinstance(cursor.key, float) else cursor.key
    said = canonical.dumps([cursor.order, key, cursor.number])
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def read_cursor(text: str, order: Order) -> Cursor:
    """Read it back, for the order it was written in.

    Raises:
        CursorError: It is none, or of another order.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        said = canonical.parse(base64.b64decode(padded, b"-_", validate=True))
        cursor = _read(said)
    except (binascii.Error, ValueError, ReviewError) as error:
        raise CursorError("the cursor cannot be read") from error
    if len(text) > _LONGEST_CURSOR or write_cursor(cursor) != text:
        raise CursorError("the cursor cannot be read")
    if cursor.order != order:
        raise CursorError(f"the cursor is of the order {cursor.order}, not {order}")
    return cursor


def _read(said: object) -> Cursor:
    match said:
        case [str(order), str(key), int(number)] if order in get_args(Order) and number > 0:
            known = cast("Order", order)
            return Cursor(known, _key(known, key), number)
        case _:
            raise CursorError("the cursor cannot be read")


def _key(order: Order, text: str) -> float | str:
    if order in ("age", "updated"):
        return text
    value = float.fromhex(text)
    if not math.isfinite(value):
        raise CursorError("the cursor cannot be read")
    return value


def words_of(text: str) -> tuple[str, ...]:
    """Read what is searched for: a few words, in small letters, of what can be seen."""
    seen = "".join(mark for mark in text.lower() if mark.isprintable() or mark.isspace())
    return tuple(dict.fromkeys(seen.split()))[:MOST_WORDS]
