"""Colours of code: in their places whatever the text, over many lines, and ended when told."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.words import visible
from toolvet_tui.highlight import LONGEST_LINE, LineSpans, spans

python_like = st.lists(
    st.sampled_from(
        ['"""', "'", "f'{", "}", "\\", "\n", "def x(", "):", "# ", "class A", "1e5", " ", "é", "@"]
    ),
    max_size=30,
).map("".join)


def words_in(line: str, found: LineSpans, word: str) -> list[str]:
    return [line[start:end] for start, end, what in found if what == word]


def coloured(path: str, text: str, word: str) -> list[list[str]]:
    lines = text.split("\n")
    return [
        words_in(line, found, word) for line, found in zip(lines, spans(path, text), strict=True)
    ]


def test_python_words_are_told_apart():
    text = "def add(a: int) -> int:\n    return a + 1  # more"

    assert coloured("tool.py", text, "keyword") == [["def"], ["return"]]
    assert coloured("tool.py", text, "function") == [["add"], []]
    assert coloured("tool.py", text, "number") == [[], ["1"]]
    assert coloured("tool.py", text, "comment") == [[], ["# more"]]


def test_a_string_over_many_lines_is_a_string_on_each():
    text = 'x = """one\n\n  def two\n"""\ny = 1'

    assert coloured("tool.py", text, "string") == [['"""one'], [], ["  def two"], ['"""'], []]
    assert coloured("tool.py", text, "keyword") == [[], [], [], [], []]


def test_blank_first_lines_move_nothing():
    assert coloured("tool.py", "\n\n\nimport os\n", "keyword") == [[], [], [], ["import"], []]


def test_places_are_characters_not_bytes():
    text = "name = 'größe 你好'  # ja"

    assert coloured("tool.py", text, "string") == [["'größe 你好'"]]
    assert coloured("tool.py", text, "comment") == [["# ja"]]


@pytest.mark.parametrize("path", ["toolvet.toml", "data/a.json", "README.md", "a.yaml", "x.SQL"])
def test_other_languages_of_a_bundle_are_coloured(path: str):
    assert any(spans(path, '# select "a" from b\n[key]\n"name": "text"\n- x: 1\n'))


@pytest.mark.parametrize("path", ["data/a.csv", "notes", "", ".py", "a.py/b"])
def test_what_has_no_language_has_no_colours(path: str):
    assert spans(path, "def x(): pass") == ()


def test_a_minified_text_has_no_colours():
    assert spans("tool.py", "x" * (LONGEST_LINE + 1)) == ()


def test_work_that_is_stopped_ends_early():
    text = "a = 1\n" * 5_000

    assert len(spans("tool.py", text, is_stopped=lambda: True)) <= 1


@given(python_like)
def test_spans_are_in_order_and_within_their_line(text: str):
    shown = visible(text)
    found = spans("tool.py", shown)

    assert len(found) == len(shown.split("\n"))
    for line, line_spans in zip(shown.split("\n"), found, strict=True):
        at = 0
        for start, end, _ in line_spans:
            assert at <= start < end <= len(line)
            at = end


@pytest.mark.parametrize("suffix", ["py", "toml", "json", "md", "yaml", "sql", "html", "js", "sh"])
@pytest.mark.parametrize("piece", ['"', "\\", "[", "{{", "<", "((", "'''", "*", "\t", "`", "- "])
def test_hostile_repetition_is_coloured_in_time_or_not_at_all(suffix: str, piece: str):
    line = piece * (LONGEST_LINE // len(piece))
    text = "\n".join([line] * 3 + [line[: random.Random(1).randrange(1, len(line))]])
    began = time.process_time()

    spans(f"a.{suffix}", text)

    assert time.process_time() - began < 6
