"""Trying a candidate: one's own arguments, run in the sandbox against fakes; what came of it.

Nothing it says is believed: result, log and effects are shown as text, cut and spelled out. What it
did can be kept as a case, which each later revision is then run on.
"""

import json
from collections.abc import Iterator, Mapping
from typing import ClassVar, cast

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from toolvet_reviews.errors import ReviewError
from toolvet_reviews.review_views import TryView
from toolvet_reviews.spec import parse_spec
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import one_line, visible
from toolvet_tui.bars import Banner
from toolvet_tui.dialogs import PassphraseDialog
from toolvet_tui.errands import in_thread, telling
from toolvet_tui.paper import Block, Paper
from toolvet_tui.plain import in_json
from toolvet_tui.review_reading import Reading
from toolvet_tui.seat import Seat

LONGEST = 100_000
"""Characters of arguments."""
MOST_LINES = 200
"""Lines of log or effects that are shown."""
_KEYS = "ctrl+s run   ctrl+o keep as a case   f6 result   esc leave"


class TryScreen(ModalScreen[bool]):
    """Runs the shown revision. Answers whether a case was kept.

    Args:
        seat: Whose.
        reading: Of what is tried.
    """

    DEFAULT_CSS = """
    TryScreen #arguments { height: 1fr; max-height: 10; }
    TryScreen #result { height: 2fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "run", "Run", id="remark.run"),
        Binding("ctrl+o,f7", "keep", "Keep as a case", id="remark.case"),
        Binding("f6", "turn", "Arguments or result", id="remark.turn"),
        Binding("escape", "leave", "Leave", id="remark.leave"),
    ]

    def __init__(self, seat: Seat, reading: Reading) -> None:
        super().__init__()
        self._seat = seat
        self._reading = reading
        self._ran: tuple[JsonObject, TryView] | None = None
        self._is_running = False
        self._has_kept = False

    def compose(self) -> ComposeResult:
        """Lay out."""
        view = self._reading.view
        title = f"Try {view.id} revision {view.revision}: in the sandbox, against fakes, no secrets"
        with Vertical(classes="dialog -wide -tall"):
            yield Static(title, classes="question", markup=False)
            yield TextArea(example(self._reading), id="arguments", soft_wrap=True)
            yield Paper(id="result")
            yield Input(placeholder="what the case is about, then enter", id="name")
            yield Banner(id="wrong")
            yield Static(_KEYS, classes="keys", markup=False)

    def on_mount(self) -> None:
        """Begin with the arguments."""
        self.query_one("#name", Input).display = False
        paper = self.query_one("#result", Paper)
        paper.show([Block("not run yet", tone="quiet")])
        self.query_one("#arguments", TextArea).focus()

    @property
    def said(self) -> str:
        """What it says went wrong."""
        return self.query_one(Banner).text

    @work
    async def action_run(self) -> None:
        """Run it."""
        banner = self.query_one(Banner)
        if self._is_running:
            banner.say("It runs already.", tone="unsure")
            return
        try:
            arguments = read_arguments(self.query_one("#arguments", TextArea).text)
        except ValueError as error:
            banner.say(str(error), tone="bad")
            return
        self._is_running = True
        try:
            with telling(banner.tell):
                if await self._is_unlocked():
                    await self._run(arguments)
        finally:
            self._is_running = False

    async def _run(self, arguments: JsonObject) -> None:
        view, banner = self._reading.view, self.query_one(Banner)
        banner.say("It runs …")
        tried = await in_thread(
            lambda: self._seat.desk.person.try_out(view.id, arguments, revision=view.revision)
        )
        self._ran = (arguments, tried)
        banner.say("")
        paper = self.query_one("#result", Paper)
        paper.show(outcome(tried), anew=True)
        paper.focus()

    async def _is_unlocked(self) -> bool:
        desk = self._seat.desk
        if desk.seconds_left > 0:
            return True
        owner = await in_thread(desk.owner)

        async def unlock(passphrase: str) -> None:
            await in_thread(lambda: desk.unlock(passphrase))

        app = cast("App[object]", self.app)  # pyright: ignore[reportUnknownMemberType]
        return await app.push_screen_wait(PassphraseDialog(one_line(owner.name), unlock))

    # --- keeping ------------------------------------------------------------------------------

    def action_keep(self) -> None:
        """Ask what the case is about."""
        if self._ran is None or not _can_be_kept(self._ran[1]):
            banner = self.query_one(Banner)
            banner.say("Run it first: what it gave is what the case holds.", tone="unsure")
            return
        field = self.query_one("#name", Input)
        field.display = True
        field.focus()

    @work
    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep it under that name."""
        event.stop()
        name, ran, banner = event.value.strip(), self._ran, self.query_one(Banner)
        if not name or ran is None:
            banner.say("Say what it is about: its author reads it.", tone="bad")
            return
        arguments, tried = ran
        expected = None if tried.code else tried.result
        with telling(banner.tell):
            if await self._is_unlocked():
                proposal = self._reading.view.id
                await in_thread(
                    lambda: self._seat.desk.person.keep_case(
                        proposal, name, arguments, expected, code=tried.code
                    )
                )
                self._has_kept = True
                field = self.query_one("#name", Input)
                field.value, field.display = "", False
                self.query_one("#arguments", TextArea).focus()
                banner.say("Kept. Change the arguments for another one, or leave.", tone="good")

    # --- going --------------------------------------------------------------------------------

    def action_turn(self) -> None:
        """Go from the arguments to the result, or back."""
        area = self.query_one("#arguments", TextArea)
        (self.query_one("#result", Paper) if area.has_focus else area).focus()

    def action_leave(self) -> None:
        """Leave; out of the name first."""
        field = self.query_one("#name", Input)
        if field.display:
            field.display = False
            self.query_one("#arguments", TextArea).focus()
        else:
            self.dismiss(self._has_kept)


