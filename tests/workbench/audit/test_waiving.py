"""Waivers as the log derives them: whoever writes the entries, a forged one counts for nothing."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from toolvet.audit import keys
from toolvet_reviews import digests
from toolvet_reviews.values import Digest

ANNA = "018f0000-0000-7000-8000-00000000000a"
BEN = "018f0000-0000-7000-8000-00000000000b"
HOLE = "f" * 32
OTHER = digests.sha256(b"other")


def with_a_failed_revision(town: Any) -> Any:
    town.settle_ben()
    town.release_of_p1 = town.release("greet", "P-1")
    town.submit("P-1")
    town.verified("P-1", town.release_of_p1, passed=False)
    return town


@pytest.fixture
def tried(town: Any) -> Any:
    """A town where a revision failed, and Ben may review as well."""
    return with_a_failed_revision(town)


def overruled(town: Any, **rest: Any) -> Digest:
    """Ben waives, and the service concludes anew."""
    release: Digest = town.release_of_p1
    town.waive("P-1", release, HOLE, **rest)
    town.verified("P-1", release, waived=[HOLE])
    return release


def test_a_release_whose_finding_was_overruled_is_voted_on_and_published(tried: Any) -> None:
    release = overruled(tried)

    tried.vote("P-1", release, waivers=(HOLE,))
    tried.write(tried.publication("P-1", release))

    assert tried.problems() == []
    assert tried.serving() == {"greet": release}
    assert [one.voter for one in tried.ledger.waivers[release]] == [BEN]
    assert tried.ledger.overruled("P-1") == (HOLE,)
    assert tried.ledger.lapses(release) == "2026-12-01T09:00:00.000000Z"


def test_the_service_cannot_say_that_people_overruled_what_nobody_did(tried: Any) -> None:
    release = tried.release_of_p1
    tried.verified("P-1", release, waived=[HOLE])
    tried.vote("P-1", release, waivers=(HOLE,))
    tried.write(tried.publication("P-1", release))

    assert tried.problems() == ["revision.waiver", "vote.waiver", "release.not_reviewed"]
    assert tried.serving() == {}


@pytest.mark.parametrize("named", [(), ("0" * 32,), (HOLE, "0" * 32)])
def test_a_vote_names_exactly_the_waivers_its_release_leans_on(
    tried: Any, named: tuple[str, ...]
) -> None:
    release = overruled(tried)

    tried.vote("P-1", release, waivers=named)

    assert tried.problems() == ["vote.waiver"]
    assert tried.ledger.votes(release) == ()


FORGERIES: dict[str, tuple[dict[str, Any], str]] = {
    "another finding": ({"waivers": ("0" * 32,)}, "waiver.other_words"),
    "two findings": ({"waivers": (HOLE, "0" * 32)}, "waiver.other_words"),
    "another end": (
        {"signed": {"expires": "2026-11-30T09:00:00.000000Z"}},
        "waiver.other_words",
    ),
    "no rule": ({"facts": {"expires": "2026-12-01T09:00:00.000000Z"}}, "waiver.other_words"),
    "another dossier": ({"dossier": OTHER}, "waiver.other_words"),
    "another release": ({"subject": OTHER}, "act.other_subject"),
    "what nobody can overrule": ({"signed": {"rule": "intake.invisible"}}, "waiver.never"),
    "for too long": ({"expires": "2027-12-01T09:00:00.000000Z"}, "waiver.expires"),
    "for no time": ({"expires": "2026-11-20T09:00:00.000000Z"}, "waiver.expires"),
    "for ever": ({"expires": "9"}, "waiver.expires"),
    "in another form of time": ({"expires": "2026-12-01T09:00:00+00:00"}, "waiver.expires"),
}


@pytest.mark.parametrize(("words", "code"), FORGERIES.values(), ids=FORGERIES)
def test_a_waiver_of_something_else_does_not_count(
    tried: Any, words: dict[str, Any], code: str
) -> None:
    tried.waive("P-1", tried.release_of_p1, HOLE, **words)

    assert tried.problems() == [code]
    assert tried.ledger.waivers == {}


def test_a_waiver_without_a_release_under_review_does_not_count(tried: Any) -> None:
    tried.submit("P-2")
    tried.waive("P-2", tried.release_of_p1, HOLE)
    tried.waive("P-3", tried.release_of_p1, HOLE)

    assert tried.problems() == ["waiver.stale", "proposal.unknown"]


def test_a_failed_revision_without_a_release_cannot_be_overruled(tried: Any) -> None:
    tried.submit("P-2")
    revision = digests.sha256(b"P-2")
    tried.verified("P-2", revision, passed=False)

    tried.waive("P-2", revision, HOLE)

    assert tried.problems() == ["waiver.stale"]


def test_nobody_overrules_a_finding_on_their_own_work(town: Any) -> None:
    town.settle_ben()
    release = town.release("own")
    town.submit("P-1", author=BEN, sponsor=None)
    town.verified("P-1", release, passed=False)

    town.waive("P-1", release, HOLE)

    assert town.problems() == ["waiver.own_work"]


@pytest.mark.parametrize(
    ("policy", "codes"), [("solo", []), ("team", ["waiver.own_work"]), ("regulated", 2)]
)
def test_a_sponsor_overrules_only_where_a_sponsors_word_counts(
    new_town: Any, policy: str, codes: Any
) -> None:
    town = new_town(policy)
    for proposal, kind in (("P-1", "read"), ("P-2", "write")):
        release = town.release(proposal)
        town.submit(proposal)
        town.verified(proposal, release, passed=False, kind=kind)
        town.waive(proposal, release, HOLE, who=ANNA, key=town.anna)

    assert town.problems() == (codes if codes != 2 else ["waiver.own_work"] * 2)


def test_a_key_that_was_never_enrolled_overrules_nothing(tried: Any) -> None:
    stranger = keys.PersonKey(Ed25519PrivateKey.generate())

    tried.waive("P-1", tried.release_of_p1, HOLE, key=stranger)

    assert tried.ledger.waivers == {}
    assert len(tried.problems()) == 1


def test_a_waiver_that_ran_out_carries_no_verdict_and_no_vote(tried: Any) -> None:
    release = overruled(tried, expires="2026-11-21T09:00:16.000000Z")
    for _ in range(8):
        tried.submit(f"P-{tried.tree.size + 50}")  # an entry a second

    tried.vote("P-1", release, waivers=(HOLE,))
    tried.verified("P-1", release, waived=[HOLE])

    assert tried.problems() == ["vote.waiver", "revision.waiver"]


def test_two_people_stand_behind_a_waiver_where_the_policy_asks_for_two(new_town: Any) -> None:
    town = with_a_failed_revision(new_town("team"))
    release = overruled(town)

    town.vote("P-1", release, town.ben, who=BEN, waivers=(HOLE,))
    assert town.problems() == ["vote.waiver"]
    town.vote("P-1", release, waivers=(HOLE,))

    assert [vote.voter for vote in town.ledger.votes(release)] == [ANNA]


def test_a_renewed_waiver_moves_the_moment_a_release_lapses(tried: Any) -> None:
    release = overruled(tried)
    tried.vote("P-1", release, waivers=(HOLE,))
    tried.write(tried.publication("P-1", release))

    tried.waive("P-1", release, HOLE, expires="2026-12-15T09:00:00.000000Z")

    assert tried.problems() == []
    assert tried.ledger.lapses(release) == "2026-12-15T09:00:00.000000Z"
    assert tried.ledger.lapses(OTHER) is None
