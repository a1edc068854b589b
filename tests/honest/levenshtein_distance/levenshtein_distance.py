"""Edit distance between two texts."""


def levenshtein_distance(first: str, second: str) -> int:
    """Count the single-character edits that turn one text into another.

    Args:
        first: One text.
        second: The other text.

    Returns:
        Number of insertions, deletions and substitutions.
    """
    previous = list(range(len(second) + 1))
    for row, left in enumerate(first, start=1):
        current = [row]
        for column, right in enumerate(second, start=1):
            cost = 0 if left == right else 1
            current.append(
                min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + cost)
            )
        previous = current
    return previous[-1]
