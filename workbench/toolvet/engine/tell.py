"""Telling people: once of each change of turn, here and, in one message, at the webhook.

Both are stored in the transaction of the change they tell of. A message holds ids, codes and names
only: whoever reads it elsewhere has no right to see more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from toolvet.config import uuid7
from toolvet.engine.stored import name_of
from toolvet.storage import Unit, View
from toolvet.storage.review_rows import NoticeRow, OutgoingRow, TurnRow
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import canonical
from toolvet_reviews.attention import Happening
from toolvet_reviews.values import Json

WANTED = "webhook"
"""The fact that says whether messages are kept at all: `on` or `off`."""
_ENDS: dict[Happening, str] = {"published": "published", "rejected": "rejected"}
"""What closes a proposal and its author did not do: they are told, though nobody's turn follows."""


@dataclass(frozen=True)
class Told:
    """Somebody who is told something."""

    person: str
    """Principal id."""
    reason: str


def tell(
    unit: Unit, row: ProposalRow, new: Sequence[TurnRow], what: Happening, actor: str, now: str
) -> None:
    """Tell people whose turn it has become; for an agent, the person who answers for it.

    Args:
        new: Whose turn it has become.
        what: Happened.
        actor: Who did it is not told of it.
    """
    told: list[tuple[str, str]] = [(one.person, one.reason) for one in new]
    if what in _ENDS:
        told.append((row.author, _ENDS[what]))
    entry = unit.log_size() - 1
    reached: list[Told] = []
    for principal, reason in told:
        person = _person(unit, principal)
        if person is None or actor in (person, principal):
            continue
        turn = f"P-{row.number}:{reason}:{entry}"
        if unit.notices.tell(NoticeRow(uuid7(), person, row.number, reason, turn, now)):
            reached.append(Told(person, reason))
    if reached:
        _put_out(unit, row, what, reached, now)


def _person(view: View, principal: str) -> str | None:
    """Find who reads: the person themselves, or an agent's sponsor."""
    found = view.principals.get(principal)
    if found is not None and found.kind != "human":
        found = view.principals.get(found.sponsor) if found.sponsor else None
    return found.id if found is not None and found.active else None


def _put_out(unit: Unit, row: ProposalRow, what: Happening, told: Sequence[Told], now: str) -> None:
    """Store a message of one change of turn, when there is a webhook."""
    if unit.facts.get(WANTED) != "on":
        return
    people: list[Json] = [
        {"name": name_of(unit, one.person), "id": one.person, "reason": one.reason} for one in told
    ]
    said = canonical.dumps(
        {
            "type": "turn.changed",
            "timestamp": now,
            "data": {
                "proposal": f"P-{row.number}",
                "toolset": row.toolset,
                "tool": row.tool,
                "state": row.state,
                "revision": row.revision,
                "happened": what,
                "people": people,
            },
        }
    )
    unit.notices.send(OutgoingRow(uuid7(), said, now, 0, now, "waiting"))


def switch(unit: Unit, *, on: bool) -> None:
    """Keep messages from now on, or keep none."""
    unit.facts.set(WANTED, "on" if on else "off")
