"""`toolvet lab`: JupyterLab on this machine, with the review queue open.

Whatever else is given goes to JupyterLab as it is, and stands over what is set here.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from toolvet_jupyter.errors import LabMissingError

LABEXTENSION = "@toolvet/jupyterlab"

_SET = (
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.jpserver_extensions=toolvet_jupyter=True",
    "--ToolvetExtension.show_queue=True",
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run JupyterLab until it is ended.

    Args:
        argv: For JupyterLab; None takes the command line's.

    Raises:
        LabMissingError: JupyterLab or the extension's front end is not installed.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        labapp: Any = import_module("jupyterlab.labapp")  # a second, and an extra
    except ImportError as error:
        raise LabMissingError(f"JupyterLab is not installed: {error}") from error
    if not is_built():
        raise LabMissingError(
            "the extension's front end is not installed",
            hint="It was left out on purpose, or not built: `pip install .` without "
            "TOOLVET_WITHOUT_LAB builds it.",
        )
    add_defaults()
    labapp.LabApp.launch_instance([*_SET, *_as_root(), *given])


def _as_root() -> list[str]:
    """Let root in, as in a container where there is nobody else: it listens on loopback only."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--ServerApp.allow_root=True"] if is_root else []


def is_built() -> bool:
    """Tell whether JupyterLab would find the front end."""
    from jupyter_core.paths import jupyter_path  # noqa: PLC0415

    folders = jupyter_path("labextensions")
    return any((Path(folder) / LABEXTENSION / "package.json").is_file() for folder in folders)


def add_defaults() -> None:
    """Put our defaults for JupyterLab's own settings behind whatever the person has set."""
    ours = str(Path(__file__).parent / "defaults")
    before = os.environ.get("JUPYTER_CONFIG_PATH", "")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [before, ours]))
