"""What counts in the log, and what does not whoever wrote it there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from toolvet.audit import entries, keys
from toolvet.audit.acts import VoidError
from toolvet.errors import LogError
from toolvet_reviews import digests
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.values import Digest

ANNA = "018f0000-0000-7000-8000-00000000000a"
BEN = "018f0000-0000-7000-8000-00000000000b"
AGENT = "018f0000-0000-7000-8000-00000000000c"


def reviewed(town: Any, proposal: str = "P-1", name: str = "greet", **rest: Any) -> Digest:
    release = town.release(name, proposal)
    town.submit(proposal, **rest)
    town.verified(proposal, release)
    return release


def test_a_new_log_knows_its_service_people_policy_and_first_key(town: Any) -> None:
    ledger = town.ledger

    assert town.problems() == []
    assert ledger.service_id == "018f0000-0000-7000-8000-000000000001"
    assert ledger.pinned_key == town.anna.fingerprint
    assert ledger.policy_text == town.policy_text
    assert dict(ledger.active_keys()) == {town.anna.fingerprint: town.anna.public}
    assert ledger.key_owner(town.anna.fingerprint) == ANNA
    assert ledger.principals[AGENT].sponsor == ANNA


def test_an_approved_release_is_served(town: Any) -> None:
    release = town.publish("P-1", "greet")

    assert town.problems() == []
    assert town.serving() == {"greet": release}
    assert [vote.voter for vote in town.ledger.votes(release)] == [ANNA]
    assert town.ledger.releases[release].version == 1


def test_a_newer_release_takes_the_channel_and_a_signed_move_gives_it_back(town: Any) -> None:
    first = town.publish("P-1", "greet")
    second = town.publish("P-2", "greet", version=2, previous=first)
    served = town.serving()
    town.move(first, 1, second)

    assert served == {"greet": second}
    assert town.serving() == {"greet": first}
    assert town.problems() == []


def test_a_stopped_channel_serves_nothing_until_it_is_moved(town: Any) -> None:
    release = town.publish("P-1", "greet")
    town.write(
        town.by_person(
            Verb.CHANNEL_STOP,
            ("release", release),
            auth="token",
            digest=release,
            facts={"channel": "stable", "version": 1},
        )
    )
    stopped = town.serving()
    town.move(release, 1, None)

    assert stopped == {}
    assert town.serving() == {"greet": release}


def test_a_stopped_release_is_never_served_again(town: Any) -> None:
    first = town.publish("P-1", "greet")
    second = town.publish("P-2", "greet", version=2, previous=first)
    town.write(town.by_person(Verb.RELEASE_STOP, ("release", first), auth="token", digest=first))
    town.move(first, 1, second)

    assert town.serving() == {"greet": second}
    assert town.problems() == ["channel.stopped_release"]


def test_a_publication_without_a_vote_does_not_count(town: Any) -> None:
    release = reviewed(town)
    town.write(town.publication("P-1", release))

    assert town.serving() == {}
    assert town.problems() == ["release.votes"]


def test_a_vote_without_an_envelope_does_not_count(town: Any) -> None:
    release = reviewed(town)
    town.write(town.ballot("P-1", release))
    town.write(town.publication("P-1", release))

    assert town.ledger.votes(release) == ()
    assert town.problems() == ["act.unsigned", "release.votes"]


def test_a_vote_signed_by_a_stranger_does_not_count(town: Any) -> None:
    release = reviewed(town)
    stranger = keys.PersonKey(Ed25519PrivateKey.generate())
    town.vote("P-1", release, stranger)

    assert town.ledger.votes(release) == ()
    assert town.problems() == ["act.envelope"]


def test_another_envelope_than_the_entry_names_does_not_count(town: Any) -> None:
    release = reviewed(town)
    draft, _ = town.sign(town.ballot("P-1", release), town.anna, **town.shown("P-1"))
    _, other = town.sign(town.ballot("P-1", release), town.anna, **town.shown("P-1"))
    town.write(draft, act=other)

    assert town.problems() == ["act.other_envelope"]


def test_an_act_handed_in_twice_counts_once(new_town: Callable[..., Any]) -> None:
    town = new_town("regulated")
    town.settle_ben()
    release = reviewed(town)
    draft, act = town.sign(town.ballot("P-1", release, who=BEN), town.ben, **town.shown("P-1"))
    town.write(draft, act=act)
    town.write(draft, act=act)

    assert len(town.ledger.votes(release)) == 1
    assert town.problems() == ["act.nonce_seen"]


FORGERIES: dict[str, tuple[dict[str, Any], str]] = {
    "another service": ({"service": "018f0000-0000-7000-8000-0000000000ff"}, "act.other_service"),
    "another verb": ({"act": Verb.WAIVER_ADD}, "act.other_verb"),
    "another target": ({"target": ("proposal", "P-9")}, "act.other_target"),
    "another release": ({"subject": digests.sha256(b"other")}, "act.other_subject"),
    "another policy": ({"policy": digests.sha256(b"other")}, "act.other_policy"),
    "another person": ({"actor": BEN}, "act.other_actor"),
    "another proposal": ({"proposal": "P-9"}, "vote.other_words"),
    "no verdict": ({"verdict": None}, "vote.other_words"),
    "another dossier": ({"dossier": digests.sha256(b"other")}, "vote.other_dossier"),
    "another tier": ({"tier": "A"}, "vote.other_tier"),
    "an unmet rubric": ({"rubric": {"correctness": "unmet"}}, "vote.rubric_unmet"),
    "no rubric": ({"rubric": None}, "vote.rubric_unmet"),
    "a waiver nobody gave": ({"waivers": ("0" * 32,)}, "vote.waiver"),
    "another log": ({"checkpoint_root": bytes(32)}, "act.other_log"),
    "a log of the future": ({"checkpoint_size": 10_000}, "act.other_log"),
}


@pytest.mark.parametrize(("words", "code"), FORGERIES.values(), ids=FORGERIES)
def test_a_vote_signed_for_something_else_does_not_count(
    town: Any, words: dict[str, Any], code: str
) -> None:
    release = reviewed(town)
    draft, act = town.sign(town.ballot("P-1", release), town.anna, **{**town.shown("P-1"), **words})
    town.write(draft, act=act)

    assert town.ledger.votes(release) == ()
    assert town.problems() == [code]


def test_a_vote_for_another_base_does_not_publish(town: Any) -> None:
    first = town.publish("P-1", "greet")
    second = reviewed(town, "P-2")
    town.vote("P-2", second, base=None)
    town.write(town.publication("P-2", second, version=2, previous=first))

    assert town.serving() == {"greet": first}
    assert town.problems() == ["release.votes"]


def test_a_publication_that_skips_what_was_served_does_not_take_the_channel(town: Any) -> None:
    first = town.publish("P-1", "greet")
    town.publish("P-2", "greet", version=2, previous=None)

    assert town.serving() == {"greet": first}
    assert [found.code for found in town.ledger.channel_problems(town.name_of)] == [
        "channel.other_base"
    ]


def test_authors_never_vote_on_their_own_work(town: Any) -> None:
    release = reviewed(town, author=ANNA, sponsor=None)
    draft = town.ballot(
        "P-1", release, facts={"proposal": "P-1", "revision": 1, "as_sponsor": False}
    )
    town.act(draft, town.anna, **town.shown("P-1"))

    assert town.problems() == ["vote.own_work"]


def test_a_sponsor_cannot_pass_for_somebody_else(town: Any) -> None:
    release = reviewed(town)
    draft = town.ballot(
        "P-1", release, facts={"proposal": "P-1", "revision": 1, "as_sponsor": False}
    )
    town.act(draft, town.anna, **town.shown("P-1"))

    assert town.problems() == ["vote.sponsor"]


def test_where_the_policy_asks_so_the_sponsors_vote_is_not_enough(
    new_town: Callable[..., Any],
) -> None:
    town = new_town("regulated")
    town.settle_ben()
    release = reviewed(town)
    town.vote("P-1", release)
    town.write(town.publication("P-1", release))
    early = town.problems()
    town.act(town.ballot("P-1", release, who=BEN), town.ben, **town.shown("P-1"))
    town.write(town.publication("P-1", release))

    assert early == ["release.votes"]
    assert town.serving() == {"greet": release}


def test_the_tally_says_what_a_publication_would_say(new_town: Callable[..., Any]) -> None:
    town = new_town("regulated")
    town.settle_ben()
    release = reviewed(town)
    before = town.ledger.tally(release)
    town.act(town.ballot("P-1", release, who=BEN), town.ben, **town.shown("P-1"))

    assert before is not None
    assert not before.met
    assert town.ledger.tally(release).met
    assert town.ledger.tally(digests.sha256(b"unknown")) is None


def test_a_vote_on_what_verification_did_not_pass_does_not_count(town: Any) -> None:
    release = town.release("greet")
    town.submit("P-1")
    town.verified("P-1", release, passed=False)
    town.vote("P-1", release)

    assert town.problems() == ["vote.stale"]


def test_a_revision_takes_back_every_vote_before_it(town: Any) -> None:
    release = reviewed(town)
    town.vote("P-1", release)
    town.write(
        EntryDraft(
            Verb.PROPOSAL_REVISE,
            AGENT,
            "agent",
            "token",
            "mcp",
            "proposal",
            "P-1",
            on_behalf_of=ANNA,
            facts={"proposal": "P-1", "revision": 2},
        )
    )
    town.write(town.publication("P-1", release))

    assert town.problems() == ["release.not_reviewed"]


@pytest.mark.parametrize(
    "verb", [Verb.PROPOSAL_REJECT, Verb.PROPOSAL_WITHDRAW, Verb.PROPOSAL_REQUEST_CHANGES]
)
def test_a_proposal_that_is_no_longer_open_cannot_be_published(town: Any, verb: Verb) -> None:
    release = reviewed(town)
    town.vote("P-1", release)
    town.write(town.by_person(verb, ("proposal", "P-1"), auth="token", facts={"proposal": "P-1"}))
    town.write(town.publication("P-1", release))

    assert town.serving() == {}
    assert town.problems() == ["release.not_reviewed"]


def test_a_vote_under_another_policy_does_not_count_under_the_new_one(town: Any) -> None:
    release = reviewed(town)
    town.vote("P-1", release)
    text = town.policy_text + "\n# stricter in spirit\n"
    digest = digests.sha256(text.encode())
    town.act(
        town.by_person(
            Verb.POLICY_APPLY, ("policy", digest), digest=digest, payloads={"policy": text}
        ),
        town.anna,
    )
    town.write(town.publication("P-1", release, policy=digest))
    town.write(town.publication("P-1", release))

    assert town.ledger.policy_digest == digest
    assert town.problems() == ["release.votes", "release.policy"]


def test_a_revoked_voter_no_longer_counts(new_town: Callable[..., Any]) -> None:
    town = new_town("regulated")
    town.settle_ben()
    release = reviewed(town)
    town.act(town.ballot("P-1", release, who=BEN), town.ben, **town.shown("P-1"))
    town.write(town.by_person(Verb.PRINCIPAL_REVOKE, ("principal", BEN), auth="token"))
    town.write(town.publication("P-1", release))

    assert town.problems() == ["release.votes"]
    assert town.ben.fingerprint not in town.ledger.active_keys()


def test_a_revoked_key_signs_nothing_more(town: Any) -> None:
    town.settle_ben()
    release = reviewed(town)
    town.write(
        town.by_person(
            Verb.KEY_REVOKE,
            ("principal", BEN),
            auth="token",
            digest=town.ben.fingerprint,
            facts={"key": town.ben.fingerprint},
        )
    )
    town.act(town.ballot("P-1", release, who=BEN), town.ben, **town.shown("P-1"))

    assert town.problems() == ["act.envelope"]


def test_a_key_signs_nothing_before_it_is_enrolled(town: Any) -> None:
    about = town.principal(BEN, "ben", "human", ("reviewer",))
    town.act(town.by_person(Verb.PRINCIPAL_ADD, ("principal", BEN), **about), town.anna)
    release = reviewed(town)
    town.act(town.ballot("P-1", release, who=BEN), town.ben, **town.shown("P-1"))

    assert town.problems() == ["act.envelope"]


def test_who_may_only_review_adds_nobody(town: Any) -> None:
    town.settle_ben()
    about = town.principal(AGENT, "scribe", "agent", ("author", "operator"), ANNA)
    draft = town.by_person(Verb.PRINCIPAL_ADD, ("principal", AGENT), who=BEN, **about)
    town.act(draft, town.ben)

    assert town.problems() == ["act.role"]


def test_without_a_signature_nobody_is_added_once_a_key_is_pinned(town: Any) -> None:
    about = town.principal(BEN, "ben", "human", ("reviewer",))
    town.write(town.by_service(Verb.PRINCIPAL_ADD, ("principal", BEN), auth="bootstrap", **about))
    town.write(town.by_service(Verb.PRINCIPAL_ADD, ("principal", BEN), **about))

    assert BEN not in town.ledger.principals
    assert town.problems() == ["bootstrap.closed", "act.unsigned"]


def test_only_one_key_is_ever_pinned(town: Any) -> None:
    town.pin(town.ben)

    assert town.ledger.pinned_key == town.anna.fingerprint
    assert town.ben.fingerprint not in town.ledger.keys
    assert town.problems() == ["bootstrap.closed"]


def test_a_key_whose_fingerprint_is_of_another_is_not_pinned(
    new_town: Callable[..., Any],
) -> None:
    town = new_town(pin=False)
    town.write(
        town.by_person(
            Verb.KEY_PIN,
            ("principal", ANNA),
            auth="bootstrap",
            policy=None,
            digest=town.anna.fingerprint,
            facts={"key": town.anna.fingerprint, "public": town.ben.public.hex()},
        )
    )

    assert town.ledger.pinned_key is None
    assert town.problems() == ["key.differs"]


def test_roles_in_the_leaf_must_be_those_that_were_signed(town: Any) -> None:
    about = town.principal(BEN, "ben", "human", ("caller",))
    about["facts"] = {**about["facts"], "roles": ["operator", "reviewer"]}
    town.act(town.by_person(Verb.PRINCIPAL_ADD, ("principal", BEN), **about), town.anna)

    assert town.problems() == ["principal.differs"]


def test_a_document_that_was_not_signed_does_not_count(town: Any) -> None:
    about = town.principal(BEN, "ben", "human", ("caller",))
    other = town.principal(BEN, "bob", "human", ("caller",))
    about["payloads"] = other["payloads"]
    town.act(town.by_person(Verb.PRINCIPAL_ADD, ("principal", BEN), **about), town.anna)

    assert town.problems() == ["document.differs"]


def test_an_agent_needs_a_person_who_answers_for_it(town: Any) -> None:
    about = town.principal(BEN, "bot", "agent", ("author",), AGENT)
    town.act(town.by_person(Verb.PRINCIPAL_ADD, ("principal", BEN), **about), town.anna)

    assert town.problems() == ["principal.sponsor"]


def test_a_grant_counts_until_it_is_revoked(town: Any) -> None:
    words = {"id": "g-1", "to": AGENT, "tool": "default/*", "up_to": "pure", "expires": None}
    facts = {"to": AGENT, "up_to": "pure", "expires": None}
    about = town.about("grant", words, facts)
    town.act(town.by_person(Verb.GRANT_ADD, ("grant", "g-1"), **about), town.anna)
    granted = town.ledger.grants()
    town.write(town.by_person(Verb.GRANT_REVOKE, ("grant", "g-1"), auth="token"))

    assert [grant.tool for grant in granted] == ["default/*"]
    assert town.ledger.grants() == ()
    assert town.problems() == []


def test_a_person_whose_name_was_erased_keeps_their_roles(town: Any) -> None:
    about = town.principal(BEN, "ben", "human", ("reviewer",))
    draft, act = town.sign(
        town.by_person(Verb.PRINCIPAL_ADD, ("principal", BEN), **about), town.anna
    )
    index = town.tree.size
    sealed = entries.seal(draft, index, "2026-11-21T10:00:00.000000Z", {"document": bytes(32)})
    town.ledger.apply(entries.parse_entry(sealed.leaf), act=act, documents={"document": None})

    assert town.ledger.principals[BEN].name == ""
    assert town.ledger.principals[BEN].roles == {"reviewer"}


def test_a_policy_whose_text_was_erased_publishes_nothing(town: Any) -> None:
    digest = digests.sha256(b"gone")
    draft, act = town.sign(
        town.by_person(
            Verb.POLICY_APPLY, ("policy", digest), digest=digest, payloads={"policy": "gone"}
        ),
        town.anna,
    )
    sealed = entries.seal(
        draft, town.tree.size, "2026-11-21T10:00:00.000000Z", {"policy": bytes(32)}
    )
    town.ledger.apply(entries.parse_entry(sealed.leaf), act=act, documents={"policy": None})

    assert town.ledger.policy_digest == digest
    assert town.ledger.tally(digests.sha256(b"x")) is None


def test_words_beside_a_vote_must_be_those_the_voter_committed_to(town: Any) -> None:
    release = reviewed(town)
    salt = bytes(range(32))
    commitment = digests.commit(salt, b"looks good")
    for text in ("looks bad", "looks good"):
        draft = town.ballot("P-1", release, payloads={"note": {"salt": salt.hex(), "text": text}})
        town.act(draft, town.anna, note=commitment, **town.shown("P-1"))

    assert town.problems() == ["act.other_note"]
    assert len(town.ledger.votes(release)) == 1


def test_consent_to_a_tier_is_remembered(town: Any) -> None:
    about = town.about("tier", {"tier": "C"}, {"tier": "C"})
    index = town.act(town.by_person(Verb.TIER_CONSENT, ("tier", "C"), tier="C", **about), town.anna)

    assert dict(town.ledger.consents) == {"C": index}


def test_only_the_service_verifies_and_publishes(town: Any) -> None:
    release = reviewed(town)
    town.vote("P-1", release)
    forged = replace(
        town.publication("P-1", release), actor=AGENT, actor_kind="agent", auth="token"
    )
    town.write(forged)

    assert town.problems() == ["entry.not_service"]


def test_a_release_whose_manifest_is_lost_does_not_bring_back_the_one_before(town: Any) -> None:
    first = town.publish("P-1", "greet")
    second = town.publish("P-2", "greet", version=2, previous=first)
    del town.manifests[second]

    assert town.serving() == {"greet": second}


def test_a_release_whose_manifest_is_lost_does_not_hide_the_one_after(town: Any) -> None:
    first = town.publish("P-1", "greet")
    second = town.publish("P-2", "greet", version=2, previous=first)
    del town.manifests[first]

    assert town.serving() == {"greet": second}


def test_a_release_nobody_can_name_stands_under_its_digest(town: Any) -> None:
    release = town.publish("P-1", "greet")
    town.manifests.clear()

    assert town.serving() == {release: release}


def test_a_version_is_given_once(town: Any) -> None:
    first = town.publish("P-1", "greet")
    town.publish("P-2", "greet", version=1, previous=first)

    assert town.serving() == {"greet": first}


def test_an_act_can_be_examined_before_it_is_written(town: Any) -> None:
    release = reviewed(town)
    draft, act = town.sign(town.ballot("P-1", release), town.anna, **town.shown("P-1"))
    statement = town.ledger.examine(draft, act)
    town.write(draft, act=act)

    assert statement.proposal == "P-1"
    with pytest.raises(VoidError) as caught:
        town.ledger.examine(draft, act)
    assert caught.value.reason == "act.nonce_seen"


def test_entries_are_applied_in_order_only(town: Any) -> None:
    sealed = entries.seal(
        town.by_service(Verb.SERVICE_START, ("service", "x")), 99, "2026-11-21T10:00:00.000000Z", {}
    )

    with pytest.raises(LogError):
        town.ledger.apply(entries.parse_entry(sealed.leaf), act=None, documents={})
