"""The code of a proposal in the terminal: what is shown, and where the keys lead."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from toolvet_reviews.sides import FileChange, compare
from toolvet_reviews.views import FindingView
from toolvet_tui.code import CodeView
from toolvet_tui.code_notes import Beside, finding_notes

WIDE = (120, 30)
NARROW = (80, 24)
GOES_ON = "\u203a"
LINES = [f"value_{number} = {number}" for number in range(1, 101)]


class Reader(App[None]):
    """Only the code."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[tuple[str, int, str]] = []
        self.quick: list[str] = []

    def compose(self) -> ComposeResult:
        yield CodeView()

    def on_code_view_line_chosen(self, event: CodeView.LineChosen) -> None:
        self.chosen.append((event.place.path, event.place.line, event.place.side))

    def on_key(self, event: object) -> None:
        self.quick.append(str(getattr(event, "key", "")))


@dataclass
class Desk:
    """A reader at the keys."""

    app: Reader
    pilot: Pilot[None]
    view: CodeView = field(init=False)

    def __post_init__(self) -> None:
        self.view = self.app.query_one(CodeView)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def settle(self) -> None:
        await self.app.workers.wait_for_complete()  # pyright: ignore[reportUnknownMemberType]
        await self.pilot.pause()

    @property
    def screen(self) -> list[str]:
        return [self.view.render_line(y).text.rstrip() for y in range(self.view.size.height)]

    @property
    def text(self) -> str:
        return "\n".join(self.screen)


def read(
    do: Callable[[Desk], Awaitable[None]],
    change: FileChange,
    *findings: FindingView,
    size: tuple[int, int] = WIDE,
) -> None:
    """Show a file, and let someone read."""

    async def reading() -> None:
        app = Reader()
        async with app.run_test(size=size) as pilot:
            desk = Desk(app, pilot)
            desk.view.show(change, Beside(finding_notes(findings)))
            desk.view.focus()
            await pilot.pause()
            await do(desk)

    asyncio.run(reading())


def change_of(old: str | None, new: str | None, path: str = "tool.py") -> FileChange:
    before = {} if old is None else {path: old.encode()}
    after = {} if new is None else {path: new.encode()}
    (change,) = compare(before, after)
    return change


def edited(*numbers: int) -> FileChange:
    """A hundred lines, of which some are edited."""
    new = [f"{line}0" if at in numbers else line for at, line in enumerate(LINES, 1)]
    return change_of("\n".join([*LINES, ""]), "\n".join([*new, ""]))


def finding(line: int, message: str = "Too wide.", **more: str) -> FindingView:
    return FindingView("ruff.E1", "error", "style", message, "tool.py", line, **more)  # type: ignore[arg-type]


def test_a_wide_screen_shows_two_columns_and_a_narrow_one_shows_one():
    async def wide(desk: Desk) -> None:
        assert desk.view.mode == "split"
        (row,) = [line for line in desk.screen if "value_50 = 500" in line]
        assert "50 - value_50 = 50 " in row
        assert "50 + value_50 = 500" in row

    async def narrow(desk: Desk) -> None:
        assert desk.view.mode == "unified"
        assert ">" in next(line for line in desk.screen if "- value_50 = 50" in line)
        assert any(line.endswith("+ value_50 = 500") for line in desk.screen)

    read(wide, edited(50))
    read(narrow, edited(50), size=NARROW)


def test_it_opens_on_the_first_change_with_the_rest_folded():
    async def check(desk: Desk) -> None:
        assert desk.view.place.line == 50
        assert [line.strip() for line in desk.screen if "unchanged" in line] == [
            "⋯ 46 unchanged lines",
            "⋯ 47 unchanged lines",
        ]
        assert "value_46 " not in desk.text
        assert "value_47 " in desk.text

    read(check, edited(50))


def test_d_goes_through_the_modes_and_stays_on_the_line():
    async def check(desk: Desk) -> None:
        seen: list[str] = []
        for _ in range(4):
            seen.append(desk.view.mode)
            assert desk.view.place.line == 50
            await desk.press("d")
        assert seen == ["split", "unified", "new", "split"]

    read(check, edited(50))


