"""Group mail addresses by their domain."""


def group_by_domain(addresses: list[str]) -> dict[str, list[str]]:
    """Group e-mail addresses by domain, without repeating any.

    Args:
        addresses: E-mail addresses. Upper and lower case do not matter. Entries without "@" are skipped.

    Returns:
        Domain to its addresses, both in alphabetical order and lower case.
    """
    groups: dict[str, set[str]] = {}
    for address in addresses:
        clean = address.strip().lower()
        local, at, domain = clean.rpartition("@")
        if not at or not local or not domain:
            continue
        groups.setdefault(domain, set()).add(clean)
    return {domain: sorted(groups[domain]) for domain in sorted(groups)}
