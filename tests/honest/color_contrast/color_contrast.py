"""Contrast of two colours."""

import re


def color_contrast(foreground: str, background: str) -> float:
    """Compute the WCAG contrast ratio of two colours.

    Args:
        foreground: Colour as #RRGGBB.
        background: Colour as #RRGGBB.

    Returns:
        Ratio between 1 and 21, rounded to two decimals.

    Raises:
        ValueError: A colour is not written as #RRGGBB.
    """
    one, other = _luminance(foreground), _luminance(background)
    lighter, darker = max(one, other), min(one, other)
    return round((lighter + 0.05) / (darker + 0.05), 2)


def _luminance(color: str) -> float:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
        raise ValueError(f"not a colour: {color!r}")
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
