"""Evaluate an A/B test."""

import math
from dataclasses import dataclass


@dataclass
class Result:
    """Outcome of the comparison."""

    rate_a: float
    rate_b: float
    z_score: float
    significant: bool


def ab_test_significance(
    visitors_a: int, conversions_a: int, visitors_b: int, conversions_b: int
) -> Result:
    """Compare two conversion rates with a two-sided z-test at 95 percent.

    Args:
        visitors_a: Number of visitors who saw variant A.
        conversions_a: How many of them converted.
        visitors_b: Number of visitors who saw variant B.
        conversions_b: How many of them converted.

    Returns:
        Both rates, the z score and whether the difference is significant.

    Raises:
        ValueError: A count is negative, zero visitors, or more conversions than visitors.
    """
    for visitors, conversions in ((visitors_a, conversions_a), (visitors_b, conversions_b)):
        if visitors <= 0 or conversions < 0 or conversions > visitors:
            raise ValueError("counts are inconsistent")
    rate_a = conversions_a / visitors_a
    rate_b = conversions_b / visitors_b
    pooled = (conversions_a + conversions_b) / (visitors_a + visitors_b)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / visitors_a + 1 / visitors_b))
    z_score = (rate_b - rate_a) / spread if spread else 0.0
    return Result(round(rate_a, 4), round(rate_b, 4), round(z_score, 4), abs(z_score) > 1.96)
