"""The lines a brief is made of. Pure; no I/O."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "good", "bad", "unsure", "quiet"]
Key = Literal["first", "is", "may", "changed", "wrong", "tried", "rubric", "talk"]


@dataclass(frozen=True)
class BriefLine:
    """One thing to know."""

    label: str
    text: str
    tone: Tone = "plain"
    path: str = ""
    """File it is about, as `FileChange.path` writes it."""
    line: int = 0
    """From 1; 0 when it is about no line."""


@dataclass(frozen=True)
class BriefSection:
    """One question of a reviewer, and the answer."""

    key: Key
    title: str
    lines: tuple[BriefLine, ...]
