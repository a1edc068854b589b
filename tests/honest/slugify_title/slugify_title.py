"""Turn a title into a URL slug."""

import re
import unicodedata


def slugify_title(title: str, max_length: int = 80) -> str:
    """Make a lower-case ASCII slug from a title, such as for a blog URL.

    Args:
        title: Any text.
        max_length: Longest slug in characters, at least 1.

    Returns:
        Words of letters and digits joined by hyphens; empty when nothing is left.

    Raises:
        ValueError: `max_length` is below 1.
    """
    if max_length < 1:
        raise ValueError("max_length must be at least 1")
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii")
    words = re.findall(r"[a-z0-9]+", plain.lower())
    return "-".join(words)[:max_length].strip("-")
