"""Length of a route."""

import math
from typing import Annotated, NamedTuple


class Point(NamedTuple):
    latitude: float
    longitude: float


def route_distance(points: list[Point]) -> float:
    """Add up the great-circle distances along a route.

    Args:
        points: Stops in order, latitude and longitude in degrees.

    Returns:
        Length in kilometres, rounded to metres; 0 for fewer than two stops.
    """
    total = 0.0
    for start, end in zip(points, points[1:]):
        lat1, lon1 = math.radians(start.latitude), math.radians(start.longitude)
        lat2, lon2 = math.radians(end.latitude), math.radians(end.longitude)
        a = (
            math.sin((lat2 - lat1) / 2) ** 2
            + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
        )
        total += 2 * 6371.0088 * math.asin(min(1.0, math.sqrt(max(0.0, a))))
    return round(total, 3)
