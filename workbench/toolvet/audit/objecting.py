"""Words against that stand, as the log says: who holds a proposal back until they lift it. Pure; no I/O.

Only a request for changes whose entry says `stands` does: those of older logs gave a proposal back,
and were over with its next revision.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from toolvet.audit.entries import Entry
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Principal

OBJECTING = frozenset({Verb.PROPOSAL_REQUEST_CHANGES, Verb.OBJECTION_LIFT, Verb.VOTE_APPROVE})
"""Verbs that raise an objection, or end one."""


@dataclass(frozen=True)
class Objection:
    """A person's word against a proposal."""

    entry: int
    """Index of the log entry that said it."""
    person: str
    """Principal id."""
    revision: int
    time: str


@dataclass
class Objections:
    """Who objects to what, folded in the order of the log."""

    _standing: dict[str, dict[str, Objection]] = field(
        default_factory=dict[str, dict[str, Objection]]
    )
    """By proposal, then by person: saying it again puts it in place of what was said before."""

    @classmethod
    def over(cls, proposal: str, said: Mapping[str, Objection]) -> "Objections":
        """Go on from what was said against one proposal."""
        return cls({proposal: dict(said)})

    def take(self, proposal: str, entry: Entry) -> None:
        """Take an entry that holds into account; one of another kind changes nothing."""
        if entry.outcome != "ok" or entry.verb not in OBJECTING:
            return
        found = self._standing.setdefault(proposal, {})
        if entry.verb is not Verb.PROPOSAL_REQUEST_CHANGES:
            found.pop(entry.actor, None)
        elif entry.facts.get("stands") is True:
            revision = entry.facts.get("revision")
            number = revision if type(revision) is int else 0
            found[entry.actor] = Objection(entry.index, entry.actor, number, entry.time)

    def of(self, proposal: str) -> dict[str, Objection]:
        """Copy what was said against a proposal and not lifted, by person."""
        return dict(self._standing.get(proposal, {}))


def holding(
    said: Mapping[str, Objection], principals: Mapping[str, Principal]
) -> tuple[Objection, ...]:
    """Choose the objections that hold a proposal back: those of people who may still decide.

    Args:
        said: What was said and not lifted, by person.
        principals: Everybody, as they are at this moment.

    Returns:
        In the order of the log.
    """
    found = [one for one in said.values() if _may_object(principals.get(one.person))]
    return tuple(sorted(found, key=lambda one: one.entry))


def _may_object(person: Principal | None) -> bool:
    return (
        person is not None
        and person.active
        and person.kind == "human"
        and "reviewer" in person.roles
    )
