"""Find unusual values."""

import statistics


def detect_outliers(values: list[float], threshold: float = 3.0) -> list[int]:
    """Find values that lie far from the median, by the modified z-score.

    Args:
        values: Measurements, in any order.
        threshold: How far is too far, in robust standard deviations.

    Returns:
        Positions of the outliers, counted from 0. Empty for fewer than three values.
    """
    if len(values) < 3:
        return []
    middle = statistics.median(values)
    deviations = [abs(value - middle) for value in values]
    spread = statistics.median(deviations)
    if spread == 0:
        return []
    return [
        index
        for index, deviation in enumerate(deviations)
        if 0.6745 * deviation / spread > threshold
    ]
