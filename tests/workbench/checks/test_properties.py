"""Arguments made from the schema: what they bring to light, and what they leave alone."""

import json
from collections.abc import Mapping
from typing import Protocol

import pytest

from toolvet.checks import Verified
from toolvet.checks.asked import Asked
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.policy_asks import Thresholds
from toolvet_reviews.values import Json


class Verify(Protocol):
    def __call__(self, files: Mapping[str, str], *names: str, asked: Asked = ...) -> Verified: ...


FEW = Asked(Thresholds(properties=40))
HEAD = '"""A tool."""\n\n'


def looked(
    verify: Verify,
    source: str,
    arguments: dict[str, Json],
    result: Json,
    *,
    more: str = "",
    files: Mapping[str, str] | None = None,
    asked: Asked = FEW,
) -> Evidence:
    """Verify one pure function with one example and perhaps more of tool.toml."""
    spec = (
        '[tool]\nname = "tool"\nsummary = "Do a thing."\nentry = "one:tool"\n\n'
        f'[effects]\nkind = "pure"\n\n{more}\n[[examples]]\n'
        f"arguments_json = '''{json.dumps(arguments)}'''\nresult_json = '''{json.dumps(result)}'''\n"
    )
    whole = {"tool.toml": spec, "one.py": HEAD + source, **(files or {})}
    verified = verify(whole, "properties", asked=asked)
    return next(one for one in verified.evidence if one.check == "properties")


def only(evidence: Evidence) -> Finding:
    [finding] = evidence.findings
    return finding


AVERAGE = '''
def tool(numbers: list[float]) -> float:
    """Give the mean.{raises}

    Args:
        numbers: To average.
    """
    {guard}
    return sum(numbers) / len(numbers)
'''


def average(guard: str = "", raises: str = "") -> str:
    return AVERAGE.format(guard=guard or "numbers = list(numbers)", raises=raises)


def test_an_accident_on_ordinary_arguments_is_an_error_with_the_smallest_case(
    verify: Verify,
) -> None:
    evidence = looked(verify, average(), {"numbers": [1, 2]}, 1.5)

    finding = only(evidence)
    assert (finding.rule, finding.severity, finding.path) == ("properties.crash", "error", "one.py")
    assert finding.snippet.strip() == "return sum(numbers) / len(numbers)"
    assert "ZeroDivisionError" in finding.message
    assert "MinLen(1)" in finding.fix
    [case] = _cases(evidence)
    assert case["arguments"] == {"numbers": []}
    assert "from one import tool" in str(case["test"])


def _cases(evidence: Evidence) -> list[dict[str, Json]]:
    cases = evidence.measurements["cases"]
    assert isinstance(cases, list)
    return [one for one in cases if isinstance(one, dict)]


def test_a_declared_error_is_no_finding(verify: Verify) -> None:
    raises = "\n\n    Raises:\n        ZeroDivisionError: There are none."
    evidence = looked(verify, average(raises=raises), {"numbers": [1]}, 1)

    assert evidence.status == "passed", evidence.findings


def test_a_deliberate_refusal_that_callers_were_not_told_of_is_a_warning(verify: Verify) -> None:
    guard = 'if not numbers:\n        raise ValueError("there are none")'
    evidence = looked(verify, average(guard), {"numbers": [1]}, 1)

    assert (only(evidence).rule, only(evidence).severity) == ("properties.refusal", "warning")
    assert "Raises:" in only(evidence).fix


def test_a_refusal_with_a_code_is_no_finding(verify: Verify) -> None:
    guard = 'if not numbers:\n        raise ToolError("none", code="average.none")'
    source = "from toolvet.sdk import ToolError\n\n" + average(guard)

    assert looked(verify, source, {"numbers": [1]}, 1).status == "passed"


def test_what_only_fails_for_its_size_is_a_warning(verify: Verify) -> None:
    source = '''
def tool(count: int) -> int:
    """Multiply.

    Args:
        count: How many.
    """
    return count * 1024
'''
    evidence = looked(verify, source, {"count": 1}, 1024)

    assert only(evidence).severity == "warning"
    assert "2^53" in only(evidence).message


