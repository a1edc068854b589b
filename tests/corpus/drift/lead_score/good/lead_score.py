"""Score a sales lead from what it told us and what it did on the site."""

from typing import Annotated, Literal

from toolvet.sdk import Ge, Le, MaxLen

_SIZES = {"solo": 0, "small": 10, "medium": 25, "large": 40}


def lead_score(
    company_size: Literal["solo", "small", "medium", "large"],
    pages_viewed: Annotated[list[Annotated[str, MaxLen(200)]], MaxLen(500)],
    days_since_visit: Annotated[int, Ge(0), Le(3650)],
    has_budget: bool = False,
) -> int:
    """Score a sales lead between 0 and 100; from 60 on somebody should call.

    Args:
        company_size: How large the company says it is.
        pages_viewed: Paths of the pages that were viewed, such as `/pricing`.
        days_since_visit: Whole days since the last visit.
        has_budget: Whether the lead named a budget.

    Returns:
        The score, from 0 to 100.
    """
    score = _SIZES[company_size]
    score += 20 * ("/pricing" in pages_viewed) + 15 * ("/demo" in pages_viewed)
    score += min(len(set(pages_viewed)), 15)
    score -= min(days_since_visit, 60) // 2
    score += 10 * has_budget
    return max(0, min(100, score))
