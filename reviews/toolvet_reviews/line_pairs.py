"""Which of the removed lines became which of the added ones, by likeness. Pure; no I/O."""

from collections.abc import Sequence

from rapidfuzz.distance import Indel

from toolvet_reviews.diffs import HunkLine

_ALIKE = 0.5
"""Likeness from which two lines are taken for one line that was edited."""
_LOOKED_AT = 200
"""Characters of a line that its likeness is judged by."""


def alike(removed: Sequence[HunkLine], added: Sequence[HunkLine]) -> list[tuple[int, int]]:
    """Pick pairs of lines in order, with the greatest likeness in all."""
    left = [line.text.strip()[:_LOOKED_AT] for line in removed]
    right = [line.text.strip()[:_LOOKED_AT] for line in added]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    alike = [[_likeness(one, other) for other in right] for one in left]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            paired = best[i + 1][j + 1] + alike[i][j] if alike[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if alike[i][j] and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _likeness(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    return Indel.normalized_similarity(one, other, score_cutoff=_ALIKE)
