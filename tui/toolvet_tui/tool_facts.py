"""What is known about what is served: tools, how their newest calls went, what was given up."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from toolvet.client.client import Client
from toolvet.client.errors import RemoteError
from toolvet.client.shapes import CallItem, ReleaseItem
from toolvet_reviews.views import DeadView, ToolView

CALLS = 500
"""Newest calls that are counted; the most the service gives."""
LETTERS = 1000
_FORBIDDEN = 403
T = TypeVar("T")


@dataclass(frozen=True)
class ToolFacts:
    """One tool, and how it does."""

    view: ToolView
    calls: tuple[CallItem, ...] | None = ()
    """Of the newest calls of all tools, those of this one; None when they may not be seen."""
    letters: tuple[DeadView, ...] | None = ()
    """Open dead letters; None when they may not be seen."""

    @property
    def errors(self) -> int:
        """How many of the calls did not succeed."""
        return sum(is_error(one) for one in self.calls or ())

    @property
    def name(self) -> str:
        """The tool with its toolset."""
        return f"{self.view.toolset}/{self.view.name}"


@dataclass(frozen=True)
class OneTool:
    """Everything about one tool."""

    facts: ToolFacts
    releases: tuple[ReleaseItem, ...] = ()
    codes: tuple[tuple[str, int], ...] = field(default=())
    """Codes of failed calls, the most frequent first."""


def is_error(call: CallItem) -> bool:
    """Tell whether a call went wrong; what runs still did not."""
    return call.status not in ("succeeded", "in_progress")


def gather(reader: Client) -> list[ToolFacts]:
    """Ask about every tool, served or not."""
    tools = reader.tools(everything=True)
    calls = _if_allowed(lambda: reader.calls(CALLS).items)
    letters = _if_allowed(lambda: tuple(islice(reader.all_dead_letters(), LETTERS)))
    return [_facts(one, calls, letters) for one in tools]


def look_at(reader: Client, name: str) -> OneTool:
    """Ask about one tool, by its advertised name."""
    view = next(
        (one for one in reader.tools(everything=True) if one.advertised_name == name), None
    ) or reader.tool(name)
    calls = _if_allowed(lambda: reader.calls(CALLS).items)
    letters = _if_allowed(lambda: tuple(islice(reader.all_dead_letters(), LETTERS)))
    facts = _facts(view, calls, letters)
    codes = Counter(one.code or one.status for one in facts.calls or () if is_error(one))
    return OneTool(facts, tuple(reader.releases(name)), tuple(codes.most_common()))


def _facts(
    view: ToolView, calls: Iterable[CallItem] | None, letters: Iterable[DeadView] | None
) -> ToolFacts:
    mine = (
        None
        if calls is None
        else tuple(one for one in calls if (one.toolset, one.name) == (view.toolset, view.name))
    )
    full = f"{view.toolset}/{view.name}"
    given_up = None if letters is None else tuple(one for one in letters if one.tool == full)
    return ToolFacts(view, mine, given_up)


def _if_allowed(ask: Callable[[], T]) -> T | None:
    """Give None for what the person may not see: the rest is worth showing all the same."""
    try:
        return ask()
    except RemoteError as error:
        if error.status != _FORBIDDEN:
            raise
        return None
