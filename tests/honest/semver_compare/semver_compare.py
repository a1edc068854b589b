"""Compare version numbers."""

import re
from typing import Literal


def semver_compare(left: str, right: str) -> Literal["older", "same", "newer"]:
    """Say whether one release version is older or newer than another.

    Only MAJOR.MINOR.PATCH is supported; pre-release tags are not.

    Args:
        left: Version such as "1.4.2".
        right: Version to compare it with.

    Returns:
        Whether `left` is older than, the same as or newer than `right`.

    Raises:
        ValueError: One of them is not a version.
    """
    first, second = _parse(left), _parse(right)
    if first == second:
        return "same"
    return "older" if first < second else "newer"


def _parse(version: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})", version)
    if match is None:
        raise ValueError(f"not a version: {version!r}")
    return int(match[1]), int(match[2]), int(match[3])
