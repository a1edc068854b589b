"""What an approval signs, in words: only from the checked bytes, nothing the service merely says."""

from toolvet.client.shapes import KeyOwner
from toolvet.client.shown import Shown
from toolvet_reviews.brief import Tone
from toolvet_reviews.words import counted, kind_in_words, may_do, one_line
from toolvet_tui.paper import Block
from toolvet_tui.plain import short

_MARKS: dict[str, Tone] = {"met": "good", "unmet": "bad", "unknown": "unsure"}


def what_is_signed(shown: Shown, owner: KeyOwner) -> list[Block]:
    """Write what the statement will say."""
    name = f"{one_line(shown.manifest.toolset)}/{one_line(shown.manifest.name)}"
    served = one_line(shown.manifest.definition.name)
    replaced = f"replaces {short(shown.base)}" if shown.base else "new: replaces nothing"
    errors = sum(found.severity == "error" for found in shown.findings)
    warnings = sum(found.severity == "warning" for found in shown.findings)
    found = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    return [
        Block(f"{name}, served as {served}", "tool"),
        Block(f"revision {shown.view.revision} of {shown.view.id}; {replaced}", "which"),
        Block(kind_in_words(shown.kind), "kind", _kind_tone(shown.kind)),
        Block("; ".join(may_do(shown.manifest.effects)), "may", _kind_tone(shown.kind)),
        Block(_rubric(shown), "rubric", _worst(shown)),
        Block(found, "findings", "bad" if errors else "unsure" if warnings else "good"),
        Block(f"{one_line(owner.name)}, key {short(owner.fingerprint)}", "signed by"),
        Block(_consequence(shown), "then"),
        Block(shown.release, "release", "quiet"),
        Block(shown.dossier, "dossier", "quiet"),
        Block(shown.policy, "policy", "quiet"),
    ]


def _consequence(shown: Shown) -> str:
    if shown.view.people_needed > 1:
        people = counted(shown.view.people_needed, "approval")
        return f"it waits for {people}, yours among them; with the last one it is served"
    return "it is served at once to every caller with a grant for it"


def _rubric(shown: Shown) -> str:
    return ", ".join(f"{name} {mark}" for name, mark in shown.marks.items())


def _worst(shown: Shown) -> Tone:
    marks = set(shown.marks.values())
    return _MARKS["unmet" if "unmet" in marks else "unknown" if "unknown" in marks else "met"]


def _kind_tone(kind: str) -> Tone:
    return "good" if kind == "pure" else "bad" if kind == "destructive" else "plain"
