from ticket_escalate import Escalation, Ticket, escalate
from toolvet.sdk import Context

OLD = Ticket("T-1", 30)
OLDER = Ticket("T-2", 25)
FRESH = Ticket("T-3", 24)


def test_what_waits_too_long_is_escalated() -> None:
    assert escalate("2026-05-04", [OLD], Context.for_tests()) == Escalation(["T-1"], [], 0)


def test_what_has_time_is_left_alone() -> None:
    assert escalate("2026-05-04", [FRESH], Context.for_tests()) == Escalation([], [], 1)


def test_a_day_and_an_hour_is_too_long() -> None:
    assert escalate("2026-05-04", [OLDER], Context.for_tests()).escalated == ["T-2"]


def test_the_same_run_escalates_nothing_twice() -> None:
    ctx = Context.for_tests()
    escalate("2026-05-04", [OLD], ctx)

    assert escalate("2026-05-04", [OLD], ctx) == Escalation([], ["T-1"], 0)


def test_another_run_escalates_again() -> None:
    ctx = Context.for_tests()
    escalate("2026-05-04", [OLD], ctx)

    assert escalate("2026-05-05", [OLD], ctx).escalated == ["T-1"]


def test_a_run_may_grow() -> None:
    ctx = Context.for_tests()
    escalate("2026-05-04", [OLD], ctx)

    assert escalate("2026-05-04", [OLD, OLDER], ctx) == Escalation(["T-2"], ["T-1"], 0)


def test_every_ticket_is_counted_once() -> None:
    found = escalate("2026-05-04", [OLD, OLDER, FRESH], Context.for_tests())

    assert len(found.escalated) + len(found.known) + found.waiting == 3


def test_each_escalation_is_kept_with_its_hours() -> None:
    ctx = Context.for_tests()
    escalate("2026-05-04", [OLD, FRESH], ctx)

    assert list(ctx.store["escalations"].scan()) == [("2026-05-04/T-1", {"hours": 30})]
