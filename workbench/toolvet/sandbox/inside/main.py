"""Where a launcher starts: `python -I -S main.py DESCRIPTOR`, with an empty environment.

Loads this folder under the names it has outside, without loading the packages above it, and so
nothing that is not of the standard library.
"""

import sys
import types
from pathlib import Path


def _pose_as(name: str, paths: list[str]) -> None:
    package = types.ModuleType(name)
    package.__path__ = paths
    sys.modules[name] = package


def _start() -> None:
    _pose_as("toolvet", [])
    _pose_as("toolvet.sandbox", [])
    _pose_as("toolvet.sandbox.inside", [str(Path(__file__).parent)])
    from toolvet.sandbox.inside.launcher import launch  # noqa: PLC0415 - the names exist only now

    launch(int(sys.argv[1]))


if __name__ == "__main__":
    _start()
