"""A new version beside the one that serves: what differs, who may read it, and what blocks."""

from collections.abc import Generator
from pathlib import Path

import pytest
from against_served import Beside, call, rules

from toolvet.checks import Toolchain, calls_for_both
from toolvet.checks.behaviour import narrowed
from toolvet.checks.variants import variants
from toolvet.sandbox import TierReport
from toolvet_reviews import canonical
from toolvet_reviews.findings import Evidence, evidence_to_json
from toolvet_reviews.values import JsonObject

TOML = """[tool]
name = "score"
summary = "Score a name."
entry = "score:score"

[[examples]]
arguments = { name = "ana", bonus = 1 }
result = { points = 4, note = "" }
"""
PLAIN = '''"""Score names."""

from typing import TypedDict


class Score(TypedDict):
    """What a name is worth."""

    points: int
    note: str


def score(name: str, bonus: int = 0) -> Score:
    """Score a name.

    Args:
        name: Any name.
        bonus: Points to add.

    Returns:
        The points.
    """
    points = len(name) + bonus
    return Score(points=points, note="")
'''
OLD = {"tool.toml": TOML, "score.py": PLAIN}
MARKER = "Zanzibar Quux"
CALLS = [
    call({"points": 13, "note": ""}, name=MARKER),
    call({"points": 5, "note": ""}, name="Hilda"),
]


def changed(old: str, new: str, toml: str = TOML) -> dict[str, str]:
    assert old in PLAIN
    return {"tool.toml": toml, "score.py": PLAIN.replace(old, new)}


@pytest.fixture(scope="module")
def beside(toolchain: Toolchain, walls: TierReport) -> Generator[Beside]:
    """Keep one pool warm, and make few arguments: each costs two runs."""
    made = Beside(toolchain, walls)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls_for_both, "MOST_GENERATED", 8)
        patch.setattr(calls_for_both, "MOST_DRAWN", 4)
        yield made
    made.close()


def texts(evidence: Evidence) -> str:
    return canonical.dumps(evidence_to_json(evidence)).decode()


def test_a_new_tool_has_nothing_to_be_held_against(beside: Beside) -> None:
    found = beside.check("behaviour", OLD)

    assert found.status == "skipped"
    assert found.measurements["not_applicable"] is True


def test_a_version_that_answers_alike_passes(beside: Beside) -> None:
    found = beside.check(
        "behaviour", changed("len(name) + bonus", "bonus + len(name)"), OLD, calls=CALLS
    )

    assert (found.status, found.findings) == ("passed", ())
    assert found.measurements["differing"] == 0
    assert (
        found.measurements["from"] == {"example": 1, "generated": 38, "recorded": 2}
        or (found.measurements["compared"])
    )
    assert "all answers are the same" in found.summary


def test_a_difference_is_a_warning_grouped_with_the_smallest_first(beside: Beside) -> None:
    new = changed('note=""', 'note="long" if len(name) > 4 else ""')

    found = beside.check("behaviour", new, OLD, calls=CALLS)

    assert found.status == "warned"
    assert rules(found) == [("behaviour.differs", "warning")]
    groups = found.measurements["groups"]
    assert isinstance(groups, list)
    (group,) = groups
    assert isinstance(group, dict)
    assert group["what"] == "/note is another text"
    assert group["smallest"] == {
        "arguments": {"name": "Hilda"},
        "old": {"points": 5, "note": ""},
        "new": {"points": 5, "note": "long"},
    }


def test_everything_it_finds_is_hidden_and_the_summary_counts_only(beside: Beside) -> None:
    new = changed("points = len(name) + bonus", 'points = 99 if "Z" in name else len(name) + bonus')
    calls = [call({"points": len(MARKER), "note": ""}, name=MARKER)]

    found = beside.check("behaviour", new, OLD, calls=calls)

    assert "Z" in texts(found)
    assert all(finding.hidden for finding in found.findings)
    assert MARKER not in found.summary
    assert MARKER not in found.raw
    assert MARKER not in "".join(found.not_looked_at)
    assert not any(MARKER in finding.snippet for finding in found.findings)


