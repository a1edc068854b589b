"""Text to read: headings and labelled lines, wrapped, with places in the code to jump to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from toolvet_tui.plain import fit, wrap
from toolvet_tui.rows import Rows

if TYPE_CHECKING:
    from toolvet_reviews.brief import BriefSection, Tone  # the queue paints without them
    from toolvet_reviews.review_views import Anchor

SIGNS: "dict[Tone, str]" = {"plain": " ", "good": "+", "bad": "!", "unsure": "?", "quiet": " "}
"""What a tone looks like without any colour."""
LONGEST_LABEL = 14


@dataclass(frozen=True)
class Block:
    """One thing to read."""

    text: str
    """Made visible already; may have several lines."""
    label: str = ""
    tone: "Tone" = "plain"
    path: str = ""
    line: int = 0
    """From 1; 0: the file, or nowhere."""
    is_heading: bool = False
    about: "Anchor | None" = None
    """What words said here are about; None when it is the proposal, or the place in the code."""
    thread: str = ""
    """Id of the thread it belongs to."""
    draft: str = ""
    """Id of the unpublished remark it shows."""
    wanted: bool = False
    """It needs attention: `n` and `p` of a review stop here."""
    indent: int = 0
    """Cells the text stands further in."""


class _Row(NamedTuple):
    block: int
    label: str
    sign: str
    text: str


class Paper(Rows):
    """Shows blocks; `enter` on one with a place says where to.

    Args:
        has_parts: Whether `]` and `[` go from part to part.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "jump(1)", "Next part", show=False, id="paper.next"),
        Binding(
            "left_square_bracket", "jump(-1)", "Previous part", show=False, id="paper.previous"
        ),
    ]

    @dataclass
    class Place(Message):
        """A place in the code was chosen."""

        path: str
        line: int

    def __init__(
        self,
        *,
        id: str | None = None,
        classes: str | None = None,
        has_parts: bool = True,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._has_parts = has_parts
        self._blocks: tuple[Block, ...] = ()
        self._rows: list[_Row] = []
        self._laid_for = 0
        self._wanted: int | None = None

    @property
    def row_count(self) -> int:
        """How many rows the text takes at this width."""
        return len(self._rows)

    @property
    def text(self) -> str:
        """Everything that is written here, whether it is on the screen or not."""
        return "\n".join(f"{SIGNS[b.tone]} {b.label} {b.text}".strip() for b in self._blocks)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What is written here."""
        return self._blocks

    @property
    def at(self) -> int:
        """Number of the block under the cursor; -1 when there is none."""
        return self._rows[self.cursor].block if self._rows else -1

    @property
    def under(self) -> Block | None:
        """The block under the cursor."""
        return self._blocks[self.at] if self._rows else None

    def go_to(self, block: int) -> None:
        """Put the cursor on a block, with what follows it in sight."""
        self._wanted = None if self._laid_for else block
        row = next((at for at, found in enumerate(self._rows) if found.block >= block), None)
        if row is None:
            return
        # A heading has an empty row before it.
        while row < self.row_count - 1 and self._rows[row].block != block:
            row += 1
        self.move_to(row)
        third = max(1, self.size.height // 3)
        self.scroll_to(y=max(0, row - third), animate=False, immediate=True)
        self.move_to(row)

    def show(self, blocks: Sequence[Block], *, anew: bool = False) -> None:
        """Write blocks; the position is kept unless it is another text."""
        self._blocks = tuple(blocks)
        self._lay_out()
        if anew:
            self.cursor = 0
            self.scroll_to(y=0, animate=False, immediate=True)

    def draw(self, row: int, width: int) -> list[Segment]:
        """Draw a row: sign, label, text."""
        found = self._rows[row]
        block = self._blocks[found.block]
        if block.is_heading:
            return [Segment(fit(found.text, width), self.tone("heading"))]
        style = self.tone(block.tone)
        sign = Segment(found.sign, style if found.sign.strip() else self.tone("plain"))
        label = self._label_width
        return [
            sign,
            Segment(" "),
            Segment(f"{fit(found.label, label)} ", self.tone("quiet")) if label else Segment(""),
            Segment(" " * block.indent + found.text, style),
        ]

    def under_cursor(self, drawn: list[Segment]) -> list[Segment]:
        """Mark the row, and leave its colours: text is read, not picked."""
        style = Style(bgcolor=self.tone("cursor").bgcolor)
        return [Segment(one.text, style + one.style if one.style else style) for one in drawn]

    def on_resize(self, event: events.Resize) -> None:
        """Break lines anew."""
        if event.size.width != self._laid_for:
            self._lay_out()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the parts out where a question has none."""
        return action != "jump" or self._has_parts

    def action_choose(self) -> None:
        """Go to the place the cursor is on."""
        if self.row_count and (block := self._blocks[self._rows[self.cursor].block]).path:
            self.post_message(self.Place(block.path, block.line))

    def action_jump(self, by: int) -> None:
        """Go to the next or previous part: a heading, or a place in the code."""
        row = self.cursor + by
        while 0 <= row < self.row_count:
            block = self._blocks[self._rows[row].block]
            is_first = row == 0 or self._rows[row - 1].block != self._rows[row].block
            if is_first and (block.is_heading or block.path):
                self.move_to(row)
                self.scroll_to(y=max(0, min(row, self.scroll_offset.y + by)), animate=False)
                self.move_to(row)
                return
            row += by

    @property
    def _label_width(self) -> int:
        longest = max((len(block.label) for block in self._blocks), default=0)
        return min(longest, LONGEST_LABEL, max(0, self.size.width // 4))

    def _lay_out(self) -> None:
        self._laid_for = self.size.width
        if not self._laid_for:  # hidden: there is no width to break lines at yet
            return
        beside = self._label_width
        room = self.size.width - 3 - (beside + 1 if beside else 0)
        on = self._rows[min(self.cursor, len(self._rows) - 1)].block if self._rows else 0
        rows: list[_Row] = []
        for number, block in enumerate(self._blocks):
            if block.is_heading and rows:
                rows.append(_Row(number - 1, "", " ", ""))
            inner = self.size.width if block.is_heading else room - block.indent
            lines = wrap(block.text, inner)
            rows += [
                _Row(number, "" if row else block.label, " " if row else SIGNS[block.tone], text)
                for row, text in enumerate(lines)
            ]
        self._rows = rows
        kept = next((row for row, found in enumerate(rows) if found.block >= on), 0)
        self.changed(cursor=kept)
        if self._wanted is not None:  # asked for while it was hidden
            wanted, self._wanted = self._wanted, None
            self.call_after_refresh(self._settle, wanted)

    def _settle(self, block: int) -> None:
        self.go_to(block)
        self._wanted = None


def blocks_of(sections: "Sequence[BriefSection]") -> list[Block]:
    """Lay a brief out, section after section."""
    blocks: list[Block] = []
    for section in sections:
        blocks.append(Block(section.title, is_heading=True))
        blocks += [
            Block(line.text, line.label, line.tone, line.path, line.line) for line in section.lines
        ]
    return blocks
