"""What the doctor says of the pool: what it holds, what waits, and who is fenced off."""

from toolvet.engine.services import Services
from toolvet_reviews.views import DoctorLine

AREA = "pool"
_LONG_LINE = 100
"""Calls that wait, above which an operator should know."""


def look(services: Services) -> list[DoctorLine]:
    """Say what the pool holds, and what is wrong with it."""
    state = services.pool.state()
    names = {
        served.manifest.revision: served.name
        for served in services.catalogue.snapshot.served.values()
    }
    held = f"{state.zygotes} tools up, {state.mib:.0f} of {state.budget_mib} MiB"
    lines = [
        DoctorLine(
            AREA, ok=state.waiting < _LONG_LINE, message=f"{held}, {state.waiting} calls wait"
        )
    ]
    for one in state.fenced:
        name = next((name for digest, name in names.items() if digest in one.label), one.label)
        lines.append(
            DoctorLine(
                AREA,
                ok=False,
                message=f"{name} is fenced off for {one.left_s:.0f} s: it crashed {one.crashes} "
                f"times in a row, at last: {one.reason}",
                hint=f"Roll it back, or stop it: `toolvet disable {name} --reason …`.",
                code="tool.fenced",
            )
        )
    return lines
