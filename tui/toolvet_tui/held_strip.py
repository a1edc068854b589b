"""The strip that shows what is held: with how many seconds left, and the key that takes it back."""

from textual.content import Content
from textual.widgets import Static

from toolvet_tui.held import Held, HeldLine

MOST_LINES = 4
_SIGNS = {
    "bad": ("! ", "$text-error"),
    "good": ("+ ", "$text-success"),
    "sent": ("… ", "$text-muted"),
    "held": ("» ", "bold"),
}


class HeldStrip(Static):
    """Hidden while nothing is held.

    Args:
        held: What it shows.
        keys: What takes back and puts away, as it is written.
    """

    DEFAULT_CSS = """
    HeldStrip { display: none; height: auto; padding: 0 1; background: $panel; }
    HeldStrip.-shown { display: block; }
    """

    def __init__(self, held: Held, keys: str) -> None:
        super().__init__("", markup=False)
        self._held = held
        self._keys = keys
        self._shown: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What it says."""
        return "\n".join(self._shown)

    def follow(self) -> None:
        """Show how it stands now."""
        lines = self._held.lines()
        said = [_said(one) for one in lines[:MOST_LINES]]
        if len(lines) > MOST_LINES:
            said[-1] = (said[-1][0] + f"  and {len(lines) - MOST_LINES} more", said[-1][1])
        if lines:
            does = "takes the last one back" if self._held.waiting else "puts this away"
            if self._held.waiting or any(one.tone == "bad" for one in lines):
                said[-1] = (f"{said[-1][0]}   {self._keys} {does}", said[-1][1])
        texts = tuple(text for text, _ in said)
        if texts != self._shown:
            self._shown = texts
            self.set_class(bool(texts), "-shown")
            self.update(Content("\n").join(Content.styled(text, style) for text, style in said))


def _said(line: HeldLine) -> tuple[str, str]:
    sign, style = _SIGNS[line.tone]
    return sign + line.text, style
