"""Every key there is, read from the bindings themselves, so that the help cannot be wrong."""

from typing import Any

from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import format_key
from textual.screen import Screen

from toolvet_tui.paper import Block

_WITH_ALT = {
    "desk.reload": "alt+r",
    "desk.unlock": "alt+u",
    "desk.lock": "alt+l",
    "desk.keys": "f1",
    "queue.filter": "alt+slash,ctrl+f",
    "queue.approve": "alt+a",
    "queue.changes": "alt+c",
    "queue.reject": "alt+x",
    "queue.quit": "alt+q",
    "review.approve": "alt+a",
    "review.changes": "alt+c",
    "review.reject": "alt+x",
    "review.comment": "alt+m",
    "review.mode": "alt+d",
    "review.case": "alt+t",
    "review.pane1": "alt+1",
    "review.pane2": "alt+2",
    "review.pane3": "alt+3",
    "review.pane4": "alt+4",
    "review.pane5": "alt+5",
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
    Binding("u", "unlock", "Unlock the key", show=False, id="desk.unlock"),
    Binding("L", "lock", "Lock the key", show=False, id="desk.lock"),
    Binding("question_mark,f1", "keys", "Keys", id="desk.keys"),
]
"""Keys of every screen."""


_NOT_OURS = {"Scroll Left", "Scroll Right", "Page Left", "Page Right", "Copy selected text"}
"""Keys of Textual that do nothing here."""


def without_quick_keys() -> dict[str, str]:
    """Give the keymap for people who type, or speak, more than they mean to."""
    return dict(_WITH_ALT)


def main_keys(kind: type[Screen[Any]], *, quick: bool) -> list[tuple[str, str]]:
    """List what the bottom line shows of a screen: its keys, in the order they are written."""
    moved = {} if quick else _WITH_ALT
    found: list[tuple[str, str]] = []
    for one in (*kind.BINDINGS, *DESK_KEYS):
        if isinstance(one, Binding) and one.show:
            key = moved.get(one.id or "", one.key).split(",")[0]
            found.append(
                (
                    one.key_display if key == one.key and one.key_display else format_key(key),
                    one.description,
                )
            )
    return found


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
        "QueueScreen": "On this screen",
        "ReviewScreen": "On this screen",
    }.get(type(node).__name__, "Everywhere")
