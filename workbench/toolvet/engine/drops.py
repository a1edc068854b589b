"""What lies in the inbox: which items there are, which hold still, and a private copy of each.

A name that begins with a dot or ends in `.tmp` or `.part` is still being written. Everything else is
taken once it looked the same for a moment, before and after it was read. Runs in a thread.
"""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from toolvet.client import shelf, trees
from toolvet.client.trees import Mark
from toolvet.engine import inbox_verdict
from toolvet.errors import HomeError, ToolvetError
from toolvet_reviews import digests
from toolvet_reviews.intake import Caps
from toolvet_reviews.values import Digest

SETTLE_S = 0.3
"""How long an item must look the same before it is read."""
MOST_NAMES = 2000
"""Names in the inbox that are looked at; whoever lays more there waits until some are gone."""
EXAMPLES = ".examples.json"
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".swp", "~")
_NOT_ITEMS = (EXAMPLES, inbox_verdict.ENDING, *_UNFINISHED)
_LONGEST_NAME = 200
"""Bytes; the name of the verdict is longer, and a file system takes 255."""


class InboxError(HomeError):
    """The inbox is a link, or no folder that can be read."""

    code: ClassVar[str] = "inbox.unusable"
    hint = "Remove what lies at `inbox` in the home; the service makes the folder anew."


class TwoOfANameError(ToolvetError):
    """A file and a folder of one name, which would share one verdict."""

    code: ClassVar[str] = "inbox.two_of_a_name"
    hint = "Remove one of the two."


class NotAToolError(ToolvetError):
    """Something that is neither a Python file nor a folder."""

    code: ClassVar[str] = "inbox.not_a_tool"
    hint = "Move in one .py file, or a folder with tool.toml; archives are not unpacked."


@dataclass(frozen=True)
class Item:
    """One thing in the inbox that wants a verdict."""

    key: str
    """Its name without `.py`: what its verdict is called after."""
    names: tuple[str, ...]
    """The file or folder, and the examples beside it; both when two share the key."""
    examples: str = ""
    """Name of the examples beside it; empty when there are none."""

    @property
    def verdict(self) -> str:
        """Name of its verdict."""
        return self.key + inbox_verdict.ENDING


@dataclass(frozen=True)
class Drop:
    """A private copy of an item that held still, or why there is none."""

    item: Item
    files: Mapping[str, bytes]
    examples: bytes | None
    problem: ToolvetError | None
    input: Digest
    """Names what was read: the same item gives the same, on every day."""
    earlier: inbox_verdict.Earlier | None
    """What the verdict beside it says already."""


@dataclass
class _Seen:
    mark: Mark
    since: float
    """On the monotonic clock."""
    is_taken: bool = False
    has_verdict: bool = False
    """Whether its verdict was written: then a verdict that is gone asks for another look."""


