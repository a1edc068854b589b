"""The lines around the content: where one is, what the key is, and what went wrong."""

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from toolvet_reviews.words import one_line
from toolvet_tui.errands import Trouble


class Bar(Static):
    """One line: what this is on the left, how things stand on the right."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self._left = ""
        self._right = ""

    def say(self, *, left: str | None = None, right: str | None = None) -> None:
        """Write one side, or both."""
        self._left = self._left if left is None else one_line(left, 400)
        self._right = self._right if right is None else one_line(right, 200)
        self._write()

    def on_resize(self) -> None:
        """Keep the right side on the right."""
        self._write()

    def _write(self) -> None:
        from_right = Content(self._right)
        room = max(0, self.content_size.width - from_right.cell_length - 1)
        left = Content(self._left).truncate(room, ellipsis=True, pad=True)
        self.update(Content.assemble(left, " ", from_right))


class Banner(Static):
    """What the person must know now; hidden while there is nothing."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self.text = ""

    def say(self, text: str, *, tone: str = "plain") -> None:
        """Show a sentence until the next one; nothing hides the line."""
        self.text = text
        sign = {"bad": "! ", "good": "+ ", "unsure": "? "}.get(tone, "")
        self.set_class(bool(text), "-shown")
        for name in ("good", "bad", "unsure", "plain"):
            self.set_class(name == tone, f"-{name}")
        self.update(Content(sign + text))

    def tell(self, trouble: Trouble) -> None:
        """Show what went wrong."""
        self.say(str(trouble), tone="bad")


class KeyLine(Static):
    """The keys of the screen that matter most, in its own order, whatever has the focus."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self._keys: list[tuple[str, str]] = []

    def show(self, keys: Sequence[tuple[str, str]]) -> None:
        """Write pairs of key and what it does, as many as fit; the last one, the help, always."""
        self._keys = list(keys)
        self._write()

    def on_resize(self) -> None:
        """Write as many as fit now."""
        self._write()

    def _write(self) -> None:
        room = self.content_size.width
        last = [f" {key} {words} " for key, words in self._keys[-1:]]
        room -= sum(map(len, last))
        shown: list[tuple[str, str]] = []
        for key, words in self._keys[:-1]:
            room -= len(f" {key} {words} ")
            if room < 0:
                break
            shown.append((key, words))
        parts: list[Content | tuple[str, str]] = []
        for key, words in [*shown, *self._keys[-1:]]:
            parts += [(f" {key} ", "bold $footer-key-foreground"), (f"{words} ", "$text-muted")]
        self.update(Content.assemble(*parts))


class Tabs(Static):
    """Names of panes, each with its key; the one that is shown stands out.

    Where they do not fit, the others are cut to a few letters, so that each key stays in sight.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self._names: list[str] = []
        self._current = 0

    def show(self, names: list[str], current: int) -> None:
        """Write the names; what follows the first word of one is a count."""
        self._names, self._current = names, current
        self._write()

    def on_resize(self) -> None:
        """Cut the names anew."""
        self._write()

    def _write(self) -> None:
        width = self.content_size.width
        shown: list[str] = []
        for letters in (None, 9, 4, 3, 0):
            shown = [
                self._shown(at, name if letters is None or at == self._current else name[:letters])
                for at, name in enumerate(self._names)
            ]
            if sum(map(len, shown)) <= width:
                break
        parts: list[Content | tuple[str, str]] = []
        for at, text in enumerate(shown):
            style = "$block-cursor-foreground on $block-cursor-background"
            parts.append((text, style if at == self._current else "$text-muted"))
        self.update(Content.assemble(*parts))

    def _shown(self, at: int, name: str) -> str:
        text = f"{at + 1} {name}".rstrip()
        return f"[{text}]" if at == self._current else f" {text} "