def test_only_what_will_be_there_says_how_much_is_gone():
    async def check(desk: Desk) -> None:
        await desk.press("d")
        assert desk.view.mode == "new"
        assert "- 2 lines removed here" in desk.text
        assert "value_50 " not in desk.text

    without = [line for at, line in enumerate(LINES, 1) if at not in (50, 51)]
    read(check, change_of("\n".join(LINES), "\n".join(without)), size=NARROW)


def test_brackets_go_from_change_to_change():
    async def check(desk: Desk) -> None:
        places = [desk.view.place.line]
        for key in ("right_square_bracket",) * 3 + ("left_square_bracket",) * 3:
            await desk.press(key)
            places.append(desk.view.place.line)
        assert places == [10, 50, 90, 90, 50, 10, 10]

    read(check, edited(10, 50, 90))


def test_enter_opens_a_fold_and_e_closes_it_again():
    async def check(desk: Desk) -> None:
        await desk.press("g", "enter")
        assert "value_1 = 1" in desk.text
        await desk.press("e")
        assert "⋯ 46 unchanged lines" in desk.text
        await desk.press("E")
        assert "unchanged lines" not in desk.text

    read(check, edited(50))


def test_a_fold_says_what_it_hides_the_beginning_of():
    head = ["class Store:", "    def read(self) -> None:", *(["        pass"] * 30)]

    async def check(desk: Desk) -> None:
        assert "⋯ 29 unchanged lines  def read(self) -> None:" in desk.text

    read(check, change_of("\n".join([*head, "x"]), "\n".join([*head, "y"])))


def test_enter_on_a_line_tells_the_app_which():
    async def check(desk: Desk) -> None:
        await desk.press("enter", "j", "enter")
        assert desk.app.chosen == [("tool.py", 50, "old"), ("tool.py", 50, "new")]

    read(check, edited(50), size=NARROW)


def test_findings_stand_under_their_line_and_in_the_gutter():
    async def check(desk: Desk) -> None:
        at = next(y for y, line in enumerate(desk.screen) if "value_80 = 80" in line)
        assert "! 80   value_80" in desk.screen[at].replace("  80", " 80", 1)
        assert desk.screen[at + 1].startswith("!    error: Too wide. [ruff.E1]  Fix: Cut it.")

    async def jump(desk: Desk) -> None:
        await desk.press("f")
        await check(desk)
        await desk.press("F")
        assert "note 1/2" in desk.screen[0]

    read(jump, edited(50), finding(3), finding(80, fix="Cut it."))


def test_a_long_finding_is_written_on_several_lines():
    async def check(desk: Desk) -> None:
        start = next(y for y, line in enumerate(desk.screen) if "error: many" in line)
        assert desk.screen[start + 1].startswith("!      many many")
        assert desk.text.count("many") == 30
        await desk.press("f", "f")
        assert desk.view.place.line == 50

    read(check, edited(50), finding(50, " ".join(["many"] * 30)), size=NARROW)


def test_a_finding_on_no_line_comes_first_and_one_on_another_file_not_at_all():
    other = FindingView("x", "note", "c", "Elsewhere.", "other.py", 2)

    async def check(desk: Desk) -> None:
        await desk.press("g")
        assert "About the file." in desk.screen[1]
        assert "Past the end." in desk.screen[2]
        assert "Elsewhere" not in desk.text

    read(check, edited(2), finding(0, "About the file."), finding(999, "Past the end."), other)


def test_a_place_can_be_gone_to_out_of_its_fold():
    async def check(desk: Desk) -> None:
        desk.view.go_to(20)
        await desk.pilot.pause()
        assert desk.view.place.line == 20
        assert "value_20 = 20" in desk.text
        desk.view.go_to(4_000)
        assert desk.view.place.line == 20

    read(check, edited(50))


