"""Where a remark is written: its words are kept at each pause, whatever happens to the app.

Nothing that is typed here can be anything but a letter; every act has a chord or a function key.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Static, TextArea

from toolvet_reviews.review_views import DraftRemark
from toolvet_tui.bars import Banner
from toolvet_tui.paper import Block, Paper

PAUSE_S = 0.4
"""How long nothing is typed before it is kept."""
LONGEST = 20_000
"""Characters of a remark, as many as the service takes."""

_GAP = "     "

PUBLISH, KEEP, DROP = "publish", "keep", "drop"
"""The answers: say it now, leave it a draft, forget it."""


class RemarkDialog(ModalScreen[str | None]):
    """Asks for words about a place. Answers `publish`, `keep` or `drop`; `draft` has the words.

    Args:
        title: What it is about.
        draft: What was written before; it is changed as one writes.
        before: What it answers to, or the lines it is about.
        lines: What a suggested edit begins with; None where none can be.
        keep: Keeps the draft; called at each pause, and when the dialog closes.
    """

    DEFAULT_CSS = """
    RemarkDialog #before { max-height: 8; }
    RemarkDialog #words { height: 6; }
    RemarkDialog #edit { height: 6; }
    RemarkDialog #instead { color: $text-muted; padding: 1 0 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "publish", "Publish now", id="remark.publish"),
        Binding("escape", "leave", "Keep as a draft", id="remark.keep"),
        Binding("ctrl+o,f6", "block", "Blocks approval or not", id="remark.block"),
        Binding("ctrl+g,f7", "suggest", "Suggest an edit or not", id="remark.suggest"),
        Binding("ctrl+r,f8", "drop", "Forget it", id="remark.drop"),
    ]

    def __init__(
        self,
        title: str,
        draft: DraftRemark,
        *,
        before: list[Block],
        lines: str | None,
        keep: Callable[[DraftRemark], None],
    ) -> None:
        super().__init__()
        self._title = title
        self._before = before
        self._lines = lines
        self._keep = keep
        self._pause: Timer | None = None
        self._kept = draft
        self.draft = draft

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog -wide"):
            yield Static(self._title, classes="question", markup=False)
            yield Paper(id="before", has_parts=False)
            yield TextArea(self.draft.text, id="words", soft_wrap=True)
            yield Static("Lines that should stand there instead:", id="instead", markup=False)
            yield TextArea(self.draft.suggestion or "", id="edit", soft_wrap=False)
            yield Banner(id="wrong")
            yield Static("", id="keys", classes="keys", markup=False)

    def on_mount(self) -> None:
        """Start to write."""
        before = self.query_one("#before", Paper)
        before.show(self._before, anew=True)
        before.display = bool(self._before)
        before.can_focus = False
        area = self.query_one("#words", TextArea)
        area.focus()
        area.move_cursor(area.document.end)
        self._say()

    @property
    def said(self) -> str:
        """What it says went wrong."""
        return self.query_one(Banner).text

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Take what is written, and keep it at the next pause."""
        if event.text_area.id == "words":
            self.draft = replace(self.draft, text=event.text_area.text)
        elif self.draft.suggestion is not None:
            self.draft = replace(self.draft, suggestion=event.text_area.text)
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE_S, self.keep_now)

    def on_unmount(self) -> None:
        """Keep what was written after the last pause, whatever closed the dialog."""
        self.keep_now()

    def keep_now(self) -> None:
        """Keep the draft as it is, unless it is kept already, or was never begun."""
        if self.draft != self._kept:
            self._kept = self.draft
            self._keep(self.draft)

    def action_publish(self) -> None:
        """Say it now, if there is anything to say."""
        if self._is_whole():
            self._kept = self.draft  # whoever asked has it from here on
            self.dismiss(PUBLISH)

    def action_leave(self) -> None:
        """Leave it a draft."""
        if len(self.draft.text) > LONGEST:
            self._is_whole()
            return
        self.dismiss(KEEP)

    def action_drop(self) -> None:
        """Forget it."""
        self._kept = self.draft
        self.dismiss(DROP)

    def action_block(self) -> None:
        """Have it block the approval until it is settled, or not."""
        if self.draft.thread is None:
            self.draft = replace(self.draft, blocking=not self.draft.blocking)
            self._say()
        else:
            self.query_one(Banner).say("An answer blocks what its thread blocks.", tone="unsure")

    def action_suggest(self) -> None:
        """Begin a suggested edit with the lines as they are, or take it back."""
        if self._lines is None:
            self.query_one(Banner).say("An edit is suggested on lines of a file.", tone="unsure")
            return
        area = self.query_one("#edit", TextArea)
        if self.draft.suggestion is None:
            self.draft = replace(self.draft, suggestion=self._lines)
            area.load_text(self._lines)
            area.focus()
        else:
            self.draft = replace(self.draft, suggestion=None)
            self.query_one("#words", TextArea).focus()
        self._say()

    def _is_whole(self) -> bool:
        suggested = self.draft.suggestion
        if len(self.draft.text) > LONGEST or len(suggested or "") > LONGEST:
            wrong = f"A remark has at most {LONGEST:,} characters."
        elif not self.draft.text.strip() and (suggested is None or suggested == self._lines):
            wrong = "Say it in words: the author learns from them."
        else:
            return True
        self.query_one(Banner).say(wrong, tone="bad")
        return False

    def _say(self) -> None:
        """Write the keys, with what is on and off."""
        has_edit = self.draft.suggestion is not None
        self.query_one("#instead").display = has_edit
        self.query_one("#edit").display = has_edit
        first = ["ctrl+s  publish now", "esc  keep as a draft", "ctrl+r  forget it"]
        second: list[str] = []
        if self.draft.thread is None:
            second.append(f"ctrl+o  blocks approval: {'YES' if self.draft.blocking else 'no'}")
        if self._lines is not None:
            second.append(f"ctrl+g  suggests an edit: {'YES' if has_edit else 'no'}")
        lines = [_GAP.join(first), *[_GAP.join(second)] * bool(second)]
        self.query_one("#keys", Static).update("\n".join(lines))
