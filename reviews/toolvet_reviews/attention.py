"""Whose turn it is, and why: the attention set of a proposal. Pure; no I/O.

Like Gerrit's: whoever acts has done their turn, and whoever has to act next is in the set with the
reason. The machine and the state come first, so that nobody is asked for what cannot be done:

| what happened | who is in the set afterwards |
|---|---|
| submitted, revised, rebased | nobody: it is the machine's turn |
| verdict passed | those who voted, objected or spoke before (`new_revision`); else those it was given to; else everybody who may vote (`review_wanted`) |
| verdict failed, objected, stale | the author alone |
| voted | the voter is out; when nobody is left, whoever else may vote |
| said by a reviewer | that reviewer is out, the author in (`asked`) |
| said or answered by the author | the author is out, whoever opened the conversation in (`answered`) |
| flagged by an agent that reviews | whoever is engaged already (`flagged`); its word is nobody's turn |
| resolved, all of it | the author is out |
| assigned, claimed | that person is in, those who were merely wanted are out |
| taken off, given back, lifted | that person's reason is gone; when nobody is left, whoever may vote |
| published, rejected, withdrawn | nobody |

A proposal under review is never left without a person: then it is everybody's who may vote. Whoever
was revoked or lost the role drops out.

Source: https://gerrit-review.googlesource.com/Documentation/user-attention-set.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from toolvet_reviews.moves import CLOSED
from toolvet_reviews.views import ProposalState

Happening = Literal[
    "submitted",
    "revised",
    "verdict_passed",
    "verdict_failed",
    "voted",
    "objected",
    "lifted",
    "rejected",
    "withdrawn",
    "published",
    "said",
    "answered",
    "resolved",
    "reopened",
    "assigned",
    "taken_off",
    "claimed",
    "given_back",
    "snoozed",
    "woken",
    "stale",
    "rebased",
    "case_kept",
    "waived",
]
"""What may change whose turn it is, and what a line of the queue says."""

Reason = Literal[
    "assigned",
    "claimed",
    "review_wanted",
    "new_revision",
    "answered",
    "asked",
    "changes_wanted",
    "sign_again",
    "stale",
    "flagged",
]
"""Why somebody is in the set."""

AUTHORS: frozenset[Reason] = frozenset({"asked", "changes_wanted", "stale"})
"""Reasons that are the author's."""
_MERELY_WANTED: frozenset[Reason] = frozenset({"review_wanted"})


@dataclass(frozen=True)
class Scene:
    """A proposal as it stands after something happened."""

    state: ProposalState
    author: str
    """Principal id."""
    may_vote: frozenset[str]
    """People whose approval would count under the policy, the author not among them."""
    engaged: frozenset[str] = frozenset()
    """Who voted, objected or spoke; may hold people who may not vote any more."""
    voted: frozenset[str] = frozenset()
    """Who approved exactly what is the newest release."""
    signed_before: frozenset[str] = frozenset()
    """Who approved an earlier release of this proposal, and not the newest."""
    assigned: frozenset[str] = frozenset()
    claimed: frozenset[str] = frozenset()
    """Who took it and did not let it lie."""
    asker: str | None = None
    """Who opened the conversation that was answered last."""
    open_threads: int = 0


@dataclass(frozen=True)
class Actor:
    """Who did it."""

    id: str
    is_agent: bool = False


Turns = Mapping[str, Reason]
"""The set: principal ids with their reasons."""


@dataclass
class _Set:
    scene: Scene
    turns: dict[str, Reason] = field(default_factory=dict[str, Reason])

    def add(self, people: Iterable[str], reason: Reason) -> None:
        """Put people in; a reason they have already stays."""
        for person in sorted(people):
            self.turns.setdefault(person, reason)

    def drop(self, *people: str) -> None:
        for person in people:
            self.turns.pop(person, None)

    def drop_merely_wanted(self) -> None:
        for person in [one for one, why in self.turns.items() if why in _MERELY_WANTED]:
            self.drop(person)

    def is_everybodys(self) -> bool:
        return any(why in _MERELY_WANTED for why in self.turns.values())

    def has_reviewer(self) -> bool:
        return any(person != self.scene.author for person in self.turns)


