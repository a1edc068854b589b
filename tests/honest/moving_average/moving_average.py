"""Smooth a series."""


def moving_average(values: list[float], window: int) -> list[float]:
    """Compute the simple moving average of a series.

    Args:
        values: The series.
        window: How many neighbouring values to average, at least 1.

    Returns:
        One average for each full window; empty when the series is shorter than the window.

    Raises:
        ValueError: `window` is below 1.
    """
    if window < 1:
        raise ValueError("window must be at least 1")
    return [
        round(sum(values[start : start + window]) / window, 6)
        for start in range(len(values) - window + 1)
    ]
