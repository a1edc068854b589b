"""Keys as a person maps them in `tui.toml`: which there are, and why a mapping is refused.

Every act has an id (`queue.approve`); a mapping gives it other keys. Two acts that would answer to
one key where both are at hand are refused with both names, and so is a key that no terminal sends.
What overlaps as the app comes (the pane in use has the first word) stays allowed.
"""

import pkgutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_ALIASES, KEY_NAME_REPLACEMENTS, Keys, format_key
from textual.screen import Screen

import toolvet_tui
from toolvet.errors import ToolvetError
from toolvet_reviews.words import one_line
from toolvet_tui.keys import without_quick_keys
from toolvet_tui.options import Options

_MODIFIERS = ("ctrl", "alt", "shift", "super", "meta", "hyper")
_NAMED = frozenset(one.value for one in Keys)
_SENT_AS = {alias: key for key, aliases in KEY_ALIASES.items() for alias in aliases}
_REPLACED = {ours: name for name, ours in KEY_NAME_REPLACEMENTS.items()}
_TYPED_AT = ("words.", "passphrase.", "remark.")
"""Beginnings of ids whose act stands beside a text that is typed."""
_TWICE = {"approve.yes": ("queue.approve", "review.approve", "quick.approve")}
"""A key that opens a question may not answer it too: pressed twice by mistake, it would sign."""
_PANES = {
    "QueueScreen": {"QueueList"},
    "HistoryScreen": {"HistoryList"},
    "DecisionScreen": {"Paper"},
    "CallableScreen": {"CallableList"},
    "ToolsScreen": {"ToolList"},
    "ToolScreen": {"Paper"},
    "DeadScreen": {"DeadList"},
    "ReviewScreen": {"Paper", "CodeView"},
}
"""What can have the focus on a screen, by class; on other screens anything can."""
QUIET = {
    "desk.queue": "f9",
    "desk.history": "f3",
    "desk.tools": "f4",
    "desk.dead": "f5",
    "history.filter": "alt+slash",
    "history.save": "alt+s",
    "history.recall": "alt+w",
    "history.callable": "alt+t",
    "history.back": "escape",
    "decision.proof": "alt+v",
    "decision.proposal": "alt+o",
    "decision.next": "alt+n",
    "decision.previous": "alt+p",
    "decision.back": "escape",
    "callable.day": "alt+slash",
    "callable.earlier": "alt+left",
    "callable.later": "alt+right",
    "callable.back": "escape",
    "tools.filter": "alt+slash",
    "tools.rollback": "alt+b",
    "tools.stop": "alt+x",
    "tools.dead": "alt+d",
    "tools.back": "escape",
    "tool.rollback": "alt+b",
    "tool.stop": "alt+x",
    "tool.dead": "alt+d",
    "tool.back": "escape",
    "dead.replay": "alt+y",
    "dead.discard": "alt+x",
    "dead.everything": "alt+e",
    "dead.back": "escape",
}
"""What acts on a single letter on these screens, and where it goes without quick keys."""


class KeymapError(ToolvetError):
    """A mapping of keys that cannot be."""

    code: ClassVar[str] = "tui.keymap"
    hint = "`?` in the app lists every key, docs/tui.md the names of the acts."


@dataclass(frozen=True)
class Act:
    """Something a key does."""

    id: str
    keys: str
    """As the app comes, with a comma between."""
    words: str
    screen: str
    """Class of the screen, or of what can have the focus."""


def effective(options: Options) -> dict[str, str]:
    """Give the keymap to set: without quick keys when those are off, and the person's own.

    Raises:
        KeymapError: The person's own cannot be.
    """
    base = {} if options.quick_keys else {**without_quick_keys(), **QUIET}
    if not options.keymap:
        return base
    check(options.keymap, base)
    return {**base, **{name: _normal(keys) for name, keys in options.keymap.items()}}


def check(keymap: Mapping[str, str], base: Mapping[str, str] | None = None) -> None:
    """Refuse a mapping that cannot be, or that leaves an act without a key of its own.

    Args:
        keymap: Keys by id.
        base: What is mapped already, which the keymap goes over.

    Raises:
        KeymapError: It cannot be; the message names the act, and the one it collides with.
    """
    acts = every_act()
    by_id = {one.id: one for one in acts}
    for name, keys in keymap.items():
        if name not in by_id:
            raise KeymapError(
                f"there is no act `{one_line(name, 60)}`",
                hint=f"Is `{_nearest(name, by_id)}` meant? docs/tui.md has them all.",
            )
        _sendable(name, keys)
    mapped = {**(base or {}), **keymap}
    for first, second, key in _collisions(acts, mapped, set(keymap)):
        raise KeymapError(
            f"`{first.id}` ({first.words}) and `{second.id}` ({second.words}) "
            f"would both be {format_key(key)}",
            hint="Give one of them another key under [keymap].",
        )


