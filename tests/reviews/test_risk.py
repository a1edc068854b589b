"""Risk: one figure, made of what is counted, that never shrinks when there is more of it."""

from dataclasses import fields, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.risk import MOST, Risky, assess, is_low
from toolvet_reviews.values import EFFECT_KINDS, EffectKind

numbers = st.integers(0, 1000)
risky = st.builds(
    Risky,
    kind=st.sampled_from([*EFFECT_KINDS, None]),
    is_new=st.booleans(),
    undeclared=numbers,
    errors=numbers,
    warnings=numbers,
    unmet=numbers,
    unknown=numbers,
    visible_secrets=numbers,
    hosts=numbers,
)
counted = [one.name for one in fields(Risky) if one.type == "int" or one.type is int]


@given(risky, st.sampled_from(counted), st.integers(1, 50))
def test_more_of_anything_is_never_less_risk(found: Risky, name: str, more: int) -> None:
    worse = replace(found, **{name: getattr(found, name) + more})

    assert 0 <= assess(found).points <= assess(worse).points <= MOST


@given(risky)
def test_a_kind_that_may_do_more_is_never_less_risk(found: Risky) -> None:
    points = [assess(replace(found, kind=kind)).points for kind in (*EFFECT_KINDS, None)]

    assert all(one <= other for one, other in pairwise(points))


def test_the_words_name_the_kind_first_and_then_what_weighs_most() -> None:
    found = assess(Risky("write", is_new=True, undeclared=2, hosts=3, warnings=1))

    assert (found.points, found.why) == (
        67,
        "write, 2 undeclared effects, 3 hosts, new, 1 warning",
    )


def test_what_is_not_known_counts_like_the_worst() -> None:
    assert assess(Risky(None)).points == assess(Risky("destructive")).points
    assert assess(Risky(None)).why == "kind unknown"


@pytest.mark.parametrize(
    ("kind", "low"), [("pure", True), ("read", True), ("write", False), ("destructive", False)]
)
def test_only_what_changes_nothing_may_be_shown_in_a_batch(kind: EffectKind, low: bool) -> None:
    assert is_low(Risky(kind), open_threads=0, objections=0) is low


@pytest.mark.parametrize("worse", [{"errors": 1}, {"undeclared": 1}, {"unmet": 1}])
def test_nothing_that_is_wrong_may_be_shown_in_a_batch(worse: dict[str, int]) -> None:
    assert not is_low(replace(Risky("pure"), **worse), open_threads=0, objections=0)
    assert not is_low(Risky("pure"), open_threads=1, objections=0)
    assert not is_low(Risky("pure"), open_threads=0, objections=1)
