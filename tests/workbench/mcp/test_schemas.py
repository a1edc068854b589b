import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet.mcp.schemas import advertised, structured
from toolvet_reviews.values import Json, JsonObject

TREE: JsonObject = {
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}},
            "required": ["next"],
        }
    },
    "type": "array",
    "items": {"$ref": "#/$defs/Node"},
}


def test_an_object_schema_is_advertised_as_it_was_approved():
    schema: JsonObject = {"type": "object", "properties": {"sum": {"type": "integer"}}}

    assert advertised(schema) is schema
    assert structured(schema, {"sum": 3}) == {"sum": 3}


@pytest.mark.parametrize(
    ("schema", "result"),
    [
        ({"type": "integer"}, 3),
        ({"type": "null"}, None),
        ({"type": "array", "items": {"type": "string"}}, ["a"]),
        ({"anyOf": [{"type": "object"}, {"type": "null"}]}, {"a": 1}),
        (TREE, [{"next": {"next": None}}]),
    ],
)
def test_anything_else_is_wrapped_and_still_fits(schema: JsonObject, result: Json):
    wrapped = advertised(schema)

    assert wrapped["type"] == "object"
    assert jsonschema_rs.is_valid(wrapped, structured(schema, result))
    assert not jsonschema_rs.is_valid(wrapped, structured(schema, {"no": "such"})) or (
        jsonschema_rs.is_valid(schema, {"no": "such"})
    )


def test_references_are_found_after_wrapping():
    wrapped = advertised(TREE)

    assert "$defs" in wrapped
    assert not jsonschema_rs.is_valid(wrapped, {"result": [{"next": 1}]})


def test_wrapping_leaves_the_approved_schema_alone():
    before = repr(TREE)

    advertised(TREE)

    assert repr(TREE) == before


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(VALUES)
def test_structured_content_is_always_an_object(result: Json):
    schema: JsonObject = {"type": "object"} if isinstance(result, dict) else {}

    assert isinstance(structured(schema, result), dict)
