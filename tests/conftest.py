"""Order: what takes long begins first, so that two workers end at about the same time."""

import pytest

LONG = ("journeys", "extension", "examples", "tui")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort files by where they lie; within a file nothing moves."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    return next((n for n, name in enumerate(LONG) if name in item.path.parts), len(LONG))
