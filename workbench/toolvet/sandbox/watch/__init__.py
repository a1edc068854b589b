"""Seeing what a run did, from outside of the process that did it."""

from pathlib import Path

from toolvet.sandbox.watch.model import Act, ActKind, Watched
from toolvet.sandbox.watch.watcher import Watcher, observer

__all__ = ["HOOK", "Act", "ActKind", "Watched", "Watcher", "observer"]

HOOK = Path(__file__).parent.parent / "inside" / "hook.py"
"""For programs that note which line asks for what, loaded by its path."""
