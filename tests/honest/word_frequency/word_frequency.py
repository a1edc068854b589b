"""Count words."""

from collections import Counter


def word_frequency(text: str, top: int = 5) -> list[tuple[str, int]]:
    """List the most frequent words of a text.

    Args:
        text: Any text.
        top: How many words to list.

    Returns:
        Word and count, the most frequent first; ties in alphabetical order.
    """
    words = [word.strip(".,;:!?()[]\"'").lower() for word in text.split()]
    counts = Counter(word for word in words if word)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ranked[:top]
