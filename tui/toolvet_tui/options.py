"""How the person wants the app: read once from the environment and the command line."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from toolvet.config import now
from toolvet.errors import ToolvetError

_THEMES = {"dark": "textual-dark", "light": "textual-light", "ansi": "ansi-dark"}
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

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, proposal: str = "") -> "Options":
        """Read `TOOLVET_TUI_THEME` and `TOOLVET_TUI_QUICK_KEYS`.

        Raises:
            OptionError: One of them says something else than it may.
        """
        env = os.environ if environ is None else environ
        theme = env.get("TOOLVET_TUI_THEME", "").strip().lower() or "dark"
        keys = env.get("TOOLVET_TUI_QUICK_KEYS", "").strip().lower() or "on"
        if keys not in _ON:
            raise OptionError(
                f"TOOLVET_TUI_QUICK_KEYS is {keys!r}", hint="It is `on` or `off`; on by default."
            )
        return cls(_THEMES.get(theme, theme), _ON[keys], proposal)