def test_search_finds_what_is_folded_and_goes_around_the_end():
    async def check(desk: Desk) -> None:
        await desk.press("slash", *"VALUE_7", "enter")
        assert desk.view.place.line == 50
        await desk.press("backspace")
        await desk.press("slash", *"value_7", "enter")
        places = [desk.view.place.line]
        for key in ("full_stop", "full_stop", "comma"):
            await desk.press(key)
            places.append(desk.view.place.line)
        assert places == [70, 71, 72, 71]
        await desk.press("g", "comma")
        assert desk.view.place.line == 79

    read(check, edited(50))


def test_no_key_typed_into_the_search_does_anything_else():
    async def check(desk: Desk) -> None:
        await desk.press("slash", *"adnpxy")
        assert desk.app.screen.query_one(Input).value == "adnpxy"
        assert desk.view.mode == "split"
        assert desk.app.quick == ["slash"] or desk.app.quick == []
        await desk.press("escape")
        assert desk.view.place.line == 50
        assert not desk.app.screen.query(Input)

    read(check, edited(50))


def test_long_lines_are_scrolled_sideways_and_say_that_they_go_on():
    long = "x = '" + "".join(f"{number:>4}" for number in range(100)) + "'"

    async def check(desk: Desk) -> None:
        assert desk.screen[1].endswith(GOES_ON)
        await desk.press("l")
        assert "from column 9" in desk.screen[0]
        desk.view.action_sideways(100)
        await desk.pilot.pause()
        assert desk.screen[1].endswith("99'")
        await desk.press("h")
        assert desk.screen[1].endswith(GOES_ON)

    read(check, change_of(None, f"{long}\n"), size=NARROW)


def test_tabs_and_wide_characters_stay_in_their_columns():
    async def check(desk: Desk) -> None:
        left, right = desk.screen[1].split("│")
        assert "    x = '你好'" in left
        assert "    x = '你们'" in right
        assert desk.view.render_line(1).cell_length == desk.view.render_line(2).cell_length

    read(check, change_of("\tx = '你好'\n\ty\n", "\tx = '你们'\n\ty\n"))


def test_text_of_an_author_is_never_markup():
    async def check(desk: Desk) -> None:
        assert "[bold red]x[/] <U+202E>" in desk.text
        assert "error: [@click=app.quit]here[/] <U+001B>[2J [ruff.E1]" in desk.text

    message = "[@click=app.quit]here[/]\n\x1b[2J"
    read(check, change_of(None, "[bold red]x[/] \u202e"), finding(1, message))


def test_marks_stacked_on_a_letter_do_not_hide_what_follows():
    async def check(desk: Desk) -> None:
        assert "<U+0301>" in desk.text
        desk.view.action_sideways(100)
        await desk.pilot.pause()
        assert "evil()" in desk.text

    read(check, change_of(None, "x" + "\u0301" * 40 + " evil()"))


def test_the_same_file_again_keeps_the_place():
    async def check(desk: Desk) -> None:
        await desk.press("right_square_bracket")
        top = desk.view.scroll_offset.y
        desk.view.show(edited(10, 50, 90), Beside(finding_notes([finding(99)])))
        await desk.pilot.pause()
        assert desk.view.place.line == 50
        assert abs(desk.view.scroll_offset.y - top) <= 2

    read(check, edited(10, 50, 90))


def test_another_file_begins_at_its_first_change():
    async def check(desk: Desk) -> None:
        await desk.press("right_square_bracket")
        desk.view.show(change_of("a\nb", "a\nc", "other.py"))
        await desk.pilot.pause()
        assert desk.view.place.path == "other.py"
        assert desk.view.place.line == 2
        assert desk.screen[0].startswith(" other.py  +1 -1")

    read(check, edited(10, 50, 90))


def test_colours_come_after_the_first_paint():
    async def check(desk: Desk) -> None:
        await desk.settle()
        strip = desk.view.render_line(1)
        styles = {part.text: part.style for part in strip}
        keyword, name = styles["def"], styles["add"]
        assert keyword is not None
        assert name is not None
        assert keyword.color != name.color

    read(check, change_of(None, "def add():\n    pass\n"))


