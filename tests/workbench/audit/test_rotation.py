"""A person changes keys alone: the old one signs for the new one, and counts no more."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from toolvet.audit import roster_file
from toolvet.audit.errors import NoteError
from toolvet.audit.keys import PersonKey
from toolvet.audit.roster_file import RosterError, RosterFile
from toolvet_reviews.events import Verb
from toolvet_reviews.values import Digest

BEN = "018f0000-0000-7000-8000-00000000000b"
ANNA = "018f0000-0000-7000-8000-00000000000a"


def new_key() -> PersonKey:
    return PersonKey(Ed25519PrivateKey.generate())


def change(
    town: Any,
    new: PersonKey,
    *,
    signed_by: PersonKey,
    replaces: Digest | None,
    said: Digest | None = None,
    owner: str = BEN,
    who: str = BEN,
) -> None:
    """Let a key of `owner` count; `said` is what the document says is replaced."""
    words: dict[str, Any] = {
        "principal": owner,
        "fingerprint": new.fingerprint,
        "public": new.public.hex(),
    }
    facts: dict[str, Any] = {"key": new.fingerprint, "public": new.public.hex()}
    if replaces or said:
        words |= {"replaces": said or replaces}
        facts |= {"replaces": replaces}
    about = town.about("key", words, facts)
    draft = town.by_person(Verb.KEY_ENROL, ("principal", owner), who=who, **about)
    town.act(draft, signed_by)


def codes(town: Any) -> list[str]:
    return [problem.code for problem in town.ledger.problems]


@pytest.fixture
def settled(town: Any) -> Any:
    town.settle_ben()
    return town


def test_the_new_key_takes_the_place_of_the_old_one(settled: Any) -> None:
    new = new_key()
    change(settled, new, signed_by=settled.ben, replaces=settled.ben.fingerprint)

    assert codes(settled) == []
    assert new.fingerprint in settled.ledger.active_keys()
    assert settled.ben.fingerprint not in settled.ledger.active_keys()
    assert settled.ledger.keys[new.fingerprint].replaces == settled.ben.fingerprint
    assert settled.check().ok


def test_a_vote_of_the_old_key_stays_and_a_new_one_of_it_is_void(settled: Any) -> None:
    first, second = settled.release("greet"), settled.release("count")
    for proposal, release in (("P-1", first), ("P-2", second)):
        settled.submit(proposal)
        settled.verified(proposal, release)
    settled.vote("P-1", first, settled.ben, who=BEN)

    new = new_key()
    change(settled, new, signed_by=settled.ben, replaces=settled.ben.fingerprint)
    settled.vote("P-2", second, settled.ben, who=BEN)
    settled.vote("P-2", second, new, who=BEN)

    assert [vote.key for vote in settled.ledger.votes(first)] == [settled.ben.fingerprint]
    assert [vote.key for vote in settled.ledger.votes(second)] == [new.fingerprint]
    assert len(codes(settled)) == 1


def test_a_person_without_the_role_operator_gets_no_second_key(settled: Any) -> None:
    change(settled, new_key(), signed_by=settled.ben, replaces=None)

    assert codes(settled) == ["key.one_more"]
    assert len(settled.ledger.active_keys()) == 2


def test_nobody_changes_the_key_of_somebody_else(settled: Any) -> None:
    mallory = new_key()
    change(settled, mallory, signed_by=settled.ben, replaces=None, owner=ANNA)
    change(settled, mallory, signed_by=settled.ben, replaces=settled.anna.fingerprint, owner=ANNA)
    change(settled, mallory, signed_by=settled.ben, replaces=settled.anna.fingerprint)
    change(settled, mallory, signed_by=settled.anna, who=ANNA, replaces=settled.ben.fingerprint)

    assert codes(settled) == ["act.role", "act.role", "key.replaces", "key.replaces"]
    assert mallory.fingerprint not in settled.ledger.keys


def test_the_entry_cannot_say_that_another_key_was_replaced_than_was_signed(settled: Any) -> None:
    old = settled.ben.fingerprint
    change(settled, new_key(), signed_by=settled.ben, replaces=None, said=old)
    change(settled, new_key(), signed_by=settled.ben, replaces=old, said=settled.anna.fingerprint)

    assert codes(settled) == ["key.differs", "key.differs"]
    assert old in settled.ledger.active_keys()


def test_a_replaced_key_signs_for_no_third_one(settled: Any) -> None:
    old = settled.ben.fingerprint
    change(settled, new_key(), signed_by=settled.ben, replaces=old)
    change(settled, new_key(), signed_by=settled.ben, replaces=old)

    assert len(codes(settled)) == 1
    assert len(settled.ledger.active_keys()) == 2


def roster(town: Any) -> RosterFile:
    found: RosterFile = town.check().roster
    return roster_file.parse_roster(found.data)


def test_a_roster_says_who_may_sign_and_holds_of_the_log_it_was_made_from(settled: Any) -> None:
    kept = roster(settled)

    assert [key.principal for key in kept.keys] == [ANNA, BEN]
    assert [digest for _, digest in kept.policies] == [settled.policy]
    assert kept.pinned_key == settled.anna.fingerprint
    assert settled.check(roster=kept).ok


def test_a_roster_of_before_holds_of_a_log_that_went_on(settled: Any) -> None:
    kept = roster(settled)
    change(settled, new_key(), signed_by=settled.ben, replaces=settled.ben.fingerprint)
    settled.publish("P-1", "greet")

    assert settled.check(roster=kept).ok


def test_another_log_of_the_same_people_is_not_the_one_of_the_roster(
    settled: Any, new_town: Any
) -> None:
    kept = roster(settled)
    other = new_town("team")
    other.log_key = settled.log_key
    other.settle_ben()

    said = {problem.code for problem in other.check(roster=kept, seen=kept.checkpoint).problems}

    assert said >= {"roster.differs", "audit.inconsistent"}


def test_a_roster_that_was_changed_is_refused(settled: Any) -> None:
    data = roster(settled).data

    for changed in (
        b"",
        b"{}\n",
        data[:-1],
        data + b"\n",
        data.replace(b'"active":true', b'"active": true'),
        data.replace(b'"enrolled":', b'"since":'),
        b"\xff" + data,
    ):
        with pytest.raises(RosterError):
            roster_file.parse_roster(changed)
    with pytest.raises((RosterError, NoteError)):
        roster_file.parse_roster(data.replace(b"example.org/log", b"example.com/log"))


def test_a_key_that_was_slipped_into_a_roster_is_found(settled: Any) -> None:
    kept = roster(settled)
    lied = kept.data.replace(settled.ben.public.hex().encode(), new_key().public.hex().encode())

    report = settled.check(roster=roster_file.parse_roster(lied))

    assert {problem.code for problem in report.problems} == {"roster.differs"}
