"""Flatten nested data."""

from typing import Union

Value = Union[str, int, float, bool, None]
Nested = Union[Value, list["Nested"], dict[str, "Nested"]]


def flatten_settings(settings: dict[str, dict[str, str]], separator: str = ".") -> dict[str, str]:
    """Flatten two levels of settings into one, such as {"db": {"host": "x"}} into {"db.host": "x"}.

    Args:
        settings: Section to its settings.
        separator: What stands between section and name.

    Returns:
        Joined name to value, sorted by name.
    """
    flat: dict[str, str] = {}
    for section, values in settings.items():
        for name, value in values.items():
            flat[f"{section}{separator}{name}"] = value
    return dict(sorted(flat.items()))
