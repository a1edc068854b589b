"""Questions to the person. Each is answered by an act of its own; leaving one answers no."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, TypeVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from toolvet_tui.bars import Banner
from toolvet_tui.errands import telling
from toolvet_tui.paper import Block, Paper


class ApproveDialog(ModalScreen[str | None]):
    """Shows what will be signed and asks. Answers with the words beside the vote, or None.

    `y` counts only once the question was painted: what was typed before it is no answer to it. The
    line that names the keys appears when they count.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "agree", "Sign", id="approve.yes"),
        Binding("n,escape", "leave", "No", id="approve.no"),
        Binding("w", "words", "Add words", id="approve.words"),
    ]

    def __init__(self, title: str, blocks: Sequence[Block]) -> None:
        super().__init__()
        self._title = title
        self._blocks = blocks
        self._was_painted = False

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog -wide"):
            yield Static(self._title, classes="question", markup=False)
            yield Paper(id="signed", has_parts=False)
            yield Input(placeholder="words beside your vote (optional)", id="words")
            yield Static(" ", id="keys", classes="keys", markup=False)

    def on_mount(self) -> None:
        """Show what is signed."""
        paper = self.query_one("#signed", Paper)
        paper.show(self._blocks, anew=True)
        paper.focus()
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        self._was_painted = True
        keys = "y  sign with your key     n  do not     w  add words"
        self.query_one("#keys", Static).update(keys)

    def action_agree(self) -> None:
        """Agree."""
        if self._was_painted:
            self.dismiss(self.query_one("#words", Input).value.strip())

    def action_words(self) -> None:
        """Write words beside the vote; `enter` ends them and asks again."""
        field = self.query_one("#words", Input)
        field.add_class("-shown")
        field.focus()

    def on_input_submitted(self) -> None:
        """Go back to the question."""
        self.query_one("#signed", Paper).focus()

    def action_leave(self) -> None:
        """Sign nothing; out of the words, back to the question first."""
        if self.query_one("#words", Input).has_focus:
            self.query_one("#signed", Paper).focus()
        else:
            self.dismiss(None)


class PassphraseDialog(ModalScreen[bool]):
    """Asks for the passphrase until it opens the key, or the person leaves.

    Args:
        who: Whose key.
        unlock: Opens it; raises what `KNOWN` holds.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave it locked", id="passphrase.no")
    ]

    def __init__(self, who: str, unlock: Callable[[str], Awaitable[None]]) -> None:
        super().__init__()
        self._who = who
        self._unlock = unlock

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog"):
            yield Static(f"Passphrase of {self._who}", classes="question", markup=False)
            yield Input(password=True, id="passphrase")
            yield Banner(id="wrong")
            yield Static(
                "It opens your key in this process, for 15 minutes.  esc  leave it locked",
                classes="keys",
                markup=False,
            )

    @property
    def said(self) -> str:
        """What it says went wrong."""
        return self.query_one(Banner).text

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Try it."""
        event.stop()
        if event.value and not event.input.disabled:
            self._try(event.value)

    @work(exclusive=True)
    async def _try(self, passphrase: str) -> None:
        field, banner = self.query_one(Input), self.query_one(Banner)
        field.disabled = True
        field.value = ""
        banner.say("opening the key …")
        with telling(banner.tell):
            await self._unlock(passphrase)
            self.dismiss(True)  # noqa: FBT003
            return
        field.disabled = False
        field.focus()

    def action_leave(self) -> None:
        """Leave it locked."""
        self.dismiss(False)  # noqa: FBT003


Answer = TypeVar("Answer")


class WrittenDialog(ModalScreen[Answer | None]):
    """Asks for words among other things; what was written is kept, whatever closes it.

    Args:
        question: What they are for.
        draft: What was written before and not sent.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f2", "send", "Send", id="words.send"),
        Binding("escape", "leave", "Leave", id="words.leave"),
    ]

    def __init__(self, question: str, draft: str = "") -> None:
        super().__init__()
        self._question = question
        self.draft = draft

    @property
    def said(self) -> str:
        """What it says went wrong."""
        return self.query_one(Banner).text

    def on_mount(self) -> None:
        """Start to write."""
        area = self.query_one(TextArea)
        if self.query(Input):  # `tab` goes on to the next field
            area.tab_behavior = "focus"
        area.focus()
        area.move_cursor(area.document.end)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep what is written."""
        self.draft = event.text_area.text

    def refuse(self, why: str) -> None:
        """Say why it is not sent."""
        self.query_one(Banner).say(why, tone="bad")

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)


class WordsDialog(WrittenDialog[str]):
    """Asks for words, without which nothing is done. Answers with them, or None.

    Args:
        question: What they are for.
        act: What will be done with them, on the line of keys.
        draft: What was written before and not sent.
    """

    def __init__(self, question: str, act: str, draft: str = "") -> None:
        super().__init__(question, draft)
        self._act = act

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="question", markup=False)
            yield TextArea(self.draft, id="words", soft_wrap=True)
            yield Banner(id="wrong")
            yield Static(f"ctrl+s  {self._act}     esc  leave", classes="keys", markup=False)

    def action_send(self) -> None:
        """Answer with the words, if there are any."""
        words = self.query_one(TextArea).text.strip()
        if words:
            self.dismiss(words)
        else:
            self.refuse("Say it in words: the author learns from them.")


class KeysDialog(ModalScreen[None]):
    """Every key there is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "close", "Close", id="keys.close")
    ]

    def __init__(self, blocks: Sequence[Block]) -> None:
        super().__init__()
        self._blocks = blocks

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog -tall"):
            yield Static("Keys", classes="question", markup=False)
            yield Paper(id="keys")
            yield Static("esc  close", classes="keys", markup=False)

    def on_mount(self) -> None:
        """Show them."""
        paper = self.query_one(Paper)
        paper.show(self._blocks, anew=True)
        paper.focus()

    def on_click(self, event: events.Click) -> None:
        """Close when the mouse is used outside."""
        if event.widget is self:
            self.dismiss(None)

    def action_close(self) -> None:
        """Close."""
        self.dismiss(None)
