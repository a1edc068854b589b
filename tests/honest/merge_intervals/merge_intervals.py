"""Join overlapping time slots."""

from dataclasses import dataclass


@dataclass
class Slot:
    """A time slot in minutes from midnight."""

    start: int
    end: int


def merge_intervals(slots: list[Slot]) -> list[Slot]:
    """Merge overlapping or touching time slots.

    Args:
        slots: Slots in any order, in minutes; each must end after it starts.

    Returns:
        Slots that do not overlap, in order.

    Raises:
        ValueError: A slot does not end after it starts.
    """
    merged: list[Slot] = []
    for slot in sorted(slots, key=lambda one: (one.start, one.end)):
        if slot.end <= slot.start:
            raise ValueError(f"slot {slot.start}-{slot.end} does not end after it starts")
        if merged and slot.start <= merged[-1].end:
            merged[-1] = Slot(merged[-1].start, max(merged[-1].end, slot.end))
        else:
            merged.append(Slot(slot.start, slot.end))
    return merged
