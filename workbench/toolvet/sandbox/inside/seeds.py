"""Random numbers that calls must not share.

A generator that a package makes when it is imported, before calls are forked, would give every
call the same numbers. Those made without a seed get a new one in each call; those made with one
were meant to repeat, and do. Python's own `random` functions and what asks the kernel see to it
themselves; libraries that know a fork by the process id see another one (see `launcher`).
"""

import contextlib
import gc
import sys
import weakref
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

_CHOSEN_BELOW = 1 << 64
"""Entropy that numpy draws from the kernel has 128 bits; a seed that somebody wrote has fewer."""

_unseeded: "weakref.WeakSet[random.Random]" = weakref.WeakSet()
_numpy: list[Any] = []


@contextlib.contextmanager
def watched() -> Generator[None]:
    """Take note of the generators that the body makes."""
    import random  # noqa: PLC0415 - most tools have no packages and do without

    seed = random.Random.seed

    def noted(self: "random.Random", a: Any = None, version: int = 2) -> None:
        (_unseeded.add if a is None else _unseeded.discard)(self)
        seed(self, a, version)

    random.Random.seed = noted
    try:
        yield
    finally:
        random.Random.seed = seed
    _note_numpy()


def _note_numpy() -> None:
    numpy_random: Any = sys.modules.get("numpy.random")
    kind = getattr(numpy_random, "BitGenerator", None)
    if isinstance(kind, type):
        _numpy.extend(found for found in gc.get_objects() if isinstance(found, kind))


def _was_chosen(generator: Any) -> bool:
    entropy = getattr(getattr(generator, "seed_seq", None), "entropy", None)
    return isinstance(entropy, int) and entropy < _CHOSEN_BELOW


def renew() -> None:
    """Seed anew, in a call."""
    for generator in _unseeded:
        generator.seed()
    for generator in _numpy:
        if not _was_chosen(generator):
            generator.state = type(generator)().state
