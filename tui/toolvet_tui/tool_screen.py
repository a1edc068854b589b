"""One tool: what it is, its versions, how its calls went, what was given up."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from toolvet.client.shapes import CallItem, ReleaseItem
from toolvet_reviews.words import counted, kind_in_words, one_line, visible
from toolvet_tui.bars import Banner, Bar, KeyLine
from toolvet_tui.errands import in_thread
from toolvet_tui.history_list import when
from toolvet_tui.paper import Block, Paper
from toolvet_tui.plain import qualified, short
from toolvet_tui.seat import Seat
from toolvet_tui.serving import Serving
from toolvet_tui.tool_dead import DeadScreen
from toolvet_tui.tool_facts import CALLS, OneTool, is_error, look_at

NEWEST = 15
"""Calls that are listed."""


class ToolScreen(Serving):
    """Everything about one tool.

    Args:
        name: As advertised.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "rollback", "Roll back", id="tool.rollback"),
        Binding("x", "stop", "Stop", id="tool.stop"),
        Binding("d", "dead", "Dead letters", id="tool.dead"),
        Binding("q,escape", "back", "Back", key_display="q", id="tool.back"),
    ]
    ABOUT = ("release:", "channel:", "call:", "dead:", "grant:")

    def __init__(self, seat: Seat, name: str) -> None:
        super().__init__(seat)
        self._name = name
        self.tool: OneTool | None = None

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="bar")
        yield Paper(id="page")
        yield Banner(id="banner")
        yield KeyLine(id="keyline")

    def on_mount(self) -> None:
        """Stand in the text."""
        self.bar.say(left=one_line(self._name, 80))
        self.query_one("#page", Paper).focus()

    def at_hand(self) -> str:
        """Name the tool."""
        return self._name

    async def fetch(self) -> None:
        """Ask about it."""
        is_first = self.tool is None
        found = self.tool = await in_thread(lambda: look_at(self.reads_as, self._name))
        view = found.facts.view
        how = f"serves version {view.version}" if view.served else "is not served"
        self.bar.say(left=f"{qualified(view.toolset, view.name)} · {how}")
        self.query_one("#page", Paper).show(blocks_of_tool(found), anew=is_first)

    def action_dead(self) -> None:
        """Show what was given up of it."""
        if self.tool is not None:
            self.host.push_screen(DeadScreen(self.seat, self.tool.facts.name))


def blocks_of_tool(found: OneTool) -> list[Block]:
    """Write everything about a tool."""
    view = found.facts.view
    state = (
        Block(f"version {view.version} on channel {one_line(view.channel, 20)}", "served", "good")
        if view.served
        else Block(f"no: {one_line(view.reason, 300) or 'it was stopped'}", "served", "bad")
    )
    parameters = view.input_schema.get("properties")
    named = ", ".join(parameters) if isinstance(parameters, dict) else ""
    return [
        Block("What it is", is_heading=True),
        state,
        Block(one_line(view.advertised_name, 120), "called as"),
        Block(kind_in_words(view.kind), "kind", "bad" if view.kind == "destructive" else "plain"),
        Block(visible(view.description[:4000]).strip(), "says"),
        Block(one_line(named, 300) or "none", "arguments"),
        Block(one_line(view.release_digest, 100), "release", "quiet"),
        Block("Versions", is_heading=True),
        *(_version(one) for one in reversed(found.releases)),
        *_calls(found),
        *_letters(found),
    ]


def _version(one: ReleaseItem) -> Block:
    how = ", served now" if one.current else ", stopped for good" if one.stopped else ""
    text = (
        f"published {when(one.published_at)} as {one_line(one.proposal, 20)}, {short(one.digest)}"
    )
    tone = "good" if one.current else "quiet" if one.stopped else "plain"
    return Block(text + how, f"version {one.version}", tone)


def _calls(found: OneTool) -> list[Block]:
    calls = found.facts.calls
    heading = Block(f"Calls, of the last {CALLS} of all tools", is_heading=True)
    if calls is None:
        return [
            heading,
            Block("They are shown to auditors: unlock your key to see them.", tone="quiet"),
        ]
    if not calls:
        return [heading, Block("None.", tone="quiet")]
    errors = found.facts.errors
    slow = sorted(one.duration_ms for one in calls)[len(calls) // 2]
    said = f"{counted(len(calls), 'call')}, {counted(errors, 'error')}, median {slow:.0f} ms"
    codes = [
        Block(counted(count, "time"), one_line(code, 40), "bad") for code, count in found.codes
    ]
    return [
        heading,
        Block(said, "in all", "bad" if errors else "plain"),
        *codes,
        *map(_call, calls[:NEWEST]),
    ]


def _call(one: CallItem) -> Block:
    replayed = ", answered before" if one.replayed else ""
    code = f" [{one_line(one.code, 60)}]" if one.code else ""
    text = f"{one_line(one.status, 20)}{code}, {one.duration_ms:.0f} ms{replayed}"
    return Block(text, when(one.started_at)[5:], "bad" if is_error(one) else "plain")


def _letters(found: OneTool) -> list[Block]:
    letters = found.facts.letters
    heading = Block("Dead letters", is_heading=True)
    if not letters:
        said = "None." if letters is not None else "They are not shown to you."
        return [heading, Block(said, tone="quiet")]
    return [
        heading,
        *(Block(one_line(one.reason, 300), when(one.at)[5:], "unsure") for one in letters[:NEWEST]),
        Block("`d` shows, replays and discards them.", tone="quiet"),
    ]
