"""Merging contacts."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import MaxLen, MinLen


@dataclass(frozen=True)
class Contact:
    """One entry of an address book."""

    email: Annotated[str, MinLen(3), MaxLen(254)]
    name: Annotated[str, MaxLen(200)] = ""


def merge_contacts(
    first: Annotated[list[Contact], MaxLen(2_000)],
    second: Annotated[list[Contact], MaxLen(2_000)],
) -> list[Contact]:
    """Merge two lists of contacts; the same address in another case is the same person.

    Use it before an import. Entries of the first list win, unless they hold no name.

    Args:
        first: Contacts that win.
        second: Contacts that are added.

    Returns:
        Everybody once, in the order in which they came.
    """
    merged: dict[str, Contact] = {}
    for contact in [*first, *second]:
        key = contact.email.strip().casefold()
        known = merged.get(key)
        if known is None:
            merged[key] = contact
        elif not known.name and contact.name:
            merged[key] = Contact(known.email, contact.name)
    return list(merged.values())
