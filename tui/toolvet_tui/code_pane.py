"""The files of a proposal: a line of names, and the one that is read."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from toolvet_reviews.brief import ordered_findings
from toolvet_reviews.sides import FileChange
from toolvet_reviews.views import EvidenceView, FindingView
from toolvet_tui.code import CodeView

_SIGNS = {"added": "+", "removed": "-", "changed": "~", "same": "="}


class CodePane(Vertical):
    """Shows one file at a time, what differs first."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._files: tuple[FileChange, ...] = ()
        self._findings: list[FindingView] = []
        self._at = 0

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Static("", id="files", markup=False)
        yield CodeView(id="view")

    @property
    def place(self) -> tuple[str, int]:
        """The file and line under the cursor; 0 where the line is only in the old text."""
        place = self._view.place
        return place.path, place.line if place.side == "new" else 0

    def show(self, files: Sequence[FileChange], evidence: Sequence[EvidenceView]) -> None:
        """Show the files of a revision; the file that is read stays where it was."""
        on = self._files[self._at].path if self._files else ""
        findings = ordered_findings(evidence)
        is_same = tuple(files) == self._files and findings == self._findings
        self._files, self._findings = tuple(files), findings
        if not is_same:
            paths = [change.path for change in self._files]
            self._turn_to(paths.index(on) if on in paths else 0)

    def open(self, path: str, line: int) -> bool:
        """Show a place; False when there is no such file."""
        for at, change in enumerate(self._files):
            if change.path == path:
                if at != self._at:
                    self._turn_to(at)
                self._view.go_to(line)
                return True
        return False

    def next_file(self, by: int) -> None:
        """Show the next or previous file, around the end."""
        if self._files:
            self._turn_to((self._at + by) % len(self._files))

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
            self._view.show(self._files[at], findings=self._findings)
        self._name_files()

    def _name_files(self) -> None:
        strip = self.query_one("#files", Static)
        if not self._files:
            strip.update("")
            return
        count = f" {self._at + 1}/{len(self._files)} "
        parts: list[Content | tuple[str, str]] = [(count, "$text-muted")]
        for at in range(self._at, len(self._files)):
            change = self._files[at]
            name = f"{_SIGNS[change.status]} {change.path}"
            parts.append((f"[{name}] ", "bold") if at == self._at else (f"{name}  ", "$text-muted"))
        strip.update(Content.assemble(*parts).truncate(max(1, self.size.width), ellipsis=True))
