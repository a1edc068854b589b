"""Deliveries are booked once."""

from stock import stock_receive
from toolvet.sdk import Context


def test_a_note_is_booked_once() -> None:
    ctx = Context.for_tests()

    assert stock_receive(ctx, "LN-1", "A-7", 40).booked is True
    again = stock_receive(ctx, "LN-1", "A-7", 40)

    assert (again.booked, again.pieces) == (False, 40)


def test_pieces_of_one_article_add_up() -> None:
    ctx = Context.for_tests()

    stock_receive(ctx, "LN-1", "A-7", 40)
    stock_receive(ctx, "LN-2", "B-1", 3)

    assert stock_receive(ctx, "LN-3", "A-7", 2).pieces == 42


def test_each_delivery_is_logged_and_kept() -> None:
    ctx = Context.for_tests()

    stock_receive(ctx, "LN-9", "A-7", 5)

    assert ctx.memory.collections["stock_book"]["LN-9"] == {"article": "A-7", "pieces": 5, "usable": 5}
    assert ctx.memory.logged[0]["event"] == "stock_received"
    assert ctx.memory.logged[0]["fields"] == {"note": "LN-9", "booked": True}
