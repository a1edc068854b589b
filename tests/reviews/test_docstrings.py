"""Google docstrings, written well, badly, and in bad faith."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import docstrings

DOC = """Find flaky tests.

    Looks at every run
    of every commit.

    Args:
        runs: Test runs in any order; a run given
            twice counts once.
        minimum (int): Fewest runs: at least two.
        options (dict[str, int], optional): More.
        *names: Any.

    Returns:
        Flaky tests, worst first.

    Raises:
        ValueError: No runs.
        store.Missing: Not there.

    Note:
        Runs are compared by commit.
    """


def test_the_summary_is_the_first_line():
    assert docstrings.summary(DOC) == "Find flaky tests."


def test_arguments_have_their_words():
    assert docstrings.args(DOC) == {
        "runs": "Test runs in any order; a run given twice counts once.",
        "minimum": "Fewest runs: at least two.",
        "options": "More.",
        "names": "Any.",
    }


def test_errors_have_their_words():
    assert docstrings.raises(DOC) == {"ValueError": "No runs.", "store.Missing": "Not there."}


def test_the_description_leaves_out_arguments_and_errors():
    text = docstrings.description(DOC)

    assert text.startswith("Find flaky tests.\n\nLooks at every run\nof every commit.")
    assert "Flaky tests, worst first." in text
    assert "compared by commit" in text
    assert "any order" not in text
    assert "ValueError" not in text


def test_text_after_a_section_belongs_to_no_argument():
    doc = "Do.\n\nArgs:\n    a: One.\n\nAnd then some.\n    b: Not an argument.\n"

    assert docstrings.args(doc) == {"a": "One."}
    assert "And then some." in docstrings.description(doc)


def test_deeper_lines_carry_an_entry_on():
    doc = "Do.\n\nArgs:\n    a: One\n        b: still a.\n    c: Two."

    assert docstrings.args(doc) == {"a": "One b: still a.", "c": "Two."}


@pytest.mark.parametrize("doc", ["", "  \n ", "Args:", "Raises:\n", "Args:\n\n\n", ":\n:", "\x00"])
def test_empty_docstrings_say_nothing(doc: str):
    assert docstrings.args(doc) == {}
    assert docstrings.raises(doc) == {}


@given(st.text("aA:() \n\t*[]rgsRie\r", max_size=200) | st.text(max_size=100))
def test_nothing_raises(doc: str):
    docstrings.summary(doc)
    docstrings.description(doc)
    docstrings.args(doc)
    docstrings.raises(doc)


@pytest.mark.parametrize("text", [
    " " * 200_000, "-" * 200_000, "Args:\n" * 40_000, "Args:\n" + " a: (" * 40_000,
    "Args:\n" + " (" * 100_000, "\n" * 200_000, "Args:\n" + " a:\n" * 50_000,
    "Args:\n" + " a: b\n  c\n" * 20_000,
])  # fmt: skip
def test_hostile_text_takes_linear_time(text: str):
    half, whole = steps(text[: len(text) // 2]), steps(text)

    assert whole <= 2.5 * half + 1000


def steps(text: str) -> int:
    """Count the lines of ours that run, not the seconds: the same on a busy machine."""
    count = 0

    def trace(_frame: object, event: str, _arg: object):
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        docstrings.args(text)
        docstrings.description(text)
    finally:
        sys.settrace(None)
    return count
