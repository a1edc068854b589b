"""What the doctor says of the queue: lines that differ from what they are made of, and what is stuck."""

from toolvet.config import stamp
from toolvet.engine import listing, queue_health
from toolvet.engine.services import Services
from toolvet.storage import View
from toolvet_reviews.views import DoctorLine

MOST = 500
"""Lines that are made anew to compare."""


def look(services: Services) -> list[DoctorLine]:
    """Compare the queue's lines, and look for what waits and could not be applied."""

    def read(view: View) -> tuple[list[str], tuple[str, ...]]:
        differing = _differing(view, stamp(services.clock()))
        return differing, queue_health.stuck(view.figures.open_items())

    differing, stuck = services.store.query_sync(read)
    lines: list[DoctorLine] = []
    if differing:
        message = f"the queue says something else than the proposals: {', '.join(differing[:10])}"
        hint = "The proposals stay in force; the lines are written anew when something happens."
        lines.append(DoctorLine("queue", ok=False, message=message, hint=hint, code="queue.line"))
    if stuck:
        message = f"waiting for reviewers, and cannot be applied: {', '.join(stuck[:10])}"
        hint = "A running service rebases them by itself: see that it runs, and its log."
        lines.append(DoctorLine("queue", ok=False, message=message, hint=hint, code="queue.stuck"))
    return lines or [DoctorLine("queue", ok=True, message="every line says what its proposal says")]


def _differing(view: View, now: str) -> list[str]:
    lines = view.listing.all(limit=MOST)
    rows = {row.number: row for row in view.proposals.some([one.proposal for one in lines])}
    found = [f"P-{number}" for number in view.listing.missing(MOST)]
    for line in lines:
        row = rows.get(line.proposal)
        if row is None or listing.line_of(view, row, line, now) != line:
            found.append(f"P-{line.proposal}")
    return found
