"""Remove duplicate contact records."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Contact:
    """One contact of the address book."""

    name: str
    email: str
    phone: str | None = None


def dedupe_records(contacts: list[Contact]) -> list[Contact]:
    """Keep the most complete record for every e-mail address.

    Args:
        contacts: Contacts in any order. Addresses are compared without case and spaces around them.

    Returns:
        One contact for each address, in the order in which the addresses first occur.
    """
    best: dict[str, Contact] = {}
    for contact in contacts:
        key = contact.email.strip().lower()
        known = best.get(key)
        if known is None or _filled(contact) > _filled(known):
            best[key] = contact
    return list(best.values())


def _filled(contact: Contact) -> int:
    return sum(bool(value) for value in (contact.name, contact.email, contact.phone))
