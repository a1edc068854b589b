"""`tui.toml` beside a person's keys: how they want the app, and what they saved in it. Strict.

    theme = "dark"          # dark, light, ansi, mono, or a theme of Textual
    quick_keys = true       # false: what acts on a single letter asks for Alt with it
    mouse = true
    [keymap]
    "queue.approve" = "alt+a"
    [filters.payments]
    words = "invoices"
    [queries."last week"]
    since = "7d"

A word it does not know is an error with its name: a misspelt setting that is silently ignored would
look like one that works.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import ClassVar, cast, get_args

from toolvet.client import locks, private
from toolvet.client.queues import Order, Whose
from toolvet.errors import HomeError, ToolvetError
from toolvet_reviews.words import one_line

FILE = "tui.toml"
MOST = 100
"""Filters, queries or keys that are kept."""
_LONGEST = 256 * 1024
_LOCK_WAIT_S = 5.0
_HEAD = "# How you want `toolvet tui`. The app writes it anew; only comments above stay.\n"
_BARE = re.compile(r"[A-Za-z0-9_-]{1,60}")
_ORDERS, _WHOSE = frozenset(get_args(Order)), frozenset(get_args(Whose))


class SettingsError(ToolvetError):
    """A `tui.toml` that says something it may not."""

    code: ClassVar[str] = "tui.settings"
    hint = "docs/tui.md has every setting; without the file the app is as it comes."


@dataclass(frozen=True)
class SavedFilter:
    """A view of the queue under a name."""

    words: str = ""
    order: Order = "rank"
    whose: Whose = "everybody"


@dataclass(frozen=True)
class SavedQuery:
    """A view of the history under a name; times are days, moments, or `7d` for the last seven."""

    words: str = ""
    verb: str = ""
    tool: str = ""
    person: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True)
class TuiSettings:
    """What a person set."""

    theme: str | None = None
    """None: not said here."""
    quick_keys: bool | None = None
    mouse: bool | None = None
    keymap: Mapping[str, str] = field(default_factory=dict[str, str])
    """Keys by the id of their binding, several with a comma between."""
    filters: Mapping[str, SavedFilter] = field(default_factory=dict[str, SavedFilter])
    queries: Mapping[str, SavedQuery] = field(default_factory=dict[str, SavedQuery])


def load(config_dir: Path) -> TuiSettings:
    """Read what a person set; nothing is set where there is no file.

    Raises:
        SettingsError: It cannot be read, or says something it may not.
    """
    path = config_dir / FILE
    try:
        data, _ = private.read_plain(path, _LONGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return TuiSettings()
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > _LONGEST:
        raise SettingsError(f"{path} is longer than {_LONGEST // 1024} KiB")
    try:
        return parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8") from error
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def save(config_dir: Path, settings: TuiSettings) -> None:
    """Write settings, whole or not at all.

    Raises:
        HomeError: They cannot be written.
        SettingsError: A name or a value could not be read back.
    """
    text = written(settings)
    if parse(text) != settings:
        raise SettingsError("that cannot be written down")
    private.write(config_dir / FILE, _comments(config_dir / FILE) + text)


def change(config_dir: Path, how: Callable[[TuiSettings], TuiSettings]) -> TuiSettings:
    """Read, change and write in one go: another app of the same person loses nothing by it.

    Raises:
        HomeError: They cannot be written.
        SettingsError: What is there cannot be read; it stays as it is.
    """
    try:
        with locks.held(config_dir / f".{FILE}.lock", _LOCK_WAIT_S):
            changed = how(load(config_dir))
            save(config_dir, changed)
            return changed
    except OSError as error:
        raise HomeError(
            f"cannot write {config_dir / FILE}: {error}",
            hint="Set TOOLVET_CONFIG to a folder of your own.",
        ) from error


# --- reading ----------------------------------------------------------------------------------


def parse(text: str) -> TuiSettings:
    """Read settings from a text.

    Raises:
        SettingsError: It says something it may not.
    """
    try:
        found: dict[str, object] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"it is not TOML: {error}") from error
    _known(found, {one.name for one in fields(TuiSettings)}, "")
    return TuiSettings(
        theme=_text(found["theme"], "theme") if "theme" in found else None,
        quick_keys=_flag(found, "quick_keys"),
        mouse=_flag(found, "mouse"),
        keymap={name: _text(keys, f"keymap.{name}") for name, keys in _entries(found, "keymap")},
        filters={name: _filter(given, name) for name, given in _entries(found, "filters")},
        queries={
            name: SavedQuery(**_texts(given, SavedQuery, f"queries.{name}"))
            for name, given in _entries(found, "queries")
        },
    )


def _filter(given: object, name: str) -> SavedFilter:
    where = f"filters.{name}"
    said = _texts(given, SavedFilter, where)
    order = _one_of(said.get("order", "rank"), _ORDERS, f"{where}.order")
    whose = _one_of(said.get("whose", "everybody"), _WHOSE, f"{where}.whose")
    return SavedFilter(said.get("words", ""), cast("Order", order), cast("Whose", whose))


def _texts(given: object, kind: type[SavedFilter] | type[SavedQuery], where: str) -> dict[str, str]:
    table = _table(given, where)
    _known(table, {one.name for one in fields(kind)}, f"{where}.")
    return {name: _text(value, f"{where}.{name}") for name, value in table.items()}


def _entries(found: Mapping[str, object], name: str) -> Iterable[tuple[str, object]]:
    table = _table(found.get(name, {}), name)
    if len(table) > MOST:
        raise SettingsError(f"`{name}` has more than {MOST} entries")
    return table.items()


def _table(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise SettingsError(f"`{one_line(where, 80)}` is not a table")
    return cast("dict[str, object]", value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"`{one_line(where, 80)}` is not a text in quotes")
    return value


def _flag(found: Mapping[str, object], name: str) -> bool | None:
    value = found.get(name)
    if value is not None and not isinstance(value, bool):
        raise SettingsError(f"`{name}` is neither true nor false")
    return value


def _one_of(value: str, allowed: frozenset[str], where: str) -> str:
    if value not in allowed:
        raise SettingsError(
            f"`{one_line(where, 80)}` is {one_line(value, 40)!r}",
            hint=f"It is one of {', '.join(sorted(allowed))}.",
        )
    return value


def _known(given: Mapping[str, object], names: set[str], where: str) -> None:
    for name in given:
        if name not in names:
            raise SettingsError(
                f"there is no setting `{one_line(where + name, 80)}`",
                hint=f"There are {', '.join(sorted(names))}.",
            )


# --- writing ----------------------------------------------------------------------------------


def written(settings: TuiSettings) -> str:
    """Write settings as the TOML that `parse` reads."""
    lines = [_HEAD.rstrip("\n")]
    for name in ("theme", "quick_keys", "mouse"):
        value = getattr(settings, name)
        if value is not None:
            lines.append(f"{name} = {_value(value)}")
    if settings.keymap:
        lines += ["", "[keymap]"]
        lines += [f"{_quoted(name)} = {_quoted(keys)}" for name, keys in settings.keymap.items()]
    for group in ("filters", "queries"):
        saved: Mapping[str, SavedFilter | SavedQuery] = getattr(settings, group)
        for name, one in saved.items():
            lines += ["", f"[{group}.{_key(name)}]"]
            lines += [f"{key} = {_quoted(text)}" for key, text in asdict(one).items() if text]
    return "\n".join(lines) + "\n"


def _value(value: str | bool) -> str:  # noqa: FBT001 - it is what is written
    return _quoted(value) if isinstance(value, str) else str(value).lower()


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda m: f"\\u{ord(m[0]):04x}", escaped) + '"'


def _comments(path: Path) -> str:
    """Give the comments a person wrote at the top, which stay when the app writes."""
    try:
        text = private.read_plain(path, _LONGEST)[0].decode("utf-8", "replace")
    except OSError:
        return ""
    kept: list[str] = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        kept.append(line)
    said = "\n".join(kept).replace(_HEAD.rstrip("\n"), "").strip()
    return said + "\n" if said else ""
