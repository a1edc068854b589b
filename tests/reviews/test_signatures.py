"""Schemas as one line."""

from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.signatures import LONGEST, signature
from toolvet_reviews.values import JsonObject

RUN: JsonObject = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "status": {"enum": ["passed", "failed"]}},
    "required": ["id"],
}
TAKES: JsonObject = {
    "type": "object",
    "properties": {
        "runs": {"type": "array", "items": {"$ref": "#/$defs/Run"}},
        "minimum": {"type": "integer", "default": 2},
        "rates": {"type": "object", "additionalProperties": {"type": "number"}},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["runs", "pair"],
    "$defs": {"Run": RUN},
}


def test_a_signature_reads_like_one():
    gives: JsonObject = {"anyOf": [{"type": "string"}, {"type": "null"}]}

    assert signature("find", TAKES, gives) == (
        'find(runs: list[{id: str, status?: "passed" | "failed"}], pair: tuple[str, None], '
        "minimum: int = 2, rates: dict[str, float] = …) -> str | None"
    )


def test_a_schema_that_refers_to_itself_has_a_signature():
    node: JsonObject = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
    takes: JsonObject = {"properties": {"n": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": node}}

    assert signature("walk", takes, {}).startswith("walk(n: {next?: {next?:")


def test_a_long_one_is_cut_and_says_so():
    many: JsonObject = {"properties": {f"p{n}": {"type": "string"} for n in range(100)}}
    wide: JsonObject = {"enum": ["x" * 900]}

    assert signature("f", many, {}).endswith("…) -> any")
    assert len(signature("f", {}, wide)) == LONGEST


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "$ref", "enum", "anyOf", "items", "properties", "required"]
                )
                | st.text(),
                inner,
            )
        ),
    )
)
def test_no_schema_breaks_it(value: object):
    schema: JsonObject = {"properties": {"p": value}, "required": value}  # pyright: ignore[reportAssignmentType]

    assert signature("f", schema, schema).startswith("f(")