def test_recorded_calls_alone_never_fail_a_version(beside: Beside) -> None:
    new = changed("points = len(name) + bonus", 'points = 99 if " " in name else len(name) + bonus')

    found = beside.check("behaviour", new, OLD, calls=CALLS)

    assert found.status == "warned"
    assert {severity for _, severity in rules(found)} == {"warning"}


def test_an_example_that_is_broken_in_silence_fails(beside: Beside) -> None:
    silent = TOML.replace("bonus = 1", "bonus = 0").replace('"ana"', '"anna"')
    new = changed("len(name) + bonus", "len(name) + 2 * bonus", silent)

    found = beside.check("behaviour", new, OLD)

    assert found.status == "failed"
    assert ("behaviour.broken-promise", "error") in rules(found)


def test_an_example_that_says_its_new_result_is_a_change_and_no_broken_promise(
    beside: Beside,
) -> None:
    said = TOML.replace("points = 4", "points = 5")
    new = changed("len(name) + bonus", "len(name) + 2 * bonus", said)

    found = beside.check("behaviour", new, OLD)

    assert found.status == "warned"
    assert {rule for rule, _ in rules(found)} == {"behaviour.differs"}


def test_an_example_that_the_served_version_does_not_keep_itself_promises_nothing(
    beside: Beside,
) -> None:
    wrong = {**OLD, "tool.toml": TOML.replace("points = 4", "points = 7")}
    new = changed("len(name) + bonus", "len(name) + 2 * bonus", TOML.replace('"ana"', '"bo"'))

    found = beside.check("behaviour", new, wrong)

    assert found.status == "warned"


def test_a_parameter_that_is_required_now_fails_unless_the_specification_says_so(
    beside: Beside,
) -> None:
    new = changed("name: str, bonus: int = 0", "name: str, country: str, bonus: int = 0")
    new["score.py"] = new["score.py"].replace("Any name.\n", "Any name.\n        country: Of it.\n")
    new["tool.toml"] = TOML.replace('name = "ana",', 'name = "ana", country = "de",')

    silent = beside.check("behaviour", new, OLD, calls=CALLS)
    said = beside.check(
        "behaviour",
        {**new, "tool.toml": new["tool.toml"] + "\n[rollback]\ntakes_old_calls = false\n"},
        OLD,
        calls=CALLS,
    )

    assert rules(silent) == [("behaviour.refused", "error")]
    assert rules(said) == [("behaviour.refused", "warning")]
    assert silent.measurements["refused"] == 3


def test_tighter_bounds_are_a_warning_when_only_recorded_calls_meet_them(beside: Beside) -> None:
    new = changed("name: str,", "name: Annotated[str, MaxLen(8)],")
    new["score.py"] = new["score.py"].replace(
        "from typing import TypedDict",
        "from typing import Annotated, TypedDict\n\nfrom toolvet.sdk import MaxLen",
    )

    found = beside.check("behaviour", new, OLD, calls=CALLS)

    assert rules(found) == [("behaviour.refused", "warning")]
    assert "1 recorded call" in found.findings[0].message


def test_a_failure_where_there_was_a_result_is_a_difference(beside: Beside) -> None:
    new = changed("    points = len(name)", "    len(name) / len(name)\n    points = len(name)")

    found = beside.check("behaviour", new, OLD)

    assert "fails now: ZeroDivisionError" in found.findings[0].message


def test_a_served_version_that_disagrees_with_itself_says_nothing_of_the_new_one(
    beside: Beside,
) -> None:
    old = {**OLD, "score.py": PLAIN.replace("points = len(name) + bonus",
           "points = __import__('time').time_ns() % 10**12")}  # fmt: skip

    found = beside.check("behaviour", OLD, old)

    assert found.measurements["differing"] == 0
    assert "otherwise each time" in " ".join(found.not_looked_at)


