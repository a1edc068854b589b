"""What tools still need of an operator, as text: one place for every command that says so."""

from collections.abc import Sequence

from toolvet_reviews.views import Need
from toolvet_reviews.words import one_line


def still_needed(missing: Sequence[Need]) -> str:
    """Say what is missing, each with the command that binds it; empty when nothing is."""
    if not missing:
        return ""
    lines = ["", "Still needed:"]
    for need in missing:
        lines += [f"  {in_words(need)}", f"      {one_line(need.command, 4000)}"]
    return "\n".join(lines) + "\n"


def in_words(need: Need) -> str:
    """Say what one tool lacks."""
    return one_line(f"{need.tool}: the {need.kind} {need.name} {need.why}", 400)


def moment(stamp: str) -> str:
    """Shorten a time to its seconds."""
    return f"{stamp[:19]}Z"
