"""What a hostile package managed to do, seen from the call that uses it."""

import importlib
import json
import os
import sys
import sysconfig
import token

import attack
from kernel import write_file

import toolvet.sdk


def _deps() -> str:
    return os.path.dirname(str(importlib.import_module("greedy").__file__))


def imported_ahead() -> bool:
    """Whether the package ran before the call was confined."""
    return not vars(importlib.import_module("greedy"))["IN_CALL"]


def ran_by_lying_there() -> list[str]:
    """Files that Python runs although nobody imports them."""
    return [name for name in ("FROM_PTH", "FROM_SITE", "FROM_USER") if name in os.environ]


def in_place_of_others() -> list[str]:
    """Modules of the standard library, the SDK and the tool that the package replaced."""
    deps = _deps()
    known = (json, attack, token, toolvet.sdk)
    return [one.__name__ for one in known if str(one.__file__).startswith(deps)]


def below_our_name() -> None:
    """A module of the package's below the SDK's name."""
    try:
        importlib.import_module("toolvet.planted")
    except ImportError as error:
        raise PermissionError(str(error)) from None


def write_into_package() -> None:
    write_file(f"{_deps()}/greedy.py")


def plant_bytecode() -> None:
    folder = f"{_deps()}/__pycache__"
    os.makedirs(folder, exist_ok=True)
    write_file(f"{folder}/greedy.{sys.implementation.cache_tag}.pyc")


def order_of_paths() -> list[str]:
    """Where modules come from, first to last; packages after the standard library and the tool."""
    deps, standard = _deps(), sysconfig.get_path("stdlib")
    named = {deps: "packages", standard: "standard", os.path.dirname(__file__): "tool"}
    return [named[path] for path in sys.path if path in named]
