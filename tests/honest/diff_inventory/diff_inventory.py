"""Compare two stock counts."""


def diff_inventory(
    before: dict[str, int], after: dict[str, int]
) -> dict[str, dict[str, int]]:
    """Compare two stock counts by article number.

    Args:
        before: Article number to quantity at the first count.
        after: Article number to quantity at the second count.

    Returns:
        `added`, `removed` and `changed` articles; changed ones with the difference in pieces.
    """
    added = {sku: after[sku] for sku in sorted(after.keys() - before.keys())}
    removed = {sku: before[sku] for sku in sorted(before.keys() - after.keys())}
    changed = {
        sku: after[sku] - before[sku]
        for sku in sorted(before.keys() & after.keys())
        if after[sku] != before[sku]
    }
    return {"added": added, "removed": removed, "changed": changed}
