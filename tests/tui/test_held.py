"""Held decisions: nothing is signed while it can be taken back, and what went wrong is not lost."""

from hypothesis import given
from hypothesis import strategies as st

from toolvet_tui.held import SAID_S, Decision, Held


class Clock:
    """Seconds that go forward when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def decision(*proposals: str) -> Decision:
    return Decision(proposals, f"approve {proposals[0]}", lambda: "done")


def texts(held: Held) -> list[tuple[str, str]]:
    return [(one.tone, one.text) for one in held.lines()]


def test_a_decision_is_due_only_after_five_seconds() -> None:
    clock = Clock()
    held = Held(clock)
    made = decision("P-1")
    assert held.hold(made)
    clock.now += 4.99
    assert held.due() == []
    clock.now += 0.02

    assert held.due() == [made]
    assert held.due() == []
    assert held.on_the_way == 1


def test_what_is_taken_back_never_becomes_due() -> None:
    clock = Clock()
    held = Held(clock)
    first, second = decision("P-1"), decision("P-2")
    held.hold(first)
    held.hold(second)
    assert held.take_back() is second
    clock.now += 60

    assert held.due() == [first]
    assert held.take_back() is None


def test_a_proposal_has_one_decision_at_a_time_until_it_is_answered() -> None:
    clock = Clock()
    held = Held(clock)
    first = decision("P-1")
    held.hold(first)
    assert not held.hold(decision("P-1"))
    clock.now += 6
    held.due()
    assert not held.hold(decision("P-2", "P-1"))
    held.answered(first, "done")

    assert held.hold(decision("P-1"))


def test_the_strip_counts_down_and_says_what_is_on_its_way() -> None:
    clock = Clock()
    held = Held(clock)
    held.hold(decision("P-1"))
    assert texts(held) == [("held", "5 s  approve P-1")]
    clock.now += 3.5
    assert texts(held) == [("held", "2 s  approve P-1")]
    clock.now += 2
    held.due()

    assert texts(held) == [("sent", "waiting for the service: approve P-1")]


def test_what_was_done_is_said_for_a_while_and_what_was_not_until_it_is_put_away() -> None:
    clock = Clock()
    held = Held(clock, hold_s=0)
    good, bad = decision("P-1"), decision("P-2")
    held.hold(good)
    held.hold(bad)
    held.due()
    held.answered(good, "P-1 is published")
    held.failed(bad, "it moved on\n[vote.stale]")
    assert [tone for tone, _ in texts(held)] == ["bad", "good"]
    clock.now += SAID_S + 1

    assert held.is_still
    assert [tone for tone, _ in texts(held)] == ["bad"]
    assert "\n" not in texts(held)[0][1]
    assert held.put_away()
    assert texts(held) == []


def test_another_decision_about_it_takes_the_place_of_what_went_wrong() -> None:
    clock = Clock()
    held = Held(clock, hold_s=0)
    held.hold(decision("P-1"))
    held.failed(held.due()[0], "no")
    held.hold(decision("P-1"))

    assert not held.has_troubles


def test_a_changed_proposal_is_dropped_only_while_it_is_held() -> None:
    clock = Clock()
    held = Held(clock, hold_s=5)
    made = decision("P-1")
    held.hold(made)
    assert held.drop(made, "it changed")
    assert not held.drop(made, "it changed")
    clock.now += 9

    assert held.due() == []
    assert held.has_troubles


@given(st.lists(st.sampled_from(["hold", "back", "tick", "due", "answer", "fail"]), max_size=40))
def test_each_decision_has_exactly_one_end_whatever_happens(acts: list[str]) -> None:
    clock = Clock()
    held = Held(clock)
    made: list[Decision] = []
    back: list[Decision] = []
    sent: list[Decision] = []
    for act in acts:
        if act == "hold":
            made.append(decision(f"P-{len(made)}"))
            held.hold(made[-1])
        elif act == "back" and (taken := held.take_back()) is not None:
            back.append(taken)
        elif act == "tick":
            clock.now += 2
        elif act == "due":
            sent += held.due()
        elif sent and act == "answer":
            held.answered(sent[-1], "done")
        elif sent and act == "fail":
            held.failed(sent[-1], "no")
    clock.now += 10
    sent += held.due()

    assert not held.waiting
    assert {id(one) for one in made} == {id(one) for one in (*back, *sent)}
    assert len(back) + len(sent) == len(made)
