import mcp_types as t
import pytest

from toolvet.errors import BusyError, ToolNotFoundError
from toolvet.mcp.results import ERROR, REPLAYED, STATUS, called, error_object, refused
from toolvet_reviews.errors import UnknownFieldError
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import CallStatus, CallView

SUM: JsonObject = {"type": "object", "properties": {"sum": {"type": "integer"}}}


def a_call(status: CallStatus, *, result: Json = None, replayed: bool = False) -> CallView:
    return CallView("c", "add", 2, "sha256:" + "ab" * 32, status, result=result, replayed=replayed)


def text_of(result: t.CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, t.TextContent)
    return content.text


def error_of(result: t.CallToolResult) -> JsonObject:
    assert result.meta is not None
    return result.meta[ERROR]


@pytest.mark.parametrize("status", ["succeeded", "incomplete"])
def test_a_result_is_structured_and_says_how_it_came(status: CallStatus):
    result = called(a_call(status, result={"sum": 3}, replayed=True), SUM)

    assert not result.is_error
    assert result.structured_content == {"sum": 3}
    assert text_of(result) == '{"sum": 3}'
    assert result.meta is not None
    assert result.meta[STATUS] == status
    assert result.meta[REPLAYED] is True


@pytest.mark.parametrize("status", ["failed", "refused", "in_progress"])
def test_a_call_without_result_is_an_error_with_a_code(status: CallStatus):
    result = called(a_call(status), SUM)

    assert result.is_error
    assert error_of(result)["code"] == f"call.{status}"


def test_an_error_carries_no_structured_content():
    result = refused(BusyError("too much", retry_after_s=2.0))

    assert result.is_error
    assert result.structured_content is None
    assert "busy: too much" in text_of(result)
    assert error_of(result)["retry_after_s"] == 2.0


def test_an_error_of_the_domain_names_its_place():
    error = UnknownFieldError("unknown field 'kinds'", hint="Did you mean kind?", place="effects")

    assert error_object(error) == {
        "code": "spec.unknown_field",
        "message": "unknown field 'kinds'",
        "hint": "Did you mean kind?",
        "place": "effects",
    }


def test_an_unknown_error_tells_nothing_of_its_inside():
    known = error_object(RuntimeError("password is swordfish"))

    assert known["code"] == "internal"
    assert "swordfish" not in str(known)


def test_a_known_error_keeps_its_hint():
    assert "toolvet tools" in str(error_object(ToolNotFoundError("none"))["hint"])
