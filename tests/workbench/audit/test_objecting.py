"""Words against that stand: what the log takes back, what it never does, and what old logs mean."""

from collections.abc import Callable
from typing import Any

import pytest

from toolvet.audit.objecting import holding
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.values import Digest

ANNA = "018f0000-0000-7000-8000-00000000000a"
BEN = "018f0000-0000-7000-8000-00000000000b"
AGENT = "018f0000-0000-7000-8000-00000000000c"


@pytest.fixture
def peopled(town: Any) -> Any:
    """Anna and Ben, who both review."""
    town.settle_ben()
    return town


def reviewed(town: Any, proposal: str = "P-1") -> Digest:
    release = town.release("greet", proposal)
    town.submit(proposal)
    town.verified(proposal, release)
    return release


def say(town: Any, verb: Verb, who: str = BEN, proposal: str = "P-1", **facts: Any) -> int:
    said = {"proposal": proposal, "revision": 1, **facts}
    return town.write(
        town.by_person(verb, ("proposal", proposal), who=who, facts=said, policy=None)
    )


def object_(town: Any, who: str = BEN, **facts: Any) -> int:
    return say(town, Verb.PROPOSAL_REQUEST_CHANGES, who, stands=True, **facts)


def revise(town: Any, release: Digest) -> None:
    """Hand in the next revision; the machine lets it pass."""
    facts = {"proposal": "P-1", "revision": 1}
    town.write(
        EntryDraft(
            Verb.PROPOSAL_REVISE, AGENT, "agent", "token", "mcp", "proposal", "P-1",
            on_behalf_of=ANNA, facts=facts,
        )
    )  # fmt: skip
    town.verified("P-1", release)


def published(town: Any, release: Digest) -> bool:
    town.write(town.publication("P-1", release))
    return release in town.ledger.releases


def test_an_objection_outlives_the_revision_it_was_about(peopled: Any) -> None:
    release = reviewed(peopled)
    object_(peopled)
    revise(peopled, release)
    peopled.vote("P-1", release)

    assert not published(peopled, release)
    assert peopled.problems() == ["release.objection"]
    assert "release.objection" in peopled.check_codes()


def test_a_lifted_objection_holds_nothing_back(peopled: Any) -> None:
    release = reviewed(peopled)
    object_(peopled)
    revise(peopled, release)
    peopled.vote("P-1", release)
    say(peopled, Verb.OBJECTION_LIFT)

    assert published(peopled, release)
    assert not peopled.check_codes()


def test_a_revision_that_nobody_objects_to_any_more_is_up_for_review_again(peopled: Any) -> None:
    release = reviewed(peopled)
    object_(peopled)
    say(peopled, Verb.OBJECTION_LIFT)
    peopled.vote("P-1", release)

    assert published(peopled, release)
    assert peopled.problems() == []


def test_one_of_two_objections_is_enough(peopled: Any) -> None:
    release = reviewed(peopled)
    object_(peopled, ANNA)
    object_(peopled)
    say(peopled, Verb.OBJECTION_LIFT)
    peopled.vote("P-1", release)

    assert peopled.problems() == ["vote.stale"]  # it is still with its author
    revise(peopled, release)
    peopled.vote("P-1", release, peopled.ben, who=BEN)
    assert not published(peopled, release)


def test_who_votes_for_it_objects_no_more(peopled: Any) -> None:
    release = reviewed(peopled)
    object_(peopled)
    revise(peopled, release)
    peopled.vote("P-1", release, peopled.ben, who=BEN)

    assert peopled.ledger.objections("P-1") == {}
    assert published(peopled, release)


def test_nobody_lifts_the_objection_of_another(peopled: Any) -> None:
    release = reviewed(peopled)
    object_(peopled)
    say(peopled, Verb.OBJECTION_LIFT, ANNA)
    revise(peopled, release)
    peopled.vote("P-1", release)

    assert not published(peopled, release)
    assert peopled.problems() == ["objection.none", "release.objection"]


def test_the_objection_of_somebody_who_was_revoked_holds_nothing_back(peopled: Any) -> None:
    release = reviewed(peopled)
    object_(peopled)
    revise(peopled, release)
    peopled.vote("P-1", release)
    peopled.write(peopled.by_person(Verb.PRINCIPAL_REVOKE, ("principal", BEN)))

    said = peopled.ledger.objections("P-1")
    assert (list(said), holding(said, peopled.ledger.principals)) == ([BEN], ())
    assert published(peopled, release)


def test_a_machine_never_holds_anything_back(peopled: Any) -> None:
    release = reviewed(peopled)
    facts = {"proposal": "P-1", "revision": 1, "stands": True}
    peopled.write(
        EntryDraft(
            Verb.PROPOSAL_REQUEST_CHANGES, AGENT, "agent", "token", "mcp", "proposal", "P-1",
            facts=facts,
        )
    )  # fmt: skip
    revise(peopled, release)
    peopled.vote("P-1", release)

    assert published(peopled, release)


def test_in_older_logs_a_request_for_changes_was_over_with_the_next_revision(
    new_town: Callable[..., Any],
) -> None:
    town = new_town()
    town.settle_ben()
    release = reviewed(town)
    say(town, Verb.PROPOSAL_REQUEST_CHANGES)
    revise(town, release)
    town.vote("P-1", release)

    assert published(town, release)
    assert not town.check_codes()


@pytest.mark.parametrize("verb", [Verb.OBJECTION_LIFT, Verb.PROPOSAL_REQUEST_CHANGES])
def test_a_refused_word_changes_nothing(peopled: Any, verb: Verb) -> None:
    release = reviewed(peopled)
    if verb is Verb.OBJECTION_LIFT:
        object_(peopled)
    before = peopled.ledger.objections("P-1")
    facts = {"proposal": "P-1", "revision": 1}
    peopled.write(
        peopled.by_person(
            verb,
            ("proposal", "P-1"),
            who=BEN,
            facts=facts,
            outcome="refused",
            code="x",
            policy=None,
        )
    )

    assert peopled.ledger.objections("P-1") == before
    assert published(peopled, release) is False
