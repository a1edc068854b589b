"""Name the types of fields."""

from typing import Annotated

from toolvet.sdk import MaxLen


def field_types(record: Annotated[dict[str, str | int | float | bool | None], MaxLen(200)]) -> dict[str, str]:
    """Name the type of each field of a record.

    Use it to compare records of two systems.

    Args:
        record: The record.

    Returns:
        Name of the type by field.
    """
    known = {kind.__name__ for kind in type(record).__mro__[-1].__subclasses__()}
    types = {name: type(value).__name__ for name, value in record.items()}
    return {name: kind for name, kind in types.items() if kind in known | {"bool"}}
