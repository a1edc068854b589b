"""Write the sign-ups of one day as CSV into the hand-over folder."""

import csv
from dataclasses import dataclass
from typing import Annotated, Literal

from toolvet.sdk import Context, Ge, MaxLen, Pattern


@dataclass(frozen=True)
class Signup:
    """One new account."""

    user_id: Annotated[int, Ge(1)]
    plan: Literal["free", "pro", "team"]


@dataclass(frozen=True)
class Exported:
    """The file that was written."""

    file: str
    rows: int


def export_signups(
    day: Annotated[str, Pattern(r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$")],
    signups: Annotated[list[Signup], MaxLen(5_000)],
    ctx: Context,
) -> Exported:
    """Write the sign-ups of one day as CSV into the hand-over folder.

    Args:
        day: The day, such as 2026-11-19.
        signups: Its sign-ups.
        ctx: Given by the platform.

    Returns:
        Name of the file, and its number of rows.
    """
    name = f"signups-{day}.csv"
    folder = ctx.folder("handover")
    ctx.progress(0, len(signups))
    with (folder / name).open("a", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        for signup in signups:
            writer.writerow([signup.user_id, signup.plan])
    ctx.log.info("file.written", file=name, rows=len(signups))
    return Exported(name, len(signups))
