"""Cases of a policy: what it must let through, keep waiting or stop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.errors import PolicyError
from toolvet_reviews.findings import Evidence
from toolvet_reviews.policy import CountedVote, parse_policy, preset
from toolvet_reviews.policy_cases import CaseResult, PolicyCasesError, parse_cases, run
from toolvet_reviews.policy_outcome import conclude, of_votes, rejudged
from toolvet_reviews.preset_cases import PRESET_CASES, cases_of
from toolvet_reviews.presets import PRESETS
from toolvet_reviews.values import EFFECT_KINDS, Digest, EffectKind, Json

HEAD = 'schema = "toolvet/policy-cases/v1"\n'
TEAM = parse_policy(preset("team"))
RELEASE = Digest("sha256:" + "a" * 64)


def one(lines: str, *, policy: str = "team") -> CaseResult:
    [result] = run(parse_policy(preset(policy)), parse_cases(f"{HEAD}[[case]]\n{lines}"))
    return result


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_keeps_what_its_cases_promise(name: str) -> None:
    results = run(parse_policy(preset(name)), parse_cases(cases_of(name)))

    assert [(one.case.name, one.outcome) for one in results if not one.holds] == []
    assert {one.outcome.word for one in results} == {"publishes", "waits", "blocked"}


def test_cases_tell_the_presets_apart() -> None:
    cases = parse_cases(PRESET_CASES["regulated"])

    assert not all(one.holds for one in run(parse_policy(preset("solo")), cases))


def test_a_preset_nobody_knows_has_no_cases() -> None:
    with pytest.raises(PolicyError):
        cases_of("strict")


def test_a_case_that_comes_otherwise_does_not_hold_and_says_why() -> None:
    result = one('name = "n"\nkind = "destructive"\nexpect = "publishes"\nvotes = [{person = "a"}]')

    assert not result.holds
    assert result.outcome.word == "waits"
    assert "1 more approval" in result.outcome.reasons[0]


def test_the_right_outcome_for_another_reason_does_not_hold() -> None:
    lines = 'name = "n"\nkind = "pure"\nexpect = "blocked"\nchecks = {{ {} = "failed" }}\nbecause = "{}"'

    assert one(lines.format("semgrep", "semgrep")).holds
    assert not one(lines.format("secrets", "semgrep")).holds


def test_a_line_of_the_rubric_that_is_required_blocks_and_the_cost_does_not() -> None:
    lines = 'name = "n"\nkind = "write"\nexpect = "{}"\nrubric = {{ {} = "unknown" }}\n'
    votes = 'votes = [{ person = "a" }]'

    assert one(lines.format("blocked", "rollback") + votes).holds
    assert one(lines.format("publishes", "cost") + votes).holds


def test_a_waiver_needs_as_many_people_as_the_policy_asks_for() -> None:
    lines = (
        'name = "n"\nkind = "write"\nexpect = "{}"\nvotes = [{{ person = "a" }}]\n'
        'findings = [{{ check = "semgrep", rule = "semgrep.x", waived_by = [{}] }}]'
    )

    assert one(lines.format("waits", '"a"')).holds
    assert one(lines.format("publishes", '"b"')).holds
    assert one(lines.format("publishes", '"a"'), policy="solo").holds
    assert one(lines.format("blocked", "")).holds


def test_neither_author_nor_sponsor_waives_what_the_policy_keeps_from_them() -> None:
    lines = (
        'name = "n"\nkind = "write"\nexpect = "blocked"\n'
        'votes = [{{ person = "a" }}, {{ person = "b" }}]\n'
        'findings = [{{ check = "semgrep", rule = "semgrep.x", waived_by = ["{}"] }}]'
    )

    assert one(lines.format("agent")).holds
    assert one(lines.format("sponsor")).holds


BROKEN = {
    "no schema": "[[case]]\n",
    "no case": HEAD,
    "no name": f'{HEAD}[[case]]\nkind = "pure"\nexpect = "waits"',
    "no such kind": f'{HEAD}[[case]]\nname = "n"\nkind = "safe"\nexpect = "waits"',
    "no such outcome": f'{HEAD}[[case]]\nname = "n"\nkind = "pure"\nexpect = "fails"',
    "no such check": f'{HEAD}[[case]]\nname="n"\nkind="pure"\nexpect="waits"\nchecks={{lint="failed"}}',
    "a field too many": f'{HEAD}[[case]]\nname="n"\nkind="pure"\nexpect="waits"\nvoters=[]',
    "a line better than its evidence": f'{HEAD}[[case]]\nname="n"\nkind="pure"\nexpect="waits"\nrubric={{cost="met"}}',
    "somebody twice": f'{HEAD}[[case]]\nname="n"\nkind="pure"\nexpect="waits"\nvotes=[{{person="a"}},{{person="a"}}]',
    "no such role": f'{HEAD}[[case]]\nname="n"\nkind="pure"\nexpect="waits"\nvotes=[{{person="a",roles=["boss"]}}]',
    "one name twice": HEAD + '[[case]]\nname="n"\nkind="pure"\nexpect="waits"\n' * 2,
    "no TOML": "schema = ",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_list_of_cases_is_refused(text: str) -> None:
    with pytest.raises(PolicyCasesError):
        parse_cases(text)


def vote(person: str, *, against: bool = False, release: Digest = RELEASE) -> CountedVote:
    verdict = "request_changes" if against else "approve"
    return CountedVote(person, frozenset({"reviewer"}), False, False, verdict, release)


@given(
    st.sampled_from(EFFECT_KINDS),
    st.sets(st.sampled_from("abcd")),
    st.sets(st.sampled_from("efgh")),
)
def test_more_approvals_never_take_a_release_back_and_more_words_against_never_let_one_through(
    kind: EffectKind, people: set[str], against: set[str]
) -> None:
    votes = [vote(name) for name in sorted(people)]
    before = of_votes(TEAM, kind, votes, RELEASE)

    after = of_votes(TEAM, kind, [*votes, vote("z")], RELEASE)
    opposed = of_votes(TEAM, kind, [*votes, *(vote(n, against=True) for n in against)], RELEASE)

    assert before.word != "publishes" or after.word == "publishes"
    assert opposed.word == ("blocked" if against else before.word)


def test_a_word_against_an_earlier_release_blocks_nothing() -> None:
    earlier = vote("b", against=True, release=Digest("sha256:" + "b" * 64))

    assert of_votes(TEAM, "pure", [earlier], RELEASE).word == "waits"
    assert of_votes(TEAM, "pure", [vote("a"), earlier], RELEASE).word == "publishes"


def test_no_evidence_is_blocked_whatever_the_votes() -> None:
    assert conclude(TEAM, "pure", [], [vote("a"), vote("b")], RELEASE).word == "blocked"


def test_scores_are_held_against_the_bars_of_the_policy_that_is_tried() -> None:
    measured: dict[str, Json] = {"by": "tests", "score": 55, "tried": 40, "branch_coverage": 90}
    old = Evidence("strength", "passed", "fine", measurements=measured)

    assert rejudged(parse_policy(preset("solo")), "write", old).status == "passed"
    stricter = rejudged(parse_policy(preset("regulated")), "write", old)
    assert stricter.status == "failed"
    assert rejudged(parse_policy(preset("solo")), "write", stricter).status == "warned"
