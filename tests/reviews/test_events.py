"""Events: a grammar that holds, and drafts that carry only what their verb may."""

import re

import pytest
from hypothesis import given
from strategies import drafts

from toolvet_reviews import canonical
from toolvet_reviews.events import ACTS, FACTS, EntryDraft, EventError, Verb


@pytest.mark.parametrize("verb", Verb)
def test_every_verb_follows_the_grammar(verb: Verb):
    assert re.fullmatch(r"[a-z]+:[a-z]+(_[a-z]+)?", verb)
    assert verb.name == verb.upper().replace(":", "_")


def test_every_verb_says_which_facts_it_may_carry():
    assert set(FACTS) == set(Verb)


def test_everything_that_decides_is_an_act():
    deciding = {"vote", "waiver", "policy", "grant", "tier"}

    undecided = {verb for verb in Verb if verb.partition(":")[0] in deciding} - ACTS

    assert undecided == {Verb.GRANT_REVOKE}


def test_stopping_needs_no_signature():
    stopping = [verb for verb in Verb if verb.partition(":")[2] in ("stop", "revoke", "delete")]

    assert not ACTS.intersection(stopping)


@given(drafts())
def test_facts_and_payloads_of_a_draft_have_a_canonical_form(draft: EntryDraft):
    assert canonical.dumps(draft.facts)
    assert canonical.dumps(draft.payloads)


@pytest.mark.parametrize("verb", Verb)
def test_a_fact_of_another_verb_is_refused(verb: Verb):
    with pytest.raises(EventError) as caught:
        EntryDraft(
            verb=verb,
            actor="a",
            actor_kind="human",
            auth="key",
            seat="cli",
            target_kind="release",
            target_id="r",
            facts={"free_text": "x"},
        )

    assert caught.value.code == "event.invalid"