def following(scene: Scene, before: Turns, what: Happening, actor: Actor) -> dict[str, Reason]:
    """Give the attention set that follows.

    Args:
        scene: The proposal afterwards.
        before: The set until now.
        what: Happened.
        actor: Who did it.
    """
    if scene.state in CLOSED or scene.state == "verifying":
        return {}
    if scene.state != "reviewing":
        return _with_author(scene, before, what)
    found = _Set(scene, dict(before))
    if what in ("verdict_passed", "waived") and not found.has_reviewer():
        _begin(found)
    _act(found, what, actor)
    return _kept(found)


def standing(scene: Scene, before: Turns) -> dict[str, Reason]:
    """Give the set as it has to be when nothing happened but time: people left, a claim ran out."""
    return following(scene, before, "woken", Actor(""))


def _with_author(scene: Scene, before: Turns, what: Happening) -> dict[str, Reason]:
    """The author's turn; whoever the author answered meanwhile may look as well."""
    reason: Reason = "stale" if scene.state == "stale" else "changes_wanted"
    turns: dict[str, Reason] = {scene.author: reason}
    if what in ("said", "answered") and scene.asker in scene.may_vote:
        turns[scene.asker or ""] = "answered"
    for person, why in before.items():
        if why == "answered" and person in scene.may_vote and what not in ("objected", "stale"):
            turns.setdefault(person, why)
    return turns


def _begin(found: _Set) -> None:
    """The machine is done: who looks at it now."""
    scene = found.scene
    found.drop(scene.author)
    again = scene.signed_before & scene.may_vote
    found.add(again, "sign_again")
    found.add(scene.engaged & scene.may_vote, "new_revision")
    found.add(scene.claimed & scene.may_vote, "claimed")
    found.add(scene.assigned & scene.may_vote, "assigned")
    if not found.has_reviewer():
        found.add(scene.may_vote, "review_wanted")


def _act(found: _Set, what: Happening, actor: Actor) -> None:
    scene = found.scene
    if what == "voted":
        found.drop(actor.id)
    elif what in ("said", "answered", "reopened"):
        _speak(found, actor)
    elif what == "resolved" and not scene.open_threads:
        found.drop(scene.author)
    elif what == "assigned":
        found.drop_merely_wanted()
        found.add(scene.assigned & scene.may_vote, "assigned")
    elif what == "woken" and found.is_everybodys():
        found.add(scene.may_vote - scene.engaged - scene.voted, "review_wanted")
    elif what == "claimed":
        found.drop_merely_wanted()
        found.drop(actor.id)
        found.add({actor.id}, "claimed")


def _speak(found: _Set, actor: Actor) -> None:
    scene = found.scene
    if actor.id == scene.author:
        found.drop(actor.id)
        asker = {scene.asker} & scene.may_vote if scene.asker else set[str]()
        found.add(asker or scene.engaged & scene.may_vote, "answered")
        return
    if actor.is_agent:
        engaged = scene.engaged | scene.assigned | scene.claimed
        found.add((engaged & scene.may_vote) - {actor.id}, "flagged")
        return
    found.add({scene.author}, "asked")
    if actor.id in scene.may_vote:
        found.drop(actor.id)


def _kept(found: _Set) -> dict[str, Reason]:
    """Leave out whoever cannot act, and never leave a proposal lying without anybody."""
    scene = found.scene
    for person, why in list(found.turns.items()):
        is_author = person == scene.author
        gone = (why == "assigned" and person not in scene.assigned) or (
            why == "claimed" and person not in scene.claimed
        )
        if (
            gone
            or (is_author and why not in AUTHORS)
            or (not is_author and person not in scene.may_vote)
        ):
            found.drop(person)
    if not found.turns:
        left = scene.may_vote - scene.voted
        found.add(left & scene.claimed, "claimed")
        found.add(left & scene.assigned, "assigned")
        if not found.turns:
            found.add(left or scene.may_vote, "review_wanted")
    return found.turns


def reason_of(text: str) -> Reason:
    """Read a stored reason; one that nobody knows any more is a plain wish for a review."""
    for known in get_args(Reason):
        if text == known:
            return known
    return "review_wanted"