@dataclass
class Drops:
    """The inbox as it was seen last.

    Args:
        path: Of the folder.
        clock: Monotonic seconds.
    """

    path: Path
    clock: Callable[[], float]
    unsettled: bool = False
    """True when something was seen that did not hold still yet."""
    keys: frozenset[str] = frozenset()
    """Of everything that lies there now."""
    _seen: dict[str, _Seen] = field(default_factory=dict[str, _Seen])

    def look(self, caps: Caps) -> list[Drop]:
        """Read every item that is new or changed, and holds still.

        Raises:
            InboxError: The folder cannot be used.
        """
        self.unsettled = False
        folder = self._open()
        try:
            names = trees.names(folder, MOST_NAMES)
            items = items_of(names)
            self.keys = frozenset(item.key for item in items)
            self._seen = {key: one for key, one in self._seen.items() if key in self.keys}
            self._clear_away(folder, names)
            there = frozenset(names)
            found = (self._drop(folder, item, there, caps) for item in items)
            return [drop for drop in found if drop is not None]
        finally:
            os.close(folder)

    def write(self, item: Item, verdict: bytes) -> None:
        """Put the verdict beside an item, at once and whole.

        Raises:
            OSError: It cannot be written.
        """
        folder = self._open()
        try:
            shelf.write_file(folder, item.verdict, verdict)
        finally:
            os.close(folder)
        if item.key in self._seen:
            self._seen[item.key].has_verdict = True

    def take(self, item: Item) -> None:
        """Do not give this item out again until it changes."""
        if item.key in self._seen:
            self._seen[item.key].is_taken = True

    def give_back(self, item: Item) -> None:
        """Give this item out again, though it did not change."""
        if item.key in self._seen:
            self._seen[item.key].is_taken = False

    def _open(self) -> int:
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            return trees.open_folder(self.path)
        except OSError as error:
            raise InboxError(f"cannot read {self.path}: {error.strerror}") from error

    def _drop(self, folder: int, item: Item, there: Collection[str], caps: Caps) -> Drop | None:
        glimpses = [trees.glimpse(folder, name, caps) for name in item.names]
        mark = tuple(line for one, _ in glimpses for line in one)
        seen = self._seen.get(item.key)
        if seen is None or seen.mark != mark:
            self._seen[item.key] = seen = _Seen(mark, self.clock())
        if seen.is_taken and (item.verdict in there or not seen.has_verdict):
            return None
        if self.clock() - seen.since < SETTLE_S:
            self.unsettled = True
            return None
        problem = _problem(item) or next((error for _, error in glimpses if error), None)
        try:
            return self._copy(folder, item, problem, caps, mark)
        except trees.ChangingError:
            self.unsettled = True
            seen.since = self.clock()
            return None

    def _copy(
        self, folder: int, item: Item, problem: ToolvetError | None, caps: Caps, mark: Mark
    ) -> Drop:
        files: dict[str, bytes] = {}
        examples: bytes | None = None
        if isinstance(problem, trees.ChangingError):
            raise problem
        if problem is None:
            read = {name: trees.read(folder, name, caps) for name in item.names}
            if tuple(line for one, _ in read.values() for line in one) != mark:
                raise trees.ChangingError(f"{item.key!a} changes while it is read")
            examples = read.pop(item.examples)[1][item.examples] if item.examples else None
            [(_, files)] = read.values()
            problem = _unlike_a_tool(item, files)
        beside = {item.examples: examples} if examples is not None else {}
        named = {f"{item.names[0]}/{path}": data for path, data in files.items()} | beside
        given = _input(named) if problem is None or files else digests.of_json(repr(mark))
        said = shelf.read_file(folder, item.verdict, inbox_verdict.LARGEST)
        return Drop(item, files, examples, problem, given, inbox_verdict.read(said))

    def _clear_away(self, folder: int, names: Collection[str]) -> None:
        """Remove verdicts of ours whose tool is gone, and what a crash left half written."""
        for name in names:
            is_left = name.startswith(shelf.STAGING)
            key = name.removesuffix(inbox_verdict.ENDING)
            if key != name and key not in self.keys:
                data = shelf.read_file(folder, name, inbox_verdict.LARGEST)
                is_left = inbox_verdict.read(data) is not None
            if is_left:
                try:
                    os.unlink(name, dir_fd=folder)
                except OSError:
                    continue


def items_of(names: Collection[str]) -> list[Item]:
    """Tell which of the names in the inbox want a verdict, and what belongs together."""
    by_key: dict[str, list[str]] = {}
    for name in sorted(names):
        if not _is_ignored(name):
            by_key.setdefault(name.removesuffix(".py"), []).append(name)
    found: list[Item] = []
    for key, members in by_key.items():
        beside = f"{key}{EXAMPLES}"
        examples = beside if f"{key}.py" in members and beside in names else ""
        both = (*members, examples) if examples else tuple(members)
        found.append(Item(key, both, examples))
    return found


def _is_ignored(name: str) -> bool:
    is_long = len(os.fsencode(name)) > _LONGEST_NAME
    return is_long or name.startswith(".") or name.endswith(_NOT_ITEMS)


def _problem(item: Item) -> ToolvetError | None:
    if len(item.names) - bool(item.examples) > 1:
        return TwoOfANameError(f"there are {' and '.join(map(ascii, item.names[:2]))}")
    return None


def _unlike_a_tool(item: Item, files: Mapping[str, bytes]) -> ToolvetError | None:
    """Refuse a single file that is no Python; what a folder holds is for intake."""
    name = item.names[0]
    if list(files) == [name] and not name.endswith(".py"):
        return NotAToolError(f"{name!a} is neither a Python file nor a folder")
    return None


def _input(files: Mapping[str, bytes]) -> Digest:
    return digests.of_json({ascii(path): digests.sha256(data) for path, data in files.items()})
