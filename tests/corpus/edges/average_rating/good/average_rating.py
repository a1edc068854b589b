"""Sum up the reviews of a help article."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen


@dataclass(frozen=True)
class Rating:
    """What readers thought of an article."""

    reviews: int
    average_stars: float
    """Rounded to two places; 0 when nobody rated it."""
    unhappy_percent: int
    """Share of reviews with one or two stars."""


def average_rating(
    stars: Annotated[list[Annotated[int, Ge(1), Le(5)]], MaxLen(5_000)],
) -> Rating:
    """Sum up the star ratings of one help article.

    Use it to find articles that need work; it does not weigh ratings by their age.

    Args:
        stars: The stars of each review, from 1 to 5.

    Returns:
        Number of reviews, average of the stars and the share of unhappy readers.
    """
    if not stars:
        return Rating(0, 0.0, 0)
    unhappy = sum(1 for given in stars if given <= 2)
    return Rating(
        reviews=len(stars),
        average_stars=round(sum(stars) / len(stars), 2),
        unhappy_percent=round(100 * unhappy / len(stars)),
    )
