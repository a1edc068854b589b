"""The small form: one typed file becomes the canonical bundle, whatever was left out."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import intake, small_form, spec
from toolvet_reviews.bundle import ToolSpec
from toolvet_reviews.errors import ReviewError, SpecError
from toolvet_reviews.values import JsonObject

SOURCE = '''def add(a: int, b: int) -> int:
    """Add two numbers.

    Args:
        a: One.
        b: Other.
    """
    return a + b
'''


def function(name: str = "add", doc: str = "Add two numbers.\n\nMore.") -> JsonObject:
    return {
        "name": name,
        "line": 1,
        "end_line": 8,
        "doc": doc,
        "is_async": False,
        "params": ["a", "b"],
        "annotated": True,
    }


def outline(*functions: JsonObject) -> small_form.Outline:
    return small_form.outline_from_json(
        {"functions": [*(functions or (function(),))], "classes": [], "imports": ["json"]}
    )


def with_block(*lines: str) -> str:
    return "\n".join(["# /// script", *(f"# {line}".rstrip() for line in lines), "# ///", SOURCE])


def made(source: str, *examples: JsonObject, **said: Any) -> tuple[ToolSpec, dict[str, bytes]]:
    shape = said.pop("shape", outline())
    files = dict(small_form.to_bundle_files(source, shape, examples, **said))
    return spec.parse_spec(files["tool.toml"].decode()), files


def test_everything_has_a_default():
    said, files = made(SOURCE, {"arguments": {"a": 1, "b": 2}, "result": 3})

    assert said.name == "add"
    assert said.summary == "Add two numbers."
    assert said.entry == "add:add"
    assert said.effects.kind == "pure"
    assert said.toolset == "default"
    assert said.examples[0].result == 3
    assert files["add.py"] == SOURCE.encode()
    assert set(files) == {"tool.toml", "add.py"}
    intake.check_files(files)


def test_metadata_is_the_same_as_tool_toml():
    source = with_block(
        'requires-python = ">=3.11"',
        "dependencies = []",
        "[tool.toolvet]",
        'name = "plus"',
        'toolset = "maths"',
        "",
        "[tool.toolvet.effects]",
        'kind = "write"',
        'store = ["sums"]',
        "[tool.toolvet.idempotency]",
        'key = ["a"]',
        "[[tool.toolvet.examples]]",
        "arguments = { a = 1, b = 2 }",
        "result = 3",
    )

    said, files = made(source, {"arguments": {"a": 0, "b": 0}, "result": 0}, toolset="other")

    assert (said.toolset, said.name, said.entry) == ("maths", "plus", "plus:add")
    assert said.effects.store == ("sums",)
    assert [example.result for example in said.examples] == [3, 0]
    assert "plus.py" in files


def test_the_kind_alone_may_stand_beside_the_name():
    said, _ = made(with_block("[tool.toolvet]", 'kind = "read"'))

    assert said.effects.kind == "read"
    with pytest.raises(SpecError):
        made(with_block("[tool.toolvet]", 'kind = "read"', 'effects = { kind = "write" }'))


def test_the_toolset_of_the_submission_counts_when_the_file_names_none():
    said, _ = made(SOURCE, toolset="maths")

    assert said.toolset == "maths"


def test_a_module_named_like_the_standard_library_gets_out_of_its_way():
    said, files = made(SOURCE, shape=outline(function("calendar")))

    assert (said.name, said.entry) == ("calendar", "calendar_tool:calendar")
    intake.check_files(files)


def test_helpers_begin_with_an_underscore_or_the_entry_is_named():
    two = outline(function("add"), function("other"), function("_helper"))

    with pytest.raises(SpecError) as caught:
        made(SOURCE, shape=two, filename="sums.py")
    assert "underscore" in caught.value.hint
    assert "sums.py" in str(caught.value)

    said, _ = made(with_block("[tool.toolvet]", 'entry = "other"'), shape=two)
    assert said.entry == "other:other"


@pytest.mark.parametrize(
    ("source", "shape", "code"),
    [
        (SOURCE, outline(function("_add")), "spec.missing_field"),
        (SOURCE, outline(function(doc="")), "spec.missing_field"),
        (SOURCE, outline(function("Add")), "spec.invalid"),
        (with_block("[tool.toolvet]", 'entry = "gone"'), outline(), "spec.missing_field"),
        (with_block("[tool.toolvet]", 'nme = "x"'), outline(), "spec.unknown_field"),
        (with_block("[tool]", "toolvet = 1"), outline(), "spec.invalid"),
        (with_block("tool = 1"), outline(), "spec.invalid"),
        (with_block('dependencies = ["requests"]'), outline(), "spec.invalid"),
        (with_block("surprise = 1"), outline(), "spec.unknown_field"),
        (with_block("[tool.toolvet"), outline(), "spec.invalid"),
        (with_block("") + with_block(""), outline(), "spec.invalid"),
        ("# /// script\n# a = 1\n", outline(), "spec.invalid"),
        ("# /// script\nimport os\n# ///\n", outline(), "spec.invalid"),
    ],
)
def test_a_file_that_does_not_make_a_bundle_is_refused_with_a_code(
    source: str, shape: small_form.Outline, code: str
):
    with pytest.raises(ReviewError) as caught:
        made(source, shape=shape)

    assert caught.value.code == code


def test_other_tools_tables_are_theirs():
    said, _ = made(with_block("[tool.other]", "x = 1"))

    assert said.name == "add"


def test_a_long_first_line_is_cut_to_a_summary():
    said, _ = made(SOURCE, shape=outline(function(doc="word " * 100)))

    assert len(said.summary) <= spec.MAX_SUMMARY


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"functions": []},
        {"functions": [{"name": "a"}], "classes": [], "imports": []},
        {"functions": [], "classes": [], "imports": [], "surprise": 1},
        {"functions": [{**function(), "annotated": 1}], "classes": [], "imports": []},
        {"functions": {}, "classes": [], "imports": []},
    ],
)
def test_an_outline_that_is_none_is_refused_with_a_code(value: Any):
    with pytest.raises(ReviewError) as caught:
        small_form.outline_from_json(value)

    assert caught.value.code.startswith("spec.")


@given(st.text("# /scriptol\n=[]\"'.1\r", max_size=80))
def test_no_source_ends_in_an_error_without_a_code(source: str):
    try:
        table = small_form.metadata(source)
    except ReviewError as error:
        table = {"code": error.code}
    assert isinstance(table, dict)


def test_metadata_is_read_in_one_pass():
    assert small_form.metadata("# /// scrip\n#\n" * 20_000) == {}


def test_the_gallerys_small_form_makes_a_bundle():
    path = Path(__file__).parents[2] / "examples" / "find_flaky_runs.py"
    source = path.read_text(encoding="utf-8")

    said, files = made(source, shape=outline(function("find_flaky_runs", "Find flaky tests.")))

    assert said.entry == "find_flaky_runs:find_flaky_runs"
    intake.check_files(files)