def test_another_theme_is_drawn_in_its_own_colours():
    async def check(desk: Desk) -> None:
        dark = [part.style for part in desk.view.render_line(1)]
        desk.app.theme = "textual-light"
        await desk.pilot.pause()
        assert [part.style for part in desk.view.render_line(1)] != dark
        desk.app.theme = "ansi-dark"
        await desk.pilot.pause()
        assert "value_47" in desk.text

    read(check, edited(50))


def test_a_narrower_screen_gives_up_the_second_column_and_keeps_the_line():
    async def check(desk: Desk) -> None:
        assert desk.view.mode == "split"
        await desk.pilot.resize_terminal(*NARROW)
        await desk.pilot.pause()
        assert desk.view.mode == "unified"
        assert desk.view.place.line == 50
        assert "value_50 = 500" in desk.text

    read(check, edited(50))


def test_a_click_puts_the_cursor_there_and_opens_a_fold():
    async def check(desk: Desk) -> None:
        at = next(y for y, line in enumerate(desk.screen) if "value_52" in line)
        await desk.pilot.click(CodeView, offset=(20, at))
        assert desk.view.place.line == 52
        fold = next(y for y, line in enumerate(desk.screen) if "46 unchanged" in line)
        await desk.pilot.click(CodeView, offset=(20, fold))
        assert "46 unchanged" not in desk.text

    read(check, edited(50))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"\xff", b"\xfe\xfe", "Not text: 1 byte before, 2 bytes after."),
        (None, b"", "An empty file."),
        (None, b"x", "new file"),
        (b"x", None, "removed"),
        (b"x", b"x", "unchanged"),
        (b"x", b"x\n", "(no line end)"),
    ],
)
def test_odd_files_are_shown_for_what_they_are(old: bytes | None, new: bytes | None, said: str):
    async def check(desk: Desk) -> None:
        assert said in desk.text
        await desk.press(
            "right_square_bracket",
            "left_square_bracket",
            "f",
            "F",
            "d",
            "e",
            "E",
            "enter",
            "j",
            "k",
            "G",
            "g",
            "full_stop",
        )
        assert said in desk.text

    before = {} if old is None else {"a": old}
    after = {} if new is None else {"a": new}
    read(check, compare(before, after)[0])


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (12, 2), (59, 5)])
def test_the_smallest_screens_are_drawn(size: tuple[int, int]):
    async def check(desk: Desk) -> None:
        for _ in range(3):
            await desk.press("d", "j", "right_square_bracket", "pagedown", "l")
            assert all(desk.view.render_line(y) for y in range(size[1]))

    read(check, edited(10, 50), finding(50), size=size)


def test_no_text_breaks_it():
    chance = random.Random(20)
    signs = [
        "a",
        " ",
        "\t",
        "\n",
        "\r",
        "\x1b[2J",
        "\x00",
        "你",
        "\u0301",
        "\u202e",
        "🏳️‍🌈",
        "🇩🇪",
        "[/]",
        '"""',
    ]

    def text() -> str:
        return "".join(chance.choices(signs, k=chance.randrange(120)))

    async def check(desk: Desk) -> None:
        for _ in range(40):
            found = [finding(chance.randrange(4), text())]
            desk.view.show(change_of(text(), text()), Beside(finding_notes(found)))
            desk.view.action_mode()
            desk.view.action_fold_all()
            desk.view.action_sideways(chance.randrange(-3, 3))
            await desk.pilot.pause()
            strips = [desk.view.render_line(y) for y in range(desk.view.size.height)]
            assert {strip.cell_length for strip in strips} == {desk.view.size.width - 1}
            assert {sum(part.cell_length for part in strip) for strip in strips} == {
                desk.view.size.width - 1
            }
            assert not any(set(strip.text) & set("\n\r\t\x1b\x00") for strip in strips)

    read(check, edited(10, 50))
