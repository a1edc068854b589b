"""What checks measured, in words: nothing of it is believed to be what it should."""

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from toolvet_reviews.brief import brief
from toolvet_reviews.brief_evidence import LONGEST_TEST, MOST, case_tests, first, measured
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView, ProposalView, RubricLine
from toolvet_reviews.words import visible

VIEW = ProposalView(
    id="P-1", toolset="default", tool="add", state="reviewing", turn="reviewers", author="agent",
    author_id="a", sponsor_id="s", kind="pure", revision=1, revision_digest="sha256:0",
    release_digest=None, base_release=None, created_at="", updated_at="", verdict="passed",
)  # fmt: skip
CHECKS = (
    "strength", "properties", "hostile", "held_out", "idempotency", "observability", "rollback",
    "behaviour", "cost", "effects",
)  # fmt: skip
NAMES = (
    "mutants", "killed", "score", "survivors", "canaries", "branch_coverage", "flaky", "weak",
    "generated", "distinct_results", "cases", "invariants", "tried", "peak_memory_mib", "slowest_ms",
    "passed", "probes", "log_events", "progress_events", "adds_up", "rollback_rehearsed",
    "store_readable", "compared", "differing", "groups", "break_even_calls", "pays", "tokens_in",
    "tokens_out", "tokens_by", "time_ms", "saved_tokens_per_month", "saved_s_per_month", "ledger",
)  # fmt: skip
anything: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=8), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


def of(check: str, **measurements: Json) -> EvidenceView:
    return EvidenceView(check, "warned", "", measurements=measurements)


def lines(check: str, **measurements: Json) -> list[tuple[str, str, str]]:
    return [(one.label, one.text, one.tone) for one in measured(of(check, **measurements))]


@given(st.sampled_from(CHECKS), st.dictionaries(st.sampled_from(NAMES), anything, max_size=8))
def test_whatever_was_measured_the_lines_are_harmless_and_few(check: str, said: JsonObject) -> None:
    view = EvidenceView(check, "failed", "", measurements=said)

    found = [*measured(view), *first([view])]
    case_tests([view])

    assert len(found) < 120
    for line in found:
        for text in (line.label, line.text, line.path):
            assert visible(text) == text
            assert "\n" not in text


def test_survivors_are_shown_on_their_lines_and_counted() -> None:
    survivors: list[Json] = [{"path": "t.py", "line": n, "label": "< to <="} for n in range(1, 12)]

    found = list(measured(of("strength", mutants=20, killed=9, score=45, survivors=survivors)))

    assert found[0].text == "9 of 20 small faults were noticed, 45 %"
    assert [(one.path, one.line) for one in found if one.label == "survived"] == [
        ("t.py", n) for n in range(1, MOST + 1)
    ]
    assert found[-1].text == "and 3 more survivors"


def test_a_suite_that_did_not_notice_a_canary_is_bad_news() -> None:
    assert ("canaries", "not noticed: raises", "bad") in lines(
        "strength", canaries={"raises": "missed", "nothing": "caught"}
    )


def test_a_broken_probe_tells_its_ledger_difference() -> None:
    probe: JsonObject = {
        "probe": "killed", "point": "after mail 1", "verdict": "broken", "why": "a@x: 2 mails, 1 named",
    }  # fmt: skip

    found = lines("idempotency", probes=[probe, {"probe": "twice", "verdict": "held"}])

    assert found == [
        ("probes", "1 held, 1 broken of 2", "bad"),
        ("broken", "killed at after mail 1: a@x: 2 mails, 1 named", "bad"),
    ]


def test_a_difference_is_said_with_its_smallest_case() -> None:
    smallest: JsonObject = {"arguments": {"a": 1}, "old": 2, "new": None}
    group: JsonObject = {"what": "/total changed", "cases": 3, "smallest": smallest}

    found = [(one.label, one.text) for one in first([of("behaviour", compared=9, differing=3, groups=[group])])]  # fmt: skip

    assert found == [
        ("differs", "3 of 9 calls"),
        ("group", "/total changed (3 calls); smallest {a: 1}: 2 → null"),
    ]


def test_the_cost_is_one_sentence() -> None:
    said = lines(
        "cost", break_even_calls=120, pays=False, saved_tokens_per_month=-5.0,
        saved_s_per_month=2, review_minutes=7,
    )  # fmt: skip

    assert said == [
        ("cost", "pays after 120 calls; -5 tokens and 2 s saved a month, 7 minutes of review counted in", "unsure"),
    ]  # fmt: skip


def test_a_failing_case_comes_with_its_test_and_words_for_the_author() -> None:
    test = "def test_x() -> None:\n    assert f(0) == 1\n"
    cases: list[Json] = [
        {"arguments": {"n": 0}, "what": "crash", "message": "m", "test": test},
        {"arguments": {}, "what": "no test"},
        {"arguments": {}, "what": "too long", "test": "x" * (LONGEST_TEST + 1)},
    ]

    [found] = case_tests([of("properties", cases=cases), of("held_out", cases=cases)])

    assert (found.what, found.arguments) == ("crash", "{n: 0}")
    assert f"```python\n{test}```" in found.words


def test_what_must_not_be_missed_comes_before_everything_else() -> None:
    group: JsonObject = {"what": "/total changed", "cases": 1, "smallest": {}}
    found = (of("behaviour", compared=4, differing=1, groups=[group]),)

    sections = brief(replace(VIEW, evidence=found), manifest=None, base=None, files=())

    assert sections[0].key == "first"
    assert sections[0].lines[0].text == "1 of 4 calls"
    assert "tried" in [one.key for one in sections]


def test_where_nothing_stands_out_the_brief_begins_with_what_it_is() -> None:
    sections = brief(VIEW, manifest=None, base=None, files=())

    assert [one.key for one in sections] == ["is", "may", "changed", "wrong", "rubric", "talk"]


def test_each_line_of_the_rubric_leads_to_the_evidence_that_made_it() -> None:
    remark = FindingView("semgrep.sql", "error", "injection", "SQL", "tool.py", 7)
    found = (
        EvidenceView("semgrep", "failed", "1 error: SQL", findings=(remark,)),
        EvidenceView("ruff", "passed", "nothing found"),
    )
    line = RubricLine("safety", "unmet", required=True, why="no", evidence=("semgrep", "ruff"))

    sections = brief(
        replace(VIEW, evidence=found, rubric=(line,)), manifest=None, base=None, files=()
    )
    rubric = next(one for one in sections if one.key == "rubric")

    assert [(one.label, one.text, one.path, one.line) for one in rubric.lines] == [
        ("safety", "unmet: no", "", 0),
        ("from", "semgrep failed, ruff passed", "", 0),
        ("semgrep", "failed: 1 error: SQL", "tool.py", 7),
    ]
