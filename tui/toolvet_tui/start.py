"""From the command line to a running app."""

import argparse
import logging
import sys
from collections.abc import Sequence

from toolvet.config import Settings
from toolvet.errors import KNOWN, ToolvetError
from toolvet_tui.app import ToolvetApp
from toolvet_tui.desk import ServiceDesk
from toolvet_tui.options import Options

_EPILOG = (
    "TOOLVET_TUI_THEME (dark, light, ansi, ...) and TOOLVET_TUI_QUICK_KEYS (on, off) set it up."
)


class NoScreenError(ToolvetError):
    """The app draws on a terminal, and there is none."""

    code = "tui.no_terminal"
    hint = "Run it in a terminal; `toolvet queue` and `toolvet show` work anywhere."


def main(argv: Sequence[str] | None = None) -> None:
    """Run the terminal app until the person leaves it.

    Raises:
        NoScreenError: There is no terminal.
        OptionError: A setting says what it may not.
    """
    asked = _parser().parse_args(sys.argv[1:] if argv is None else argv)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoScreenError("there is no terminal to draw on")
    settings = Settings.from_env()
    _keep_log(settings)
    options = Options.from_env(proposal=asked.proposal, config_dir=settings.config_dir)
    ToolvetApp(ServiceDesk(settings), options).run(mouse=options.mouse)


def run() -> None:
    """Run as a program of its own."""
    try:
        main()
    except KNOWN as error:
        sys.stderr.write(f"toolvet tui: {error} [{error.code}]\n  {error.hint}\n")
        sys.exit(3)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="toolvet tui", description="Review in the terminal.", epilog=_EPILOG
    )
    parser.add_argument("proposal", nargs="?", default="", help="open this one first: P-<n>")
    return parser


def _keep_log(settings: Settings) -> None:
    """Keep warnings in a file: anything on stderr would be drawn into the screen."""
    if settings.config_dir.is_dir():
        handler: logging.Handler = logging.FileHandler(
            settings.config_dir / "tui.log", encoding="utf-8", delay=True
        )
    else:
        handler = logging.NullHandler()
    form = "%(asctime)s %(name)s %(levelname)s %(message)s"
    logging.basicConfig(level=logging.WARNING, handlers=[handler], format=form)
