"""How many tokens a text is for a model: counted where a tokenizer is installed, else estimated.

The optional package `bpe-openai` (MIT) carries its vocabularies with it; it takes 75 MB, so it comes
with the extra `tokens` only. No vocabulary is ever fetched.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from toolvet_reviews import token_estimate

PACKAGE = "bpe-openai"
VOCABULARY = "o200k_base"
LONGEST = 64 * 1024
"""Characters that are counted; of longer texts the beginning stands for the rest."""


@dataclass(frozen=True)
class Counter:
    """A way to count."""

    name: str
    """Package, version and vocabulary, or `estimate`."""
    _count: Callable[[str], int]

    def tokens(self, text: str) -> int:
        """Count the tokens of a text of any length."""
        if len(text) <= LONGEST:
            return self._count(text)
        return round(self._count(text[:LONGEST]) * len(text) / LONGEST)


@cache
def counter() -> Counter:
    """Find the best way to count that this installation has."""
    try:
        name = f"{PACKAGE} {version(PACKAGE)} {VOCABULARY}"
        module: Any = importlib.import_module("bpe_openai")
        encoding: Any = module.get_encoding(VOCABULARY)
    except (ImportError, PackageNotFoundError, AttributeError, ValueError):
        return Counter(token_estimate.NAME, token_estimate.tokens)

    def count(text: str) -> int:
        return len(encoding.encode(text))

    return Counter(name, count)