def test_what_was_not_looked_at_is_said(beside: Beside) -> None:
    nothing_kept = beside.check("behaviour", OLD, OLD, kept=False)
    nothing_yet = beside.check("behaviour", OLD, OLD)

    assert nothing_kept.status == "passed"
    assert nothing_kept.not_looked_at == ("recorded calls: the policy keeps none",)
    assert nothing_yet.not_looked_at == ("recorded calls: there are none yet",)


def test_a_served_version_that_cannot_be_run_makes_it_unknown(beside: Beside) -> None:
    found = beside.check("behaviour", OLD, OLD, trouble="its packages are not at hand")

    assert found.status == "unknown"


def test_a_served_folder_that_is_gone_is_never_agreement(beside: Beside, tmp_path: Path) -> None:
    found = beside.check("behaviour", OLD, OLD, folder=tmp_path)

    assert found.status in {"unknown", "warned", "failed"}


def test_what_a_writing_tool_leaves_behind_is_compared(beside: Beside) -> None:
    toml = TOML.replace("[[examples]]", '[effects]\nkind = "write"\nstore = ["seen"]\n\n'
                        '[idempotency]\nkey = ["name"]\n\n[[examples]]')  # fmt: skip
    code = PLAIN.replace("def score(", "def score(ctx: Context, ").replace(
        "from typing import TypedDict",
        "from typing import TypedDict\n\nfrom toolvet.sdk import Context",
    )
    old = {"tool.toml": toml, "score.py": code.replace(
        "    return Score", '    ctx.store["seen"].put(name, points)\n    return Score')}  # fmt: skip
    new = {"tool.toml": toml, "score.py": code.replace(
        "    return Score", '    ctx.store["seen"].put(name.upper(), points)\n    return Score')}  # fmt: skip

    same = beside.check("behaviour", old, old, store={"seen": {"ana": 1}})
    other = beside.check("behaviour", new, old)

    assert same.status == "passed"
    assert "leaves other store" in other.findings[0].message


def test_calls_that_no_cassette_answers_say_nothing(beside: Beside) -> None:
    toml = TOML.replace("[[examples]]", '[effects]\nkind = "read"\nnetwork = [{ host = '
                        '"api.example.com", port = 443, protocol = "https", methods = ["GET"], '
                        'paths = ["/"] }]\n\n[[examples]]')  # fmt: skip
    code = PLAIN.replace("from typing import TypedDict", "import urllib.request\n"
                         "from typing import TypedDict").replace(
        "    points = len", '    urllib.request.urlopen("https://api.example.com/")\n    points = len')  # fmt: skip

    found = beside.check("behaviour", {"tool.toml": toml, "score.py": code},
                         {**OLD, "tool.toml": toml})  # fmt: skip

    assert found.status == "skipped"
    assert found.summary == "no call could be compared"
    assert any("no cassette" in said for said in found.not_looked_at)


def test_parameters_that_narrow_what_is_taken_are_named() -> None:
    old: JsonObject = {
        "properties": {"a": {}, "b": {}},
        "required": ["a"],
        "additionalProperties": False,
    }
    new: JsonObject = {
        "properties": {"a": {}, "c": {}},
        "required": ["a", "c"],
        "additionalProperties": False,
    }

    assert narrowed(old, new) == [
        "calls without c, which is required now",
        "calls with b, a parameter that is gone",
    ]
    assert narrowed(old, old) == []


def test_variants_change_one_place_at_a_time_and_leave_the_original_alone() -> None:
    arguments: JsonObject = {"n": 3, "rows": [{"id": "a"}, {"id": "b"}], "mode": "x"}
    schema: JsonObject = {"properties": {"mode": {"enum": ["x", "y"]}}, "required": ["n", "rows"]}
    before = canonical.dumps(arguments)

    found = variants(arguments, schema, 200)

    assert canonical.dumps(arguments) == before
    assert {"n": 3, "rows": [{"id": "a"}, {"id": "b"}]} in found
    assert {**arguments, "mode": "y"} in found
    assert {**arguments, "n": 0} in found
    assert {**arguments, "rows": []} in found
    assert {**arguments, "rows": [{"id": ""}, {"id": "b"}]} in found
    assert len(variants(arguments, schema, 5)) == 5
