"""Every key there is, read from the bindings themselves, so that the help cannot be wrong."""

from collections.abc import Mapping
from typing import Any

from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import format_key
from textual.screen import Screen

from toolvet_tui.paper import Block

_WITH_ALT = {
    "desk.reload": "alt+r",
    "desk.take_back": "alt+u",
    "desk.unlock": "alt+k",
    "desk.lock": "alt+l",
    "desk.keys": "f1",
    "queue.quick": "f6",
    "queue.filter": "alt+slash",
    "queue.find": "alt+f",
    "queue.order": "alt+o",
    "queue.filters": "alt+w",
    "queue.claim": "alt+m",
    "queue.assign": "alt+i",
    "queue.snooze": "alt+z",
    "quick.approve": "alt+a",
    "quick.changes": "alt+c",
    "quick.skip": "alt+s",
    "quick.back_one": "alt+b",
    "quick.end": "alt+e",
    "quick.leave": "escape",
    "batch.sign": "alt+a",
    "batch.drop": "delete",
    "batch.back": "escape",
    "queue.approve": "alt+a",
    "queue.changes": "alt+c",
    "queue.reject": "alt+x",
    "queue.quit": "alt+q",
    "review.approve": "alt+a",
    "review.changes": "alt+c",
    "review.reject": "alt+x",
    "review.waive": "alt+w",
    "review.comment": "alt+m",
    "review.mode": "alt+d",
    "review.case": "alt+t",
    "review.pane1": "alt+1",
    "review.pane2": "alt+2",
    "review.pane3": "alt+3",
    "review.pane4": "alt+4",
    "review.pane5": "alt+5",
    "review.attend": "alt+down",
    "review.attend_back": "alt+up",
    "review.viewed": "alt+v",
    "review.against": "alt+e",
    "review.settle": "alt+z",
    "review.publish": "alt+s",
    "review.lift": "alt+o",
    "review.try": "alt+y",
    "review.pane6": "alt+6",
    "review.pane7": "alt+7",
    "review.pane8": "alt+8",
    "review.pane9": "alt+9",
    "review.next": "alt+n",
    "review.previous": "alt+p",
    "review.file": "alt+f",
    "review.file_back": "alt+g",
    "review.back": "escape",
}
"""What acts on a single letter anywhere on a screen, and where it goes without quick keys. Keys of
a pane that has the focus stay: they act only there (WCAG 2.1.4)."""


DESK_KEYS: list[BindingType] = [
    Binding("r", "reload", "Reload", show=False, id="desk.reload"),
    Binding("u", "take_back", "Take back what is held", show=False, id="desk.take_back"),
    Binding("K", "unlock", "Unlock the key", show=False, id="desk.unlock"),
    Binding("L", "lock", "Lock the key", show=False, id="desk.lock"),
    Binding("question_mark,f1", "keys", "Keys", id="desk.keys"),
]
"""Keys of every screen."""


_NOT_OURS = {"Scroll Left", "Scroll Right", "Page Left", "Page Right", "Copy selected text"}
"""Keys of Textual that do nothing here."""


def without_quick_keys() -> dict[str, str]:
    """Give the keymap for people who type, or speak, more than they mean to."""
    return dict(_WITH_ALT)


def main_keys(kind: type[Screen[Any]], moved: Mapping[str, str]) -> list[tuple[str, str]]:
    """List what the bottom line shows of a screen: its keys, in the order they are written.

    Args:
        moved: Keys by id, of what is not where it comes.
    """
    found: list[tuple[str, str]] = []
    for one in _own(kind):
        if isinstance(one, Binding) and one.show:
            key = moved.get(one.id or "", one.key).split(",")[0]
            found.append(
                (
                    one.key_display if key == one.key and one.key_display else format_key(key),
                    one.description,
                )
            )
    return found


def key_of(name: str, moved: Mapping[str, str]) -> str:
    """Give the key of one of the bindings of every screen, as it is written."""
    for one in DESK_KEYS:
        if isinstance(one, Binding) and one.id == name:
            return format_key(moved.get(name, one.key).split(",")[0])
    return ""


def _own(kind: type[Screen[Any]]) -> list[BindingType]:
    """List the bindings of a screen: its bases' first, those of every screen last."""
    ours = [one for one in reversed(kind.__mro__) if one.__module__.startswith("toolvet_tui.")]
    found: list[BindingType] = []
    for one in ours:
        written: list[BindingType] = one.__dict__.get("BINDINGS", [])
        if written is not DESK_KEYS:
            found += written
    return [*found, *DESK_KEYS]


def every_key(app: App[Any]) -> list[Block]:
    """List the keys that count here and now: those of the screen, then of the pane in use."""
    groups: dict[str, dict[str, list[str]]] = {"On this screen": {}}
    for key, active in app.screen.active_bindings.items():
        words = active.binding.description
        if words and words not in _NOT_OURS and active.enabled:
            group = groups.setdefault(_name(active.node), {})
            group.setdefault(words, []).append(_shown(key, active.binding))
    blocks: list[Block] = []
    for name, lines in groups.items():
        blocks.append(Block(name, is_heading=True))
        blocks += [Block(words, " ".join(keys)) for words, keys in lines.items()]
    return blocks


def _shown(key: str, binding: Binding) -> str:
    return binding.key_display or format_key(key)


def _name(node: DOMNode) -> str:
    return {
        "Paper": "In a text",
        "QueueList": "In the queue",
        "CodeView": "In the code",
    }.get(type(node).__name__, "On this screen" if isinstance(node, Screen) else "Everywhere")
