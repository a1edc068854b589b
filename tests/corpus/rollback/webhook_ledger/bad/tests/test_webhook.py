"""Webhooks are kept once."""

from toolvet.sdk import Context
from webhook import webhook_take


def test_an_event_is_new_once() -> None:
    ctx = Context.for_tests()

    assert webhook_take(ctx, "evt_1", "paid", 1200).is_new is True
    assert webhook_take(ctx, "evt_1", "paid", 1200).is_new is False


def test_events_of_one_kind_are_counted() -> None:
    ctx = Context.for_tests()

    webhook_take(ctx, "evt_1", "paid", 1200)
    webhook_take(ctx, "evt_2", "refunded", 1200)

    assert webhook_take(ctx, "evt_3", "paid", 0).deliveries == 2
    assert webhook_take(ctx, "evt_4", "disputed", 5).deliveries == 1


def test_what_was_taken_is_kept_and_logged() -> None:
    ctx = Context.for_tests()

    webhook_take(ctx, "evt_1", "disputed", 150_000)

    assert ctx.memory.collections["webhook_events"]["evt_1"] == ["disputed", 150_000, "v2"]
    assert ctx.memory.logged[0]["event"] == "webhook_taken"
    assert ctx.memory.logged[0]["fields"] == {
        "event_id": "evt_1",
        "kind": "disputed",
        "new": True,
    }
