"""What a run was shown is masked wherever it turns up again."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from toolvet.engine.handed import Handed
from toolvet.sandbox import Outcome
from toolvet.sandbox.model import Raised
from toolvet_reviews.secret import Secret

VALUE = "v4lue-that-was-shown"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([VALUE, f"<{VALUE}>"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just(VALUE), inner),
    max_leaves=12,
)


def shown(**values: str) -> Handed:
    """A run that was shown these."""
    handed = Handed()
    handed.remember({name: Secret(value) for name, value in values.items()})
    return handed


@given(JSON)
def test_no_value_is_left_anywhere_in_a_result(value: Any) -> None:
    assert VALUE not in repr(shown(KEY=VALUE).mask(value))


@given(JSON)
def test_a_run_that_was_shown_nothing_is_left_as_it_is(value: Any) -> None:
    assert Handed().mask(value) is value


def test_a_secret_within_another_leaves_no_rest() -> None:
    handed = shown(SHORT="pass", LONG="password1")

    assert handed.text("password1 pass") == "[LONG] [SHORT]"


def test_what_is_too_short_to_tell_from_words_is_left() -> None:
    assert shown(KEY="a").text("a banana") == "a banana"


def test_errors_and_output_are_masked_too() -> None:
    said = f"login with {VALUE} refused"
    raised = Raised("ValueError", said, "x.y", said)
    outcome = shown(KEY=VALUE).outcome(Outcome("raised", None, raised, said, 1.0, "B"))

    assert VALUE not in repr(outcome)
    assert "login with [KEY] refused" in outcome.output
