"""Make file names."""

import re

RESERVED = {"con", "prn", "aux", "nul", "com1", "lpt1"}


def safe_filename(title: str, extension: str = "txt") -> str:
    """Make a file name from a title that every operating system accepts.

    Args:
        title: Title of the document.
        extension: Ending without the dot.

    Returns:
        The file name, at most 120 characters before the ending.
    """
    name = re.sub(r"[^A-Za-z0-9 _-]+", "", title).strip().replace(" ", "_")
    name = re.sub(r"_+", "_", name)[:120].strip("_-")
    if not name or name.lower() in RESERVED:
        name = f"file_{name}".rstrip("_")
    ending = re.sub(r"[^a-z0-9]", "", extension.lower()) or "txt"
    return f"{name}.{ending}"