def test_a_result_that_breaks_its_own_bounds_is_an_error(verify: Verify) -> None:
    source = '''
from typing import Annotated

from toolvet.sdk import Ge, Le


def tool(before: Annotated[int, Ge(1), Le(99)], after: int) -> Annotated[int, Le(100)]:
    """Give a percentage.

    Args:
        before: Earlier.
        after: Later.
    """
    return min(after, 1000) * 100 // before
'''
    evidence = looked(verify, source, {"before": 2, "after": 1}, 50)

    assert (only(evidence).rule, only(evidence).severity) == ("properties.schema", "error")


def test_the_order_of_a_set_is_not_the_same_answer_twice(verify: Verify) -> None:
    source = '''
def tool(tags: list[str]) -> list[str]:
    """Drop repetitions.

    Args:
        tags: Any.
    """
    return list(set(tags))
'''
    evidence = looked(verify, source, {"tags": ["a"]}, ["a"])

    assert only(evidence).rule == "properties.repeat"
    assert evidence.measurements["repeat_equal"] is False
    assert "assert first == again" in str(_cases(evidence)[0]["test"])


SPLIT = '''
from typing import Annotated

from toolvet.sdk import Ge, Le


def tool(seats: Annotated[int, Ge(0), Le(50)], ways: Annotated[int, Ge(1), Le(9)]) -> list[int]:
    """Split.

    Args:
        seats: To give.
        ways: Among how many.
    """
    return [seats // ways] * ways
'''
INVARIANTS = '[[invariants]]\ntext = "All seats are given."\ncheck = "kept:kept"\n\n[[invariants]]\ntext = "Fair."\n'


@pytest.mark.parametrize(
    ("body", "verdict", "says"),
    [
        ('return sum(result) <= arguments["seats"]', "held", ""),
        ('return sum(result) == arguments["seats"]', "broken", "says no"),
        ('assert sum(result) == arguments["seats"], "lost"; return True', "broken", "lost"),
        ('return sum(result) == arguments["chairs"]', "broken", "failed: KeyError"),
        ("return 1", "broken", "neither true nor false"),
    ],
)
def test_a_declared_invariant_is_held_against_every_result(
    verify: Verify, body: str, verdict: str, says: str
) -> None:
    files = {"kept.py": f'"""Kept."""\n\n\ndef kept(arguments, result):\n    {body}\n'}
    evidence = looked(
        verify, SPLIT, {"seats": 4, "ways": 2}, [2, 2], more=INVARIANTS, files=files
    )  # fmt: skip

    assert evidence.measurements["invariants"] == {
        "All seats are given.": verdict,
        "Fair.": "not checked",
    }
    assert [says in finding.message for finding in evidence.findings] == [True] * (
        verdict == "broken"
    )


def test_a_broken_invariant_is_shown_with_the_smallest_case(verify: Verify) -> None:
    body = 'return sum(result) == arguments["seats"]'
    files = {"kept.py": f'"""Kept."""\n\n\ndef kept(arguments, result):\n    {body}\n'}
    evidence = looked(
        verify, SPLIT, {"seats": 4, "ways": 2}, [2, 2], more=INVARIANTS, files=files
    )  # fmt: skip

    assert _cases(evidence)[0]["arguments"] == {"seats": 1, "ways": 2}


def test_arguments_that_never_end_are_an_error_when_they_are_small(verify: Verify) -> None:
    source = '''
def tool(steps: int) -> int:
    """Wait for it.

    Args:
        steps: How many.
    """
    while steps == 12:
        pass
    return 0
'''
    limits = "[limits]\nwall_s = 1\n"
    evidence = looked(verify, source, {"steps": 1}, 0, more=limits)

    assert (only(evidence).rule, only(evidence).severity) == ("properties.limit", "error")
    assert _cases(evidence)[0]["arguments"] == {"steps": 12}


