"""The words every face uses: kinds, states, counts, and texts of others made harmless. Pure.

Whoever writes a tool chooses its names and messages; nothing of theirs reaches a screen unspelled.
"""

from toolvet_reviews.values import EffectKind, Json, JsonObject
from toolvet_reviews.views import ProposalState

KINDS: dict[EffectKind, str] = {
    "pure": "computes only: no network, files, store or secrets",
    "read": "reads elsewhere, changes nothing",
    "write": "changes things elsewhere or in its store",
    "destructive": "may destroy what cannot be brought back",
}
STATES: dict[ProposalState, str] = {
    "verifying": "being verified",
    "changes_wanted": "back with its author",
    "reviewing": "waits for a decision",
    "published": "published",
    "rejected": "rejected",
    "withdrawn": "withdrawn",
    "stale": "overtaken by another release",
}

_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f")
"""Letters and signs that show nothing."""


def visible(text: str) -> str:
    """Spell out characters that do not show or that reorder what is read: `<U+202E>`.

    Line feed and tab stay. An ordinary space stays; every other kind is spelled out.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"<U+{ord(mark):04X}>" if _hides(mark) else mark for mark in text)


def _hides(mark: str) -> bool:
    if mark in "\n\t ":
        return False
    if mark in _BLANKS or "\ufe00" <= mark <= "\ufe0f":
        return True
    return not mark.isprintable() or "\U000e0100" <= mark <= "\U000e01ef"


def one_line(text: str, longest: int = 200) -> str:
    """Fold a text into one harmless line."""
    folded = " ".join(visible(text).split())
    return folded if len(folded) <= longest else folded[: longest - 1] + "…"


def counted(number: int, what: str) -> str:
    """Count things, in the plural unless there is one."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def kind_in_words(kind: EffectKind | None) -> str:
    """Say what an effect kind means."""
    return f"{kind}: {KINDS[kind]}" if kind in KINDS else "unknown"


def may_do(effects: JsonObject) -> list[str]:
    """List everything a tool declares beyond computing."""
    found: list[str] = []
    for name, value in effects.items():
        if name != "kind" and value:
            items = value if isinstance(value, list) else [value]
            found += [f"{one_line(name)}: {flat(item)}" for item in items]
    return found or ["nothing but compute"]


def flat(value: Json) -> str:
    """Write JSON as a few words on one line."""
    if isinstance(value, dict):
        return ", ".join(f"{one_line(name)} {flat(item)}" for name, item in value.items() if item)
    if isinstance(value, list):
        return " ".join(map(flat, value))
    return one_line(str(value))
