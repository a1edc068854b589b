"""When a tool pays, from what was measured, said and assumed."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import token_estimate
from toolvet_reviews.break_even import (
    ASSUMED,
    HORIZON_MONTHS,
    Assumed,
    Measured,
    assumptions,
    break_even,
)
from toolvet_reviews.bundle import Cost

FOUND = Measured(
    tokens_in=120, tokens_out=200, tokens_definition=400, time_ms=12.0, lines=60, warnings=0
)


def test_a_tool_that_spares_many_steps_pays_soon() -> None:
    said = break_even(Cost(calls_per_month=100, prompt_steps_per_call=25), "pure", FOUND)

    assert said.calls is not None
    assert said.calls < 100
    assert said.pays is True
    assert (
        said.sentence() == f"pays after {said.calls} calls, within the first month at 100 a month"
    )
    assert said.saved_tokens_per_month == 100 * said.saved_tokens
    assert said.saved_s_per_month == 100 * said.saved_s


def test_a_tool_that_spares_nothing_says_so() -> None:
    said = break_even(Cost(calls_per_month=1000, prompt_steps_per_call=1), "pure", FOUND)

    assert (said.calls, said.pays) == (None, False)
    assert said.sentence() == ("does not pay: a call saves nothing against 1 step without the tool")


def test_a_tool_that_is_hardly_called_does_not_pay_within_the_horizon() -> None:
    said = break_even(Cost(calls_per_month=1, prompt_steps_per_call=4), "destructive", FOUND)

    assert said.calls is not None
    assert said.calls > HORIZON_MONTHS
    assert said.pays is False
    assert f"longer than {HORIZON_MONTHS} months" in said.sentence()


def test_an_unknown_volume_says_after_how_many_calls_it_pays() -> None:
    said = break_even(Cost(prompt_steps_per_call=25), "pure", FOUND)

    assert said.pays is None
    assert said.saved_tokens_per_month is None
    assert said.sentence().startswith(f"pays after {said.calls} calls;")


def test_steps_come_from_the_specification_then_from_items_then_from_an_assumption() -> None:
    told = break_even(Cost(prompt_steps_per_call=7, items_per_call=400), "pure", FOUND)
    counted = break_even(Cost(items_per_call=400), "pure", FOUND)
    assumed = break_even(Cost(), "pure", FOUND)

    assert (told.steps, told.steps_by) == (7, "said")
    assert (counted.steps, counted.steps_by) == (400 // ASSUMED.items_per_step, "items")
    assert (assumed.steps, assumed.steps_by) == (ASSUMED.steps_unsaid, "assumed")


def test_review_takes_longer_for_effects_lines_and_warnings() -> None:
    cost = Cost(prompt_steps_per_call=25)
    plain = break_even(cost, "pure", FOUND).review_minutes

    assert break_even(cost, "write", FOUND).review_minutes > plain
    assert break_even(cost, "pure", replace(FOUND, lines=600)).review_minutes > plain
    assert break_even(cost, "pure", replace(FOUND, warnings=4)).review_minutes == plain + 2


def test_every_assumption_is_named() -> None:
    assert set(assumptions()) == set(Assumed.__dataclass_fields__)
    assert all(value is not None for value in assumptions().values())


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 10**5))
def test_whatever_is_said_there_is_an_answer(
    calls: int, steps: int, tokens: int, lines: int
) -> None:
    found = replace(FOUND, tokens_in=tokens, tokens_out=tokens, lines=lines)

    said = break_even(Cost(calls, steps), "write", found)

    assert said.sentence()
    assert (said.calls is None) <= (said.pays is False)


def test_more_steps_never_pay_later() -> None:
    found = [break_even(Cost(prompt_steps_per_call=n), "pure", FOUND).calls for n in range(2, 60)]
    known = [calls for calls in found if calls is not None]

    assert known == sorted(known, reverse=True)
    assert len(known) > 50


def test_tokens_are_estimated_about_as_a_vocabulary_counts_them() -> None:
    # counted with o200k_base
    for text, counted in (
        ('{"arguments":{"runs":[{"test":"a.b","passed":true}]}}', 16),
        ("Summarise a web server's error log: each kind of error with its count.", 18),
        ('{"recipients":["ana@example.org","bo@example.org"],"percent":20}', 17),
    ):
        assert abs(token_estimate.tokens(text) - counted) <= 0.25 * counted + 2
    assert token_estimate.tokens("") == 0


@given(st.text(max_size=200))
def test_any_text_has_an_estimate_that_grows_with_it(text: str) -> None:
    assert 0 <= token_estimate.tokens(text) <= 2 * len(text) + 1
