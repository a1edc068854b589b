"""The policy: strict text, three presets, votes counted by person."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import effect_kinds

from toolvet_reviews import digests, policy
from toolvet_reviews.errors import PolicyError
from toolvet_reviews.policy import CountedVote, Tally
from toolvet_reviews.values import EFFECT_KINDS, Digest, EffectKind

RELEASE = digests.sha256(b"release")
OTHER = digests.sha256(b"other")
PRESETS = {name: policy.parse_policy(policy.preset(name)) for name in policy.PRESET_NAMES}

votes = st.builds(
    CountedVote,
    voter=st.sampled_from(["ann", "bob", "cem"]),
    roles=st.frozensets(st.sampled_from(["reviewer", "author"])),
    is_sponsor=st.booleans(),
    is_author=st.booleans(),
    verdict=st.sampled_from(["approve", "approve", "reject"]),
    release_digest=st.sampled_from([RELEASE, OTHER]),
)


def approval(
    voter: str = "ann", *, sponsor: bool = False, release: Digest = RELEASE
) -> CountedVote:
    return CountedVote(voter, frozenset({"reviewer"}), sponsor, False, "approve", release)


def count(name: str, kind: EffectKind, *given_votes: CountedVote) -> Tally:
    return policy.tally(PRESETS[name], kind, given_votes, RELEASE)


@pytest.mark.parametrize("name", ["solo", "team", "regulated"])
def test_a_preset_is_a_policy_of_its_name_and_its_digest_is_that_of_the_bytes(name: str):
    text = policy.preset(name)

    parsed = policy.parse_policy(text)

    assert parsed.preset == name
    assert parsed.digest == digests.sha256(text.encode())
    assert parsed.max_open_per_author == 50
    assert (parsed.limits.wall_s, parsed.limits.memory_mib) == (10, 512)


@pytest.mark.parametrize(("name", "kind", "people", "sponsor_counts"), [
    ("solo", "pure", 1, True), ("solo", "destructive", 1, True),
    ("team", "pure", 1, True), ("team", "read", 1, True),
    ("team", "write", 1, False), ("team", "destructive", 2, False),
    ("regulated", "pure", 1, False), ("regulated", "write", 2, False),
    ("regulated", "destructive", 2, False),
])  # fmt: skip
def test_the_presets_ask_for_the_people_they_promise(
    name: str, kind: EffectKind, people: int, sponsor_counts: bool
):
    rule = PRESETS[name].votes[kind]

    assert (rule.people, rule.role, rule.sponsor_counts) == (people, "reviewer", sponsor_counts)


@pytest.mark.parametrize("kind", ["write", "destructive"])
def test_every_preset_wants_evidence_for_tools_that_write(kind: EffectKind):
    wanted = {"correctness", "safety", "idempotency", "observability"}

    assert all(wanted <= set(one.required_rubric[kind]) for one in PRESETS.values())


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ('preset = "solo"', 'preset = "mine"'),
        ("toolvet/policy/v1", "toolvet/policy/v2"),
        ("people = 1", "people = 0"),
        ("people = 1", "people = true"),
        ("people = 1", "peple = 1"),
        ('role = "reviewer"', 'role = "king"'),
        ("[votes.write]", "[votes.wirte]"),
        ("sponsor_counts = true", 'sponsor_counts = "yes"'),
        ("sponsor_counts = true", ""),
        ('"intake", ', ""),
        ('"semgrep"', '"semgrap"'),
        ('"safety"', '"luck"'),
        ("[rubric]", "[rubrics]"),
        ("max_files = 64", "max_files = 0"),
        ("wall_s = 10", "wall_s = 1e4"),
        ("[limits]", "[limits]\nsurprise = 1"),
        ("[waivers]", "[[waivers]]"),
        ("[intake]", "[intake"),
        (
            "\n",
            "\n\ud800",
        ),
    ],
)
def test_a_policy_that_says_something_else_is_refused(found: str, instead: str):
    text = policy.preset("solo")
    assert found in text

    with pytest.raises(PolicyError) as caught:
        policy.parse_policy(text.replace(found, instead, 1))

    assert caught.value.code == "policy.invalid"


@pytest.mark.parametrize("text", ["", "x", "preset = 'solo'", "[[[[", "a" * 70_000])
def test_no_policy_is_an_error_not_a_lenient_one(text: str):
    with pytest.raises(PolicyError):
        policy.parse_policy(text)


def test_an_unknown_preset_is_refused():
    with pytest.raises(PolicyError):
        policy.preset("lax")


@pytest.mark.parametrize(("name", "kind"), [*product(PRESETS, EFFECT_KINDS)])
def test_without_a_vote_nothing_is_met(name: str, kind: EffectKind):
    assert not count(name, kind).met


def test_one_person_counts_once():
    assert not count("team", "destructive", approval("ann"), approval("ann")).met
    assert count("team", "destructive", approval("ann"), approval("bob")).met


def test_a_sponsor_counts_only_where_the_policy_says_so():
    assert count("team", "read", approval(sponsor=True)).met
    assert not count("team", "write", approval(sponsor=True)).met
    assert not count("regulated", "pure", approval(sponsor=True)).met


def test_a_vote_on_another_release_counts_nothing():
    assert not count("solo", "pure", approval(release=OTHER)).met


def test_a_standing_vote_against_blocks():
    against = CountedVote("cem", frozenset({"reviewer"}), False, False, "reject", RELEASE)

    result = count("solo", "pure", approval(), against)

    assert result.have == 1
    assert not result.met


def test_a_sponsor_may_block_even_where_its_approval_does_not_count():
    against = CountedVote("cem", frozenset({"reviewer"}), True, False, "reject", RELEASE)

    assert not count("regulated", "pure", approval(), against).met


@given(st.sampled_from(sorted(PRESETS)), effect_kinds, st.lists(votes, max_size=6))
def test_met_means_enough_different_people_who_may(
    name: str, kind: EffectKind, given_votes: list[CountedVote]
):
    rule = PRESETS[name].votes[kind]

    result = policy.tally(PRESETS[name], kind, given_votes, RELEASE)

    good = {
        vote.voter
        for vote in given_votes
        if vote.verdict == "approve"
        and vote.release_digest == RELEASE
        and "reviewer" in vote.roles
        and not vote.is_author
        and (rule.sponsor_counts or not vote.is_sponsor)
    }
    assert result.have == len(good)
    assert not result.met or len(good) >= rule.people
    assert result.met or result.reasons


@given(st.lists(votes, max_size=6))
def test_the_order_of_votes_does_not_matter(given_votes: list[CountedVote]):
    turned = given_votes[::-1]

    first = policy.tally(PRESETS["team"], "write", given_votes, RELEASE)
    second = policy.tally(PRESETS["team"], "write", turned, RELEASE)

    assert (first.have, first.met) == (second.have, second.met)


def changed(name: str, found: str, instead: str) -> policy.Policy:
    """A preset with other words in it."""
    text = policy.preset(name)
    assert found in text
    return policy.parse_policy(text.replace(found, instead, 1))


def before_these_tables(name: str) -> str:
    """A preset as it was written before it asked anything of evidence."""
    text = re.sub(
        r"(?ms)^\[(thresholds\.\w+|recorded|rules|held_out)\]\n.*?(?=^\[|^#)",
        "",
        policy.preset(name),
    )
    return re.sub(r"(?m)^(longest_days|expired) = .*\n", "", text)


@pytest.mark.parametrize("name", ["solo", "team", "regulated"])
def test_a_preset_asks_for_more_the_more_a_tool_may_do(name: str):
    asked = PRESETS[name].thresholds

    scores = [asked[kind].mutation_score for kind in EFFECT_KINDS]
    assert scores == sorted(scores)
    assert scores[0] == 0
    assert scores[2] >= 50
    assert not any("cost" in one for one in PRESETS[name].required_rubric.values())
    assert {"behaviour", "cost"}.isdisjoint(PRESETS[name].required_checks["destructive"])


@pytest.mark.parametrize("name", ["solo", "team", "regulated"])
def test_an_older_policy_is_asked_for_what_the_strictest_preset_asks(name: str):
    strictest = PRESETS["regulated"]

    old = policy.parse_policy(before_these_tables(name))

    assert old.thresholds == strictest.thresholds
    assert (old.waiver_days, old.expired_waiver) == (30, "stop")
    assert (old.waiver_days, old.expired_waiver) == (
        strictest.waiver_days, strictest.expired_waiver,
    )  # fmt: skip
    assert old.recorded.calls == 0
    assert (old.own_rules, old.rule_packs, old.held_out) == ((), (), ())


def test_what_a_policy_asks_is_read():
    digest = "sha256:" + "0" * 64
    asked = changed(
        "solo", "[thresholds.pure]\nmutation_score = 0", "[thresholds.pure]\nmutants = 33"
    )
    own = changed("solo", "own = []", f'own = ["ours.json {digest}", "more.yaml {digest}"]')
    packs = changed("solo", "packs = []", 'packs = ["p/python", "r/python.lang"]')
    cases = changed("solo", "cases = []", f'cases = ["growth/send {digest}"]')
    kept = changed("solo", "calls = 0", "calls = 200")

    assert asked.thresholds["pure"].mutants == 33
    assert own.own_rules == (f"ours.json {digest}", f"more.yaml {digest}")
    assert packs.rule_packs == ("p/python", "r/python.lang")
    assert cases.held_out == (f"growth/send {digest}",)
    assert (kept.recorded.calls, kept.recorded.redact) == (200, "shape")


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ("mutation_score = 50", "mutation_score = 101"),
        ("mutation_score = 50", "mutation_score = 50.5"),
        ("mutation_score = 50", "mutation_scor = 50"),
        ("[thresholds.write]", "[thresholds.wirte]"),
        ("repeats = 2", "repeats = 0"),
        ("calls = 0", "calls = -1"),
        ('redact = "shape"', 'redact = "some"'),
        ("own = []", 'own = ["ours.json"]'),
        ("own = []", 'own = ["../ours.json sha256:' + "0" * 64 + '"]'),
        ("own = []", 'own = ["ours.json sha256:' + "G" * 64 + '"]'),
        ("own = []", 'own = ["a.json sha256:{}", "a.json sha256:{}"]'.format("0" * 64, "1" * 64)),
        ("packs = []", 'packs = ["https://example.com/rules"]'),
        ("packs = []", 'packs = ["p/../x"]'),
        ("cases = []", 'cases = ["send sha256:' + "0" * 64 + '"]'),
        ("cases = []", 'cases = ["../x/send sha256:' + "0" * 64 + '"]'),
        ("longest_days = 90", "longest_days = 0"),
        ('expired = "queue"', 'expired = "ignore"'),
    ],
)
def test_what_asks_for_something_else_is_refused(found: str, instead: str):
    with pytest.raises(PolicyError):
        changed("solo", found, instead)
