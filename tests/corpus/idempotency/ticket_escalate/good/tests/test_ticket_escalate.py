import pytest

import ticket_escalate
from ticket_escalate import escalate_tickets
from toolvet.sdk import Context

SHIFT = "2026-11-20-late"


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    calls: list[tuple[str, int]] = []
    monkeypatch.setattr(ticket_escalate, "call_desk", lambda shift, one: calls.append((shift, one)))
    return calls


def test_each_ticket_goes_to_the_desk(desk: list[tuple[str, int]]) -> None:
    ctx = Context.for_tests()

    result = escalate_tickets(SHIFT, [7, 8, 7], ctx)

    assert (result.sent, result.skipped, result.uncertain) == (2, 0, [])
    assert desk == [(SHIFT, 7), (SHIFT, 8)]


def test_a_ticket_that_was_escalated_is_skipped(desk: list[tuple[str, int]]) -> None:
    ctx = Context.for_tests()
    escalate_tickets(SHIFT, [7], ctx)

    result = escalate_tickets(SHIFT, [7, 9], ctx)

    assert (result.sent, result.skipped) == (1, 1)
    assert desk == [(SHIFT, 7), (SHIFT, 9)]


def test_it_logs_each_and_tells_of_progress(desk: list[tuple[str, int]]) -> None:
    ctx = Context.for_tests()

    escalate_tickets(SHIFT, [7, 8], ctx)

    assert [event["event"] for event in ctx.memory.logged] == ["ticket.escalated"] * 2
    assert ctx.memory.logged[1]["fields"] == {"ticket": 8, "shift": SHIFT}
    assert [(step["done"], step["total"]) for step in ctx.memory.progress] == [(1, 2), (2, 2)]
    assert len(desk) == 2


def test_the_desk_answers() -> None:
    ticket_escalate.call_desk(SHIFT, 3)


def test_a_ticket_in_doubt_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = Context.for_tests()

    def broken(shift: str, ticket: int) -> None:
        raise ConnectionError(f"{shift} {ticket}")

    monkeypatch.setattr(ticket_escalate, "call_desk", broken)
    with pytest.raises(ConnectionError):
        escalate_tickets(SHIFT, [7], ctx)

    result = escalate_tickets(SHIFT, [7], ctx)

    assert (result.sent, result.skipped, result.uncertain) == (0, 0, ["7"])