EVERYTHING = '''
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal
from uuid import UUID

from toolvet.sdk import File, Ge, Lt, MaxLen, MinLen, MultipleOf, Pattern


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Node:
    name: Annotated[str, MinLen(2), MaxLen(5)]
    below: "list[Node]"


def tool(
    when: date,
    at: datetime,
    clock: time,
    price: Decimal,
    who: UUID,
    colour: Colour,
    level: Literal[1, 2, "x"],
    tree: Node,
    code: Annotated[str, Pattern(r"^[A-Z]{2}-[0-9]{3}(/x|y)?$")],
    even: Annotated[int, Ge(-4), MultipleOf(2)],
    share: Annotated[float, Ge(0), Lt(1)],
    pair: tuple[int, bool],
    names: Annotated[set[str], MaxLen(4)],
    table: dict[str, Annotated[list[int], MinLen(1)]],
    log: File,
    note: str | None = None,
) -> int:
    """Take everything.

    Args:
        when: A day.
    """
    return len(log.read_text(errors='replace')) + len(names) + sum(map(len, table.values()))
'''


def test_every_type_of_the_sdk_is_generated_so_that_it_fits(verify: Verify) -> None:
    arguments: dict[str, Json] = {
        "when": "2026-01-31", "at": "2026-01-31T12:00:00Z", "clock": "12:30", "price": "1.50",
        "who": "123e4567-e89b-42d3-a456-426614174000", "colour": "red", "level": 1,
        "tree": {"name": "ab", "below": []}, "code": "AB-123", "even": 2, "share": 0.5,
        "pair": [1, True], "names": [], "table": {"a": [1]},
    }  # fmt: skip
    more = "[[examples]]\n" + f"arguments_json = '''{json.dumps(arguments)}'''\nresult = 5\n"
    more += '[examples.files]\nlog = "data/log.txt"\n'
    spec = (
        '[tool]\nname = "tool"\nsummary = "Do."\nentry = "one:tool"\n\n[effects]\nkind = "pure"\n\n'
    )
    given = {"tool.toml": spec + more, "one.py": HEAD + EVERYTHING, "data/log.txt": "one\n"}
    [evidence] = [e for e in verify(given, "properties").evidence if e.check == "properties"]

    generated, accepted = evidence.measurements["generated"], evidence.measurements["accepted"]
    assert isinstance(generated, int)
    assert isinstance(accepted, int)
    assert generated > 60
    assert accepted > generated * 2 // 3, evidence.findings
    assert all(finding.severity != "error" for finding in evidence.findings)


def test_the_same_tool_gets_the_same_arguments_again(verify: Verify) -> None:
    first = looked(verify, average(), {"numbers": [1, 2]}, 1.5)
    again = looked(verify, average(), {"numbers": [1, 2]}, 1.5)

    for name in ("generated", "edges", "distinct_results", "cases"):
        assert first.measurements[name] == again.measurements[name]
    assert first.findings == again.findings


def test_a_schema_that_says_less_than_the_code_takes_is_told(verify: Verify) -> None:
    source = '''
def tool(word: str) -> str:
    """Open.

    Args:
        word: The word.
    """
    if word != "sesame":
        raise ValueError("wrong word")
    return "open"
'''
    evidence = looked(verify, source, {"word": "please"}, "")

    assert {finding.rule for finding in evidence.findings} == {
        "properties.nothing-accepted", "properties.refusal",
    }  # fmt: skip
    assert evidence.status == "warned"


def test_a_policy_may_ask_for_none(verify: Verify) -> None:
    none = Asked(Thresholds(properties=0))

    evidence = looked(verify, average(), {"numbers": [1]}, 1, asked=none)

    assert evidence.status == "skipped"


def test_a_case_laid_among_the_tests_fails_until_the_tool_is_mended(verify: Verify) -> None:
    evidence = looked(verify, average(), {"numbers": [1, 2]}, 1.5)
    case = str(_cases(evidence)[0]["test"])

    def tests_of(source: str) -> str:
        spec = (
            '[tool]\nname = "tool"\nsummary = "Do."\nentry = "one:tool"\n\n[effects]\nkind = "pure"\n\n'
            "[[examples]]\narguments = { numbers = [1, 2] }\nresult = 1.5\n"
        )
        files = {"tool.toml": spec, "one.py": HEAD + source, "tests/test_case.py": case}
        return next(one.status for one in verify(files, "tests").evidence if one.check == "tests")

    assert tests_of(average()) == "failed"
    assert tests_of(average("if not numbers:\n        return 0.0")) == "passed"
