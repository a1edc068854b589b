"""Decisions as rows: when, what, about which tool, by whom, and what of it an auditor should see."""

from collections.abc import Sequence
from typing import ClassVar

from toolvet_reviews.review_views import HistoryLine
from toolvet_reviews.words import one_line
from toolvet_tui.table import Cell, Column, Table

VERBS = {
    "vote:approve": "approved",
    "proposal:request_changes": "gave back",
    "proposal:reject": "rejected",
    "proposal:withdraw": "took back",
    "proposal:stale": "went stale",
    "objection:lift": "lifted word against",
    "release:publish": "published",
    "release:stop": "stopped release",
    "channel:move": "rolled back",
    "channel:stop": "stopped",
    "waiver:add": "overruled finding",
    "policy:apply": "applied policy",
    "principal:add": "added somebody",
    "principal:revoke": "revoked somebody",
    "key:pin": "first key",
    "key:enrol": "let key count",
    "key:revoke": "revoked key",
    "grant:add": "granted",
    "grant:revoke": "took grant back",
    "tier:consent": "consented to tier",
    "secret:set": "set secret",
    "secret:rotate": "rotated secret",
    "secret:delete": "deleted secret",
    "mount:bind": "bound folder",
    "mount:unbind": "unbound folder",
    "dead:replay": "replayed letter",
    "dead:discard": "discarded letter",
    "payload:erase": "erased payload",
}
"""What happened, in words; other verbs are named as they are."""
_TONES = {
    "vote:approve": "good",
    "release:publish": "good",
    "proposal:reject": "bad",
    "channel:stop": "bad",
    "release:stop": "bad",
    "channel:move": "unsure",
    "waiver:add": "unsure",
    "payload:erase": "unsure",
}


def when(time: str) -> str:
    """Write a time to the minute, in UTC."""
    return one_line(time, 40)[:16].replace("T", " ")


def named(tool: str) -> str:
    """Name a tool as people do: without the toolset when it is the default one."""
    return one_line(tool.removeprefix("default/"), 120)


def _what(item: HistoryLine) -> Cell:
    words = VERBS.get(item.verb, one_line(item.verb, 40))
    if item.outcome != "ok":
        return f"{one_line(item.outcome, 10)}: {words}", "bad"
    if item.pace == "fast":
        return f"{words} (fast)", "unsure"
    return words, _TONES.get(item.verb, "plain")


class HistoryList(Table[HistoryLine]):
    """Decisions, newest first."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("TIME (UTC)", 16),
        Column("WHAT", 19),
        Column("TOOL"),
        Column("WHO", 14),
        Column("ID", 6, since=90),
        Column("CODE", 16, since=90),
        Column("SAID", since=110),
    )

    def key(self, item: HistoryLine) -> str:
        """Name a line by its place in the log."""
        return str(item.index)

    def cells(self, item: HistoryLine) -> Sequence[Cell]:
        """Write a decision."""
        who, is_machine = one_line(item.actor, 40), item.actor_kind != "human"
        labelled = f"{item.actor_kind} {who}" if who != item.actor_kind else who
        return (
            (when(item.time), "quiet"),
            _what(item),
            (named(item.tool) or "-", "plain"),
            (labelled if is_machine else who, "quiet" if is_machine else "plain"),
            (one_line(item.proposal, 20) or "-", "quiet"),
            (one_line(item.code, 60), "bad"),
            (one_line(item.said), "quiet"),
        )
