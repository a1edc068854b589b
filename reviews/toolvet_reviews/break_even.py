"""When a tool pays: what it costs to make and review, against what each call of it saves. Pure.

Every number that is not measured is an assumption, and named as one in `ASSUMED`: change what a
team knows better. Money is a yardstick for adding minutes to tokens, not a bill.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from toolvet_reviews.bundle import Cost
from toolvet_reviews.values import EffectKind, JsonObject

_MILLION = 1e6
HORIZON_MONTHS = 12
"""A tool that has not paid for itself after a year is taken not to pay."""


@dataclass(frozen=True)
class Assumed:
    """What nobody measured."""

    step_read: int = 700
    """Tokens a model reads anew in one step of working something out: results, and its own last
    words."""
    step_cached: int = 8000
    """Tokens of context that every step reads again, from a cache."""
    step_written: int = 250
    """Tokens a model writes in one step: a thought and a call."""
    step_s: float = 6.0
    """Seconds of one step: 250 tokens at about 60 a second, and a round trip."""
    steps_unsaid: int = 3
    """Steps without the tool where the specification says neither steps nor items."""
    items_per_step: int = 20
    """Items a model works through in one step where only their number is said."""
    read_price: float = 3.0
    """Of a million tokens that are read. A usual list price of 2025 and 2026, in US dollars."""
    cached_price: float = 0.3
    """Of a million tokens that are read from a cache."""
    written_price: float = 15.0
    """Of a million tokens that are written."""
    waiting_price: float = 0.2
    """Of a minute that somebody waits for an agent: a fifth of a minute's work."""
    minute_price: float = 1.0
    """Of a reviewer's minute."""
    lines_per_minute: float = 6.7
    """Lines of code read with care: 400 an hour.
    Source: Cohen, Best Kept Secrets of Peer Code Review (2006), 2,500 reviews at Cisco."""
    minutes_at_least: float = 2.0
    """To open, to read what it is for, to decide."""
    warning_minutes: float = 0.5
    """To judge one warning."""
    written_per_line: int = 60
    """Tokens an author writes for one line that is submitted: the line, its tests, what it threw
    away."""


ASSUMED = Assumed()

KIND_MINUTES: dict[EffectKind, float] = {"pure": 0, "read": 2, "write": 5, "destructive": 10}
"""What a reviewer takes longer for effects: ledger, idempotency, rollback. An assumption."""


@dataclass(frozen=True)
class Measured:
    """What runs of the tool showed."""

    tokens_in: int
    """Of the arguments: a model writes them."""
    tokens_out: int
    """Of the result: a model reads it."""
    tokens_definition: int
    """Of name, description and schemas: a model reads them before it calls."""
    time_ms: float
    lines: int
    """Lines of code that hold something, tests counted half."""
    warnings: int = 0


@dataclass(frozen=True)
class BreakEven:
    """What a tool costs, and what it saves."""

    review_minutes: float
    steps: int
    """Of the old way, for one call."""
    steps_by: str
    """Where their number comes from: `said`, `items` or `assumed`."""
    saved_tokens: int
    """By one call; negative when the tool needs more."""
    saved_s: float
    calls: int | None
    """After which it has paid; None when no call saves anything."""
    pays: bool | None
    """None when nobody said how often it is called, and it would pay at some number."""
    calls_per_month: int | None

    @property
    def saved_tokens_per_month(self) -> int | None:
        """At the volume of the specification; None when it says none."""
        return None if self.calls_per_month is None else self.calls_per_month * self.saved_tokens

    @property
    def saved_s_per_month(self) -> float | None:
        """At the volume of the specification; None when it says none."""
        return None if self.calls_per_month is None else self.calls_per_month * self.saved_s

    def sentence(self) -> str:
        """Say in one sentence whether it pays."""
        if self.calls is None:
            return (
                f"does not pay: a call saves nothing against {_steps(self.steps)} without the tool"
            )
        if self.calls_per_month is None:
            return f"pays after {_calls(self.calls)}; the specification does not say how many come"
        if not self.pays:
            return (
                f"does not pay: it takes {_calls(self.calls)}, and at {self.calls_per_month:,} a "
                f"month that is longer than {HORIZON_MONTHS} months"
            )
        months = self.calls / self.calls_per_month
        when = "within the first month" if months <= 1 else f"after {months:.1f} months"
        return f"pays after {_calls(self.calls)}, {when} at {self.calls_per_month:,} a month"


def break_even(cost: Cost, kind: EffectKind, found: Measured, by: Assumed = ASSUMED) -> BreakEven:
    """Hold a tool against doing the same by prompting.

    Args:
        cost: What the specification says of the old way.
        kind: Of its effects.
        found: What was measured.
        by: What is assumed.
    """
    steps, steps_by = _old_steps(cost, by)
    minutes = _minutes(kind, found, by)
    old = _Way(steps * by.step_read, steps * by.step_written, steps)
    # with the tool: one step that reads definition and result, and writes the arguments
    new = _Way(
        found.tokens_definition + found.tokens_out, found.tokens_in + by.step_written, 1,
        found.time_ms / 1000,
    )  # fmt: skip
    saved = old.price(by) - new.price(by)
    made = minutes * by.minute_price
    made += found.lines * by.written_per_line * by.written_price / _MILLION
    calls = math.ceil(made / saved) if saved > 0 else None
    return BreakEven(
        review_minutes=minutes,
        steps=steps,
        steps_by=steps_by,
        saved_tokens=old.tokens() - new.tokens(),
        saved_s=round(old.seconds(by) - new.seconds(by), 3),
        calls=calls,
        pays=_pays(calls, cost.calls_per_month),
        calls_per_month=cost.calls_per_month,
    )


class _Way(NamedTuple):
    """One way to do the work of a call."""

    read: int
    written: int
    steps: int
    running_s: float = 0.0

    def tokens(self) -> int:
        return self.read + self.written

    def seconds(self, by: Assumed) -> float:
        return self.steps * by.step_s + self.running_s

    def price(self, by: Assumed) -> float:
        tokens = self.read * by.read_price + self.written * by.written_price
        tokens += self.steps * by.step_cached * by.cached_price
        return tokens / _MILLION + self.seconds(by) / 60 * by.waiting_price


def assumptions(by: Assumed = ASSUMED) -> JsonObject:
    """Name what was assumed, for evidence."""
    return {name: getattr(by, name) for name in by.__dataclass_fields__}


def _old_steps(cost: Cost, by: Assumed) -> tuple[int, str]:
    if cost.prompt_steps_per_call is not None:
        return cost.prompt_steps_per_call, "said"
    if cost.items_per_call is not None:
        return max(1, math.ceil(cost.items_per_call / by.items_per_step)), "items"
    return by.steps_unsaid, "assumed"


def _minutes(kind: EffectKind, found: Measured, by: Assumed) -> float:
    reading = found.lines / by.lines_per_minute
    judging = found.warnings * by.warning_minutes
    return round(by.minutes_at_least + KIND_MINUTES[kind] + reading + judging, 1)


def _pays(calls: int | None, per_month: int | None) -> bool | None:
    if calls is None:
        return False
    return None if per_month is None else calls <= per_month * HORIZON_MONTHS


def _steps(number: int) -> str:
    return f"{number} step" if number == 1 else f"{number} steps"


def _calls(number: int) -> str:
    return "1 call" if number == 1 else f"{number:,} calls"
