"""What a call takes, and whether the tool pays; it says so, and never blocks."""

from collections.abc import Generator, Mapping
from importlib.metadata import PackageNotFoundError

import pytest
from against_served import Beside

from toolvet.checks import Toolchain, tokens
from toolvet.checks.cost import lines_of
from toolvet.sandbox import TierReport
from toolvet_reviews import token_estimate
from toolvet_reviews.bundle import Bundle, ToolSpec
from toolvet_reviews.findings import Evidence

CODE = '''"""Repeat a word."""


def repeat(word: str, times: int) -> list[str]:
    """Repeat a word.

    Args:
        word: Any.
        times: How often.

    Returns:
        The word, so often.
    """
    return [word] * times
'''
TOML = """[tool]
name = "repeat"
summary = "Repeat a word."
entry = "repeat:repeat"

[cost]
COST

[[examples]]
arguments = { word = "ab", times = 3 }
result = ["ab", "ab", "ab"]
"""


def tool(cost: str = "") -> dict[str, str]:
    return {"tool.toml": TOML.replace("COST", cost), "repeat.py": CODE}


@pytest.fixture(scope="module")
def beside(toolchain: Toolchain, walls: TierReport) -> Generator[Beside]:
    """Keep one pool warm."""
    made = Beside(toolchain, walls)
    yield made
    made.close()


def cost_of(beside: Beside, files: Mapping[str, str]) -> Evidence:
    return beside.check("cost", files, without=("effects",))


def test_a_tool_that_pays_says_after_how_many_calls(beside: Beside) -> None:
    found = cost_of(beside, tool("calls_per_month = 300\nprompt_steps_per_call = 20"))

    assert found.status == "passed"
    assert found.measurements["pays"] is True
    assert f"pays after {found.measurements['break_even_calls']} call" in found.summary


def test_a_tool_that_does_not_pay_is_a_warning_and_no_error(beside: Beside) -> None:
    found = cost_of(beside, tool("calls_per_month = 1\nprompt_steps_per_call = 1"))

    assert found.status == "warned"
    assert [(one.rule, one.severity) for one in found.findings] == [
        ("cost.not-worth-it", "warning")
    ]
    assert found.measurements["pays"] is False


def test_an_unknown_volume_never_blocks(beside: Beside) -> None:
    found = cost_of(beside, tool())

    assert found.status == "passed"
    assert found.measurements["pays"] is None
    assert found.measurements["saved_tokens_per_month"] is None
    assert "the specification does not say how many come" in found.summary


def test_what_was_measured_and_what_was_assumed_is_in_the_evidence(beside: Beside) -> None:
    found = cost_of(beside, tool()).measurements

    assert isinstance(found["time_ms"], float)
    assert 0 < found["time_ms"] < 5000
    assert isinstance(found["review_minutes"], float)
    assert found["memory_mib"] == 64
    assert found["tokens_by"] == tokens.counter().name
    assert isinstance(found["tokens_out"], int)
    assert found["tokens_out"] >= 5
    assert isinstance(found["assumed"], dict)


def test_memory_is_what_was_enough_of_what_was_tried(beside: Beside) -> None:
    files = tool()
    files["repeat.py"] = CODE.replace(
        "    return [", "    held = bytearray(120 << 20)\n    del held\n    return ["
    )

    assert cost_of(beside, files).measurements["memory_mib"] == 256


def test_an_example_that_raises_has_no_result_to_be_read(beside: Beside) -> None:
    files = tool()
    files["repeat.py"] = CODE.replace("    return [", '    raise ValueError("no")\n    return [')

    assert cost_of(beside, files).measurements["tokens_out"] == 0


def test_blank_lines_and_comments_are_not_read_and_tests_by_half() -> None:
    files = {"a.py": b"# why\n\nx = 1\ny = 2\n", "tests/test_a.py": b"assert x\nassert y\n\n"}

    assert lines_of(Bundle(ToolSpec("a", "A.", "a:a"), files)) == 3


def test_without_the_optional_tokenizer_the_count_is_an_estimate_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(_name: str) -> str:
        raise PackageNotFoundError

    tokens.counter.cache_clear()
    monkeypatch.setattr(tokens, "version", missing)

    counting = tokens.counter()

    assert counting.name == "estimate"
    assert counting.tokens('{"a": 1}') == token_estimate.tokens('{"a": 1}')
    tokens.counter.cache_clear()


def test_a_long_text_is_counted_by_its_beginning() -> None:
    counting = tokens.Counter("words", lambda text: len(text) // 4)

    assert counting.tokens("abcd" * tokens.LONGEST) == tokens.LONGEST
