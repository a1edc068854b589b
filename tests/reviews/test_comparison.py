"""Comparison: findings keep their names, nothing that differs is left out, nothing equal is told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import effect_ledger
from toolvet_reviews.comparison import (
    MOST,
    NOTHING,
    Side,
    Thing,
    as_seen,
    definition_digest,
    rubric_digest,
    things,
)
from toolvet_reviews.effect_ledger import Entry, Ledger
from toolvet_reviews.manifest import Manifest, ToolDefinition
from toolvet_reviews.values import Digest, Json, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView, RubricLine

SHELL = FindingView("semgrep.shell", "error", "injection", "A shell runs.", "tool.py", 3, 3,
                    fingerprint="f1")  # fmt: skip
SLOW = FindingView("ruff.slow", "warning", "style", "It is slow.", "tool.py", 9, 9,
                   fingerprint="f2")  # fmt: skip
HIDDEN = FindingView("organisation", "error", "secrets", "", "tool.py", 4, hidden=True)
MANIFEST = Manifest(
    workspace="default",
    toolset="default",
    name="send",
    entry="send:send",
    revision=Digest(f"sha256:{'0' * 64}"),
    environment=None,
    definition=ToolDefinition("send", "Send", "Send a mail.", {}, {}, {}),
    effects={"kind": "write"},
    idempotency=None,
    limits={},
    retry={},
    lowest_tier="B",
    sdk="1",
)
MET = RubricLine("correct", "met", required=True, why="3 tests hold")


def found(*findings: FindingView, check: str = "semgrep", status: str = "failed") -> Side:
    view = EvidenceView(check, status, "it objects", "sha256:1", findings=findings)  # type: ignore[arg-type]
    return Side(evidence=(view,))


def told(old: Side, new: Side, area: str, seen: frozenset[Thing] = frozenset()) -> list[tuple[str, str]]:  # fmt: skip
    return [(one.sign, one.name) for one in things(old, new, seen) if one.area == area]


def ledger(*entries: Entry) -> Side:
    said = effect_ledger.to_json(Ledger(entries, "strace", 3))
    return Side(evidence=(EvidenceView("effects", "passed", "", measurements={"ledger": said}),))


# --- findings --------------------------------------------------------------------------------


def test_findings_are_new_gone_or_moved():
    old, new = found(SHELL, SLOW), found(replace(SLOW, line=12), replace(SHELL, fingerprint="f3"))

    assert told(old, new, "finding") == [
        ("moved", "ruff.slow"),
        ("new", "semgrep.shell"),
        ("gone", "semgrep.shell"),
    ]


def test_a_finding_that_stayed_is_not_told():
    assert told(found(SHELL), found(SHELL), "finding") == []


def test_one_of_two_equal_findings_that_went_is_told_at_its_place():
    old = found(SHELL, replace(SHELL, line=30))

    (gone,) = [one for one in things(old, found(SHELL)) if one.area == "finding"]

    assert (gone.sign, gone.line) == ("gone", 30)


def test_a_finding_that_became_worse_has_changed():
    (worse,) = things(found(SLOW), found(replace(SLOW, severity="error", line=10)))

    assert (worse.sign, worse.severity, worse.line) == ("changed", "error", 10)
    assert worse.before == "tool.py:9: It is slow."


def test_findings_that_are_held_back_are_told_apart_by_what_is_said_of_them():
    assert told(found(HIDDEN), found(HIDDEN), "finding") == []
    assert told(found(), found(HIDDEN), "finding") == [("new", "organisation")]


def test_the_finding_of_a_file_that_was_renamed_is_gone_and_new():
    assert told(found(SHELL), found(replace(SHELL, path="a.py", fingerprint="f9")), "finding") == [
        ("new", "semgrep.shell"),
        ("gone", "semgrep.shell"),
    ]


def test_everything_found_in_a_new_tool_is_new():
    assert told(NOTHING, found(SHELL, SLOW), "finding") == [
        ("new", "semgrep.shell"),
        ("new", "ruff.slow"),
    ]


places = st.lists(st.tuples(st.sampled_from(["f1", "f2"]), st.integers(1, 4)), max_size=8)


@given(places, places)
def test_as_many_findings_come_and_go_as_the_counts_differ_by(
    old: list[tuple[str, int]], new: list[tuple[str, int]]
):
    before, after = (
        found(*(replace(SHELL, fingerprint=name, line=line) for name, line in one))
        for one in (old, new)
    )

    signs = [sign for sign, _ in told(before, after, "finding")]

    assert signs.count("new") - signs.count("gone") == len(new) - len(old)
    assert (signs == []) == (sorted(old) == sorted(new))


# --- tests, effects, rubric, checks ----------------------------------------------------------


def test_tests_come_go_and_end_otherwise():
    failed = FindingView("tests.failed", "error", "tests",
                         "tests/test a.py::test_x[1 2] failed: no", "tests/test a.py")  # fmt: skip
    old = Side(
        tests=("tests/test a.py::test_x", "tests/test a.py::test_gone"),
        evidence=(EvidenceView("tests", "passed", ""),),
    )
    new = Side(
        tests=("tests/test a.py::test_x", "tests/test a.py::test_new"),
        evidence=(EvidenceView("tests", "failed", "", findings=(failed,)),),
    )

    tests = [one for one in things(old, new) if one.area == "test"]

    assert [(one.sign, one.name, one.before, one.after) for one in tests] == [
        ("changed", "tests/test a.py::test_x", "passed", "failed"),
        ("new", "tests/test a.py::test_new", "", "passed"),
        ("gone", "tests/test a.py::test_gone", "passed", ""),
    ]
    assert tests[0].path == "tests/test a.py"


@pytest.mark.parametrize("status", ["unknown", "skipped"])
def test_no_test_has_passed_unless_the_check_says_so(status: str):
    check = EvidenceView("tests", status, "")  # type: ignore[arg-type]
    new = Side(tests=("t.py::test_x",), evidence=(check,))

    (one,) = [one for one in things(NOTHING, new) if one.area == "test"]

    assert one.after == "not run"


def test_an_effect_that_nobody_declared_is_told_with_its_line():
    seen = Entry("network", "api.example.com:443", "seen", ("GET /v1",), 4)
    worse = Entry("network", "evil.example:443", "undeclared", ("POST /",), 1, 1, "tool.py", 7)

    (one,) = [
        one
        for one in things(ledger(seen), ledger(replace(seen, count=9), worse))
        if one.area == "effect"
    ]

    assert (one.sign, one.name, one.path, one.line) == (
        "new", "network evil.example:443", "tool.py", 7,
    )  # fmt: skip
    assert one.after.startswith("undeclared: ")


def test_a_rubric_line_that_changed_says_both():
    old = Side(rubric=(MET,))

    (one,) = things(old, Side(rubric=(replace(MET, mark="unmet", why="a test fails"),)))

    assert (one.area, one.before, one.after) == (
        "rubric", "met: 3 tests hold", "unmet: a test fails",
    )  # fmt: skip


def test_a_check_that_only_took_longer_has_not_changed():
    old, new = (Side(evidence=(EvidenceView("cost", "passed", f"{ms} ms"),)) for ms in ("9", "1.5"))

    assert told(old, new, "check") == []
    failed = Side(evidence=(EvidenceView("cost", "failed", "9 ms"),))
    assert told(old, failed, "check") == [("changed", "cost")]


# --- terms -----------------------------------------------------------------------------------


def test_the_definition_is_told_term_by_term():
    other = replace(MANIFEST, definition=replace(MANIFEST.definition, description="Send two."))

    (one,) = things(Side(manifest=MANIFEST), Side(manifest=other))

    assert (one.area, one.name, one.before, one.after) == (
        "definition", "description", "Send a mail.", "Send two.",
    )  # fmt: skip


def test_a_definition_that_is_not_made_yet_is_not_passed_over():
    (one,) = things(Side(manifest=MANIFEST), Side())

    assert (one.area, one.sign) == ("definition", "changed")
    assert one.after.startswith("not known")


def test_another_code_is_the_same_definition_to_whoever_saw_it():
    other = replace(MANIFEST, revision=Digest(f"sha256:{'1' * 64}"))

    assert definition_digest(MANIFEST) == definition_digest(other)
    assert definition_digest(MANIFEST) != definition_digest(replace(MANIFEST, entry="x:y"))
    assert rubric_digest([MET]) != rubric_digest([replace(MET, why="4 tests hold")])


def test_hostile_names_are_one_harmless_line():
    spec: JsonObject = {"tool": {"na\u202eme\n[red]": "x\u200b\ny"}}

    (one,) = things(NOTHING, Side(spec=spec))

    assert "\n" not in one.name + one.after
    assert "\u202e" not in one.name
    assert "<U+200B>" in one.after


def test_more_changes_than_can_be_read_are_counted():
    spec: dict[str, Json] = {f"t{number}": number for number in range(MOST + 7)}

    changed = things(NOTHING, Side(spec={"a": 1, **spec}))

    assert len(changed) == MOST + 1
    assert changed[-1].name == "and 8 more changes"


# --- what was seen ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "area"),
    [
        (("spec", ""), "spec"),
        (("definition", ""), "definition"),
        (("evidence", "semgrep"), "finding"),
        (("evidence", "semgrep"), "check"),
        (("tests", ""), "test"),
        (("evidence", "tests"), "test"),
        (("effects", ""), "effect"),
        (("evidence", "effects"), "effect"),
        (("rubric", ""), "rubric"),
    ],
)
def test_only_what_was_seen_as_it_is_now_is_marked_as_seen(seen: Thing, area: str):
    entry = Entry("network", "a:443", "seen")
    new = Side(
        spec={"a": 1},
        manifest=MANIFEST,
        evidence=(*found(SHELL).evidence, *ledger(entry).evidence, EvidenceView("tests", "passed", "")),
        rubric=(MET,),
        tests=("t.py::test_x",),
    )  # fmt: skip

    found_now = things(NOTHING, new, {seen})
    by_area = {one.area: one for one in reversed(found_now)}

    assert not by_area[area].unseen
    assert by_area["spec" if area != "spec" else "rubric"].unseen
    assert set(by_area) == {
        "spec", "definition", "finding", "test", "effect", "rubric", "check",
    }  # fmt: skip


def test_what_was_never_seen_is_the_base_s_and_the_rest_as_it_was_seen():
    base = Side(spec={"a": 1}, evidence=found(SHELL).evidence, rubric=(MET,))
    then = Side(spec={"a": 2}, evidence=found(SLOW).evidence, rubric=())

    seen = as_seen(base, {("evidence", "semgrep"): then})

    assert seen.evidence == then.evidence
    assert (seen.spec, seen.rubric) == (base.spec, base.rubric)
    assert as_seen(base, {}) == base
    assert as_seen(base, {("spec", ""): then}).spec == {"a": 2}


def test_whoever_saw_the_evidence_saw_that_a_finding_is_gone():
    (gone,) = things(found(SHELL), found(), {("evidence", "semgrep")})

    assert (gone.sign, gone.unseen) == ("gone", False)
