"""Versions that crash again and again."""

import pytest

from toolvet.sandbox.errors import ToolFencedError
from toolvet.sandbox.fencing import CRASHES, FIRST_S, LAST_S, WINDOW_S, Fences


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fences(clock: Clock) -> Fences:
    return Fences(clock)


def crash(fences: Fences, times: int = CRASHES) -> None:
    for _ in range(times):
        fences.crashed("tool", "the tool", "it died")


def test_a_version_that_crashes_in_a_row_is_left_alone_with_a_time_to_come_again(
    fences: Fences,
) -> None:
    crash(fences, CRASHES - 1)
    fences.check("tool")
    crash(fences, 1)

    with pytest.raises(ToolFencedError) as refused:
        fences.check("tool")
    assert (refused.value.code, refused.value.retry_after_s) == ("tool.fenced", FIRST_S)
    assert [one.label for one in fences.fenced()] == ["the tool"]
    fences.check("another")


def test_an_answer_between_crashes_begins_the_count_anew(fences: Fences) -> None:
    for _ in range(3):
        crash(fences, CRASHES - 1)
        fences.answered("tool")

    fences.check("tool")
    assert fences.fenced() == []


def test_crashes_that_lie_far_apart_are_no_row(fences: Fences, clock: Clock) -> None:
    for _ in range(2 * CRASHES):
        crash(fences, 1)
        clock.now += WINDOW_S + 1

    fences.check("tool")


def test_after_its_time_one_call_is_let_through_and_decides(fences: Fences, clock: Clock) -> None:
    crash(fences)
    clock.now += FIRST_S
    fences.check("tool")
    with pytest.raises(ToolFencedError):
        fences.check("tool")  # while the first is tried

    fences.answered("tool")
    fences.check("tool")
    assert fences.fenced() == []


def test_a_version_that_crashes_again_is_left_alone_for_longer_up_to_a_limit(
    fences: Fences, clock: Clock
) -> None:
    crash(fences)
    pauses: list[float] = []
    for _ in range(8):
        with pytest.raises(ToolFencedError) as refused:
            fences.check("tool")
        pauses.append(refused.value.retry_after_s or 0)
        clock.now += pauses[-1]
        fences.check("tool")
        crash(fences, 1)

    assert pauses[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert pauses[-1] == LAST_S


def test_a_trial_that_says_nothing_leaves_room_for_another(fences: Fences, clock: Clock) -> None:
    crash(fences)
    clock.now += FIRST_S
    fences.check("tool")
    fences.undecided("tool")

    fences.check("tool")


def test_calls_that_were_under_way_do_not_make_the_fence_longer(
    fences: Fences, clock: Clock
) -> None:
    crash(fences, 3 * CRASHES)

    clock.now += FIRST_S
    fences.check("tool")