def every_act() -> list[Act]:
    """List every act that has an id, wherever it is."""
    found: dict[tuple[str, str], Act] = {}
    for kind in _classes():
        for one in _own(kind):
            key = (one.id or "", kind.__name__)
            before = found.get(key)
            keys = f"{before.keys},{one.key}" if before else one.key
            found[key] = Act(one.id or "", keys, one.description, kind.__name__)
    return list(found.values())


def typed_by(key: str) -> str:
    """Give the character that a key types; empty for one that types none."""
    name = _REPLACED.get(key, key).replace("_", " ").upper()
    try:
        found = key if len(key) == 1 else unicodedata.lookup(name)
    except KeyError:
        return ""
    return found if found.isprintable() else ""


def _nearest(name: str, names: Iterable[str]) -> str:
    from rapidfuzz import process  # noqa: PLC0415 - only a mistake needs it

    return process.extractOne(name, list(names))[0]


def _sendable(name: str, keys: str) -> None:
    for key in (one.strip() for one in keys.split(",")):
        *modifiers, last = key.split("+") if len(key) > 1 else [key]
        is_known = key in _NAMED or last in _NAMED or bool(typed_by(last))
        if not last or not is_known or any(one not in _MODIFIERS for one in modifiers):
            raise KeymapError(f"`{name}`: there is no key {one_line(key, 40)!r}")
        if typed_by(key) and name.startswith(_TYPED_AT):
            raise KeymapError(f"`{name}`: {format_key(_normal(key))} is typed as text there")


def _collisions(
    acts: list[Act], mapped: Mapping[str, str], changed: set[str]
) -> Iterator[tuple[Act, Act, str]]:
    """Find acts at one place that answer to one key, at least one of them by the mapping."""
    for place in _places(acts):
        taken: dict[str, Act] = {}
        for act in place:
            for key in _keys(mapped.get(act.id, act.keys)):
                other = taken.setdefault(key, act)
                if other.id != act.id and (other.id in changed or act.id in changed):
                    yield other, act, key
    by_id = {one.id: one for one in acts}
    for answer, questions in _TWICE.items():
        for question in questions:
            if answer not in by_id or question not in by_id or not {answer, question} & changed:
                continue
            first, second = by_id[question], by_id[answer]
            both = _keys(mapped.get(question, first.keys)) & _keys(mapped.get(answer, second.keys))
            if both:
                yield first, second, min(both)


def _places(acts: list[Act]) -> Iterator[list[Act]]:
    """Give the acts that are at hand together, screen by screen."""
    kinds = {kind.__name__: kind for kind in _classes()}
    by_class: dict[str, list[Act]] = {}
    for act in acts:
        by_class.setdefault(act.screen, []).append(act)
    panes = {name for name, kind in kinds.items() if not _is_screen(kind) and name in by_class}
    everywhere = by_class.get("ToolvetApp", [])
    for name, kind in kinds.items():
        if not _is_screen(kind):
            continue
        on_screen = _inherited(kind, by_class)
        for pane in _PANES.get(name, panes - {"ToolvetApp"}) or {""}:
            in_pane = _inherited(kinds[pane], by_class) if pane in kinds else []
            yield [*everywhere, *on_screen, *in_pane]


def _is_screen(kind: type[DOMNode]) -> bool:
    return issubclass(kind, Screen)


def _inherited(kind: type[DOMNode], by_class: Mapping[str, list[Act]]) -> list[Act]:
    """Give the acts of a class and of those it is made from."""
    return [act for one in kind.__mro__ for act in by_class.get(one.__name__, ())]


def _classes() -> list[type[DOMNode]]:
    """Find everything of the app that may bind keys; loads all of it."""
    found: dict[str, type[DOMNode]] = {}
    for module in sorted(one.name for one in pkgutil.iter_modules(toolvet_tui.__path__)):
        if module.startswith("_"):
            continue
        for one in vars(import_module(f"toolvet_tui.{module}")).values():
            if _is_ours(one):
                found[one.__name__] = one
    return list(found.values())


def _is_ours(one: Any) -> bool:
    return (
        isinstance(one, type)
        and issubclass(one, DOMNode)
        and one.__module__.startswith("toolvet_tui.")
    )


def _own(kind: type[DOMNode]) -> Iterable[Binding]:
    """Give the bindings a class itself declares, one for each key."""
    written = kind.__dict__.get("BINDINGS", ())
    return [one for one in Binding.make_bindings(written) if one.id]


def _keys(keys: str) -> frozenset[str]:
    return frozenset(_SENT_AS.get(one, one) for one in _normal(keys).split(","))


def _normal(keys: str) -> str:
    """Write keys as Textual names them: `/` is `slash`."""
    return ",".join(one.key for one in Binding.make_bindings([Binding(keys, "")]))
