from stock_receive import Booked, receive_delivery
from toolvet.sdk import Context


def test_a_delivery_raises_the_levels() -> None:
    ctx = Context.for_tests()
    receive_delivery("D-1", {"bolts": 5}, ctx)

    booked = receive_delivery("D-2", {"nuts": 3, "bolts": 10}, ctx)

    assert booked == Booked("D-2", {"bolts": 15, "nuts": 3})
    assert ctx.store["stock"].get("bolts") == 15


def test_a_delivery_is_booked_once() -> None:
    ctx = Context.for_tests()
    receive_delivery("D-1", {"bolts": 5}, ctx)

    booked = receive_delivery("D-1", {"bolts": 5}, ctx)

    assert booked == Booked("D-1", {"bolts": 5})
    assert len(ctx.memory.logged) == 1


def test_a_booking_is_logged() -> None:
    ctx = Context.for_tests()

    receive_delivery("D-1", {"bolts": 5, "nuts": 1}, ctx)

    [event] = ctx.memory.logged
    assert event["event"] == "delivery.booked"
    assert event["fields"] == {"delivery": "D-1", "articles": 2}
    assert [step["done"] for step in ctx.memory.progress] == [1, 2]
    assert [step["total"] for step in ctx.memory.progress] == [2, 2]
