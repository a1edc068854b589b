"""How the person wants the app: the environment first, then `tui.toml`, then how it comes."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from toolvet.config import now
from toolvet.errors import ToolvetError
from toolvet_reviews.words import one_line
from toolvet_tui.settings import TuiSettings, load

THEMES = {
    "dark": "textual-dark",
    "light": "textual-light",
    "ansi": "ansi-dark",
    "mono": "toolvet-mono",
    "mono-light": "toolvet-mono-light",
}
_ON = {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}


class OptionError(ToolvetError):
    """A setting of the terminal app that it does not know."""

    code = "tui.option"


@dataclass(frozen=True)
class Options:
    """What does not come from the service."""

    theme: str = "textual-dark"
    quick_keys: bool = True
    """False: what acts on a single letter asks for Alt with it."""
    proposal: str = ""
    """Open this one first."""
    clock: Callable[[], datetime] = field(default=now, compare=False)
    mouse: bool = True
    """False: the terminal keeps the mouse, to select and copy with."""
    keymap: Mapping[str, str] = field(default_factory=dict[str, str])
    """Keys by the id of their binding."""
    config_dir: Path | None = None
    """Where drafts and `tui.toml` lie; None keeps nothing."""

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        proposal: str = "",
        config_dir: Path | None = None,
    ) -> "Options":
        """Read `TOOLVET_TUI_THEME`, `_QUICK_KEYS` and `_MOUSE`, and what `tui.toml` says.

        Raises:
            OptionError: A variable says something else than it may.
            SettingsError: The file does.
        """
        env = os.environ if environ is None else environ
        said = load(config_dir) if config_dir is not None else TuiSettings()
        theme = env.get("TOOLVET_TUI_THEME", "").strip().lower() or (said.theme or "dark").lower()
        return cls(
            THEMES.get(theme, theme),
            _flag(env, "TOOLVET_TUI_QUICK_KEYS", said.quick_keys),
            proposal,
            mouse=_flag(env, "TOOLVET_TUI_MOUSE", said.mouse),
            keymap=said.keymap,
            config_dir=config_dir,
        )


def _flag(env: Mapping[str, str], name: str, said: bool | None) -> bool:  # noqa: FBT001 - as it was said
    word = env.get(name, "").strip().lower()
    if not word:
        return said is not False
    if word not in _ON:
        raise OptionError(
            f"{name} is {one_line(word, 40)!r}", hint="It is `on` or `off`; on by default."
        )
    return _ON[word]
