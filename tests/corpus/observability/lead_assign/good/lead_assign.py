"""Assign new sales leads to the people of a region in turn."""

import zlib
from dataclasses import dataclass
from typing import Annotated, Literal

from toolvet.sdk import Context, MaxLen, MinLen, Pattern

PEOPLE = {
    "nordics": ("astrid", "johan", "mikko"),
    "iberia": ("ines", "pau"),
}


@dataclass(frozen=True)
class Assignment:
    """How many leads got a person now, and how many had one."""

    assigned: int
    kept: int


def assign_leads(
    region: Literal["nordics", "iberia"],
    lead_ids: Annotated[
        list[Annotated[str, MaxLen(12), Pattern(r"^L-[0-9]+$")]], MinLen(1), MaxLen(1_000)
    ],
    ctx: Context,
) -> Assignment:
    """Assign new sales leads to the people of a region in turn.

    Args:
        region: The region of all leads.
        lead_ids: The leads; one that has a person keeps it.
        ctx: Given by the platform.

    Returns:
        How many leads were assigned now and before.
    """
    people = PEOPLE[region]
    assigned = kept = 0
    for lead in lead_ids:
        person = people[zlib.crc32(lead.encode()) % len(people)]
        if ctx.store["assignments"].add_if_absent(f"{region}/{lead}", {"person": person}):
            ctx.log.info("lead.assigned", lead=lead, person=person)
            assigned += 1
        else:
            kept += 1
        ctx.progress(assigned + kept, len(lead_ids))
    return Assignment(assigned, kept)
