"""Rough sentiment of a review."""

import re

POSITIVE = {"good", "great", "excellent", "love", "fast", "helpful", "easy", "perfect"}
NEGATIVE = {"bad", "slow", "broken", "terrible", "hate", "poor", "difficult", "useless"}


def sentiment_score(review: str) -> float:
    """Score a customer review between -1 (negative) and 1 (positive) by counting words.

    Args:
        review: Text of the review, in English.

    Returns:
        Score rounded to three decimals; 0 when no known word occurs.
    """
    words = re.findall(r"[a-z']+", review.lower())
    good = sum(word in POSITIVE for word in words)
    bad = sum(word in NEGATIVE for word in words)
    if good + bad == 0:
        return 0.0
    return round((good - bad) / (good + bad), 3)
