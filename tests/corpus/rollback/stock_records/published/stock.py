"""Book goods that arrived at a warehouse, each delivery note once."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import Context, Ge, Le, MaxLen, MinLen


@dataclass(frozen=True)
class Booked:
    """What stands in the book after a delivery."""

    booked: bool
    """False when the note was booked before."""
    pieces: int
    """Of this article, over all notes."""


def stock_receive(
    ctx: Context,
    note: Annotated[str, MinLen(1), MaxLen(60)],
    article: Annotated[str, MinLen(1), MaxLen(60)],
    pieces: Annotated[int, Ge(1), Le(100_000)],
) -> Booked:
    """Book one delivery of an article; a note that was booked before changes nothing.

    Args:
        note: Number of the delivery note.
        article: Number of the article.
        pieces: How many pieces came.

    Returns:
        Whether it was booked now, and the pieces of the article after it.
    """
    book = ctx.store["stock_book"]
    is_new = book.add_if_absent(note, {"article": article, "pieces": pieces})
    total = sum(item["pieces"] for _, item in book.scan() if item["article"] == article)
    ctx.log.info("stock_received", note=note, booked=is_new)
    return Booked(booked=is_new, pieces=total)
