"""The two faces that are packages of their own: `toolvet tui` and `toolvet lab`.

They stand above the command line, so they are loaded by name, and only when somebody asks.
"""

import importlib
import sys
from typing import Annotated, ClassVar

import typer

from toolvet.errors import ToolvetError

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
"""What the command does not know is for JupyterLab."""

First = Annotated[str, typer.Argument(metavar="PROPOSAL", help="Open this one first: P-12.")]


class FaceMissingError(ToolvetError):
    """A face that is not installed, or lacks what it is built on."""

    code: ClassVar[str] = "face.missing"
    status: ClassVar[int] = 503


def tui(proposal: First = "") -> None:
    """Review in a terminal app."""
    hint = "Install toolvet anew: the terminal app is part of it."
    _run("toolvet_tui", [proposal] if proposal else [], hint=hint)


def lab(context: typer.Context) -> None:
    """Review in JupyterLab. Other arguments go to `jupyter lab`."""
    _run("toolvet_jupyter.launch", context.args, hint="pip install 'toolvet[lab]'")


def _run(module: str, arguments: list[str], *, hint: str) -> None:
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise FaceMissingError(f"{error.name} is not installed", hint=hint) from error
    answer: object = found.main(arguments)
    if isinstance(answer, int) and answer:
        sys.exit(answer)