def read_arguments(text: str) -> JsonObject:
    """Read what was typed as the arguments of a call.

    Raises:
        ValueError: It is not a JSON object; says where.
    """
    if len(text) > LONGEST:
        raise ValueError(f"Arguments have at most {LONGEST:,} characters.")
    try:
        found: Json = json.loads(text or "{}", parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise ValueError("It is nested too deep.") from None
    if not isinstance(found, dict):
        raise ValueError('Arguments are an object: {"name": value}.')  # noqa: TRY004 - of the text
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")


def example(reading: Reading) -> str:
    """Write arguments to begin with: the specification's first example, else one of its schema."""
    shown = reading.review.shown
    if shown is None:
        return "{}"
    found = _first_example(shown.files) or _of_schema(shown.manifest.definition.input_schema)
    return visible(json.dumps(found, indent=2, ensure_ascii=False))


def _first_example(files: Mapping[str, bytes]) -> JsonObject:
    try:
        spec = parse_spec(files["tool.toml"].decode("utf-8"))
    except (KeyError, UnicodeDecodeError, ReviewError):
        return {}
    return dict(spec.examples[0].arguments) if spec.examples else {}


def _of_schema(schema: JsonObject) -> JsonObject:
    members, required = schema.get("properties"), schema.get("required")
    needed = required if isinstance(required, list) else []
    found: JsonObject = {}
    for name, said in (members if isinstance(members, dict) else JsonObject()).items():
        if name in needed:
            found[name] = _some(said if isinstance(said, dict) else {})
    return found


def _some(schema: JsonObject) -> Json:
    """Make up the plainest value of a type."""
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return choices[0]
    plain: dict[str, Json] = {
        "string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {},
    }  # fmt: skip
    kind = schema.get("type")
    return plain.get(kind) if isinstance(kind, str) else None


def outcome(tried: TryView) -> list[Block]:
    """Write what came of it."""
    return [
        Block("What it gave", is_heading=True),
        *_gave(tried),
        *_did(tried),
        *_logged(tried),
    ]


def _gave(tried: TryView) -> Iterator[Block]:
    is_good = tried.status == "succeeded"
    took = f"{tried.duration_ms:g} ms"
    walls = f", walls {one_line(tried.tier)}" if tried.tier else ""
    tone = "good" if is_good else "bad" if tried.status == "failed" else "unsure"
    yield Block(f"{one_line(tried.status)}, {took}{walls}", "status", tone)
    if tried.code or tried.message:
        yield Block(one_line(f"{tried.code}: {tried.message}", 2000), "why", "bad")
    if is_good or tried.result is not None:
        text = json.dumps(tried.result, indent=2, ensure_ascii=False)
        yield Block(visible(text[:20_000]), "result")


def _did(tried: TryView) -> Iterator[Block]:
    yield Block("What it did, and tried to do", is_heading=True)
    undeclared = set(tried.undeclared)
    for one in tried.effects[:MOST_LINES]:
        is_bad = one in undeclared
        label = "undeclared" if is_bad else "did"
        yield Block(one_line(one, 600), label, "bad" if is_bad else "plain")
    for one in tried.undeclared:
        if one not in tried.effects:
            yield Block(one_line(one, 600), "undeclared", "bad")
    if not tried.effects and not undeclared:
        yield Block("nothing but compute", tone="quiet")
    if len(tried.effects) > MOST_LINES:
        yield Block(f"and {len(tried.effects) - MOST_LINES} more", tone="unsure")


def _logged(tried: TryView) -> Iterator[Block]:
    if tried.log:
        yield Block("What it logged", is_heading=True)
    for one in tried.log[:MOST_LINES]:
        yield Block(one_line(in_json(one), 600), "", "quiet")
    if len(tried.log) > MOST_LINES:
        yield Block(f"and {len(tried.log) - MOST_LINES} more", tone="unsure")


def _can_be_kept(tried: TryView) -> bool:
    return tried.status in ("succeeded", "failed")
