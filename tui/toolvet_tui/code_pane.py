"""The files of a proposal: a line of names, and the one that is read."""

from collections.abc import Collection, Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from toolvet_reviews.review_views import Anchor
from toolvet_reviews.sides import STAYED, FileChange, Moved
from toolvet_tui.code import CodeView
from toolvet_tui.code_notes import Beside, LineNote
from toolvet_tui.code_sheet import Side

_SIGNS = {"added": "+", "removed": "-", "changed": "~", "same": "="}
_VIEWED = "\u2713"
"""A tick, before the name of a file that was viewed as it is."""


class CodePane(Vertical):
    """Shows one file at a time, what differs first."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._files: tuple[FileChange, ...] = ()
        self._beside = Beside()
        self._viewed: frozenset[str] = frozenset()
        self._moved: Mapping[str, Moved] = {}
        self._progress = ""
        self._at = 0

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Static("", id="files", markup=False)
        yield CodeView(id="view")

    # --- where one is -------------------------------------------------------------------------

    @property
    def place(self) -> tuple[str, int]:
        """The file and line under the cursor; 0 where the line is only in the old text."""
        place = self._view.place
        return place.path, place.line if place.side == "new" else 0

    @property
    def path(self) -> str:
        """The file that is read; empty when there is none."""
        return self._files[self._at].path if self._files else ""

    @property
    def at(self) -> tuple[int, int]:
        """Number of the file, and where in its text after the cursor stands."""
        return self._at, self._view.position

    @property
    def subject(self) -> Anchor:
        """What words said here are about."""
        return self._view.subject if self._files else Anchor()

    @property
    def note(self) -> LineNote | None:
        """What is said where the cursor stands."""
        return self._view.note

    @property
    def marked_text(self) -> str:
        """The lines that words said here are about."""
        return self._view.marked_text

    # --- showing ------------------------------------------------------------------------------

    def show(
        self,
        files: Sequence[FileChange],
        beside: Beside,
        *,
        viewed: Collection[str] = (),
        progress: str = "",
        moved: Mapping[str, Moved] | None = None,
    ) -> None:
        """Show the files of a revision; the file that is read stays where it was.

        Args:
            files: What differs first.
            beside: What is said about lines.
            viewed: Paths of files that were viewed as they are.
            progress: How far one is, in words.
            moved: Lines that stand elsewhere, by path.
        """
        on = self.path
        now = (tuple(files), beside, frozenset(viewed), moved or {})
        is_same = now == (self._files, self._beside, self._viewed, self._moved)
        self._files, self._beside, self._viewed, self._moved = now
        self._progress = progress
        if not is_same:
            paths = [change.path for change in self._files]
            self._turn_to(paths.index(on) if on in paths else 0)
        else:
            self._name_files()

    def open(self, path: str, line: int, side: Side = "new") -> bool:
        """Show a place; False when there is no such file."""
        for at, change in enumerate(self._files):
            if change.path == path:
                if at != self._at:
                    self._turn_to(at)
                self._view.go_to(line, side=side)
                return True
        return False

    def next_file(self, by: int) -> None:
        """Show the next or previous file, around the end."""
        if self._files:
            self._turn_to((self._at + by) % len(self._files))

    def next_unviewed(self) -> bool:
        """Show the next file that was not viewed; False when every one was."""
        for step in range(1, len(self._files) + 1):
            at = (self._at + step) % len(self._files)
            change = self._files[at]
            if change.status != "same" and change.path not in self._viewed:
                self._turn_to(at)
                return True
        return False

    def next_mode(self) -> None:
        """Show the differences in another way."""
        self._view.action_mode()

    def take_focus(self) -> None:
        """Read on where the cursor is."""
        self._view.focus()

    def on_resize(self) -> None:
        """Name the files that fit."""
        self._name_files()

    @property
    def _view(self) -> CodeView:
        return self.query_one("#view", CodeView)

    def _turn_to(self, at: int) -> None:
        self._at = at
        if self._files:
            change = self._files[at]
            self._view.show(
                change,
                self._beside,
                moved=self._moved.get(change.path, STAYED),
                is_viewed=change.path in self._viewed,
            )
        self._name_files()

    def _name_files(self) -> None:
        strip = self.query_one("#files", Static)
        if not self._files:
            strip.update("")
            return
        said = f" · {self._progress}" if self._progress else ""
        count = f" {self._at + 1}/{len(self._files)}{said}  "
        parts: list[Content | tuple[str, str]] = [(count, "$text-muted")]
        for at in range(self._at, len(self._files)):
            change = self._files[at]
            sign = _VIEWED if change.path in self._viewed else _SIGNS[change.status]
            name = f"{sign} {change.path}"
            parts.append((f"[{name}] ", "bold") if at == self._at else (f"{name}  ", "$text-muted"))
        strip.update(Content.assemble(*parts).truncate(max(1, self.size.width), ellipsis=True))
