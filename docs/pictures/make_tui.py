"""Draw `docs/pictures/tui-*.svg`: the screens of the terminal app, dark and light.

The people and tools are canned (`tests/canned_served.py`): the pictures are the same in every run.
"""

import asyncio
import re
import sys
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

from at_screen import Person, seated  # noqa: E402
from canned_desk import NOW, ago  # noqa: E402
from canned_served import ServedDesk, proof  # noqa: E402

from toolvet.client import proof as proving  # noqa: E402
from toolvet.client.client import Client  # noqa: E402
from toolvet.client.proof import Proof  # noqa: E402
from toolvet_reviews.review_views import Anchor, ReviewState, Said, ThreadView  # noqa: E402
from toolvet_reviews.views import ServiceView  # noqa: E402
from toolvet_tui.history_decision import DecisionScreen  # noqa: E402
from toolvet_tui.options import Options  # noqa: E402
from toolvet_tui.quick_screen import QuickScreen  # noqa: E402

SIZE = (100, 30)
THEMES = {"dark": "textual-dark", "light": "textual-light"}
_ELSEWHERE = re.compile(r"\s*@font-face \{.*?\}|<!--.*?-->", re.DOTALL)


async def main() -> None:
    """Draw them all."""
    proving.check = _canned_proof
    for name, theme in THEMES.items():
        options = Options(theme=theme, clock=lambda: NOW)
        async with seated(_desk(), size=SIZE, options=options) as person:
            await draw(person, f"tui-queue-{name}")
            await quick(person, name)
            await back(person, name)
            await review(person, name)


async def review(person: Person, name: str) -> None:
    """Draw a review: summary, diff, threads, and the question before a signature."""
    await person.opens("P-12")
    await draw(person, f"tui-review-{name}")
    await person.press("2")
    await draw(person, f"tui-code-{name}")
    await person.press("8")
    await draw(person, f"tui-threads-{name}")
    await person.press("a")
    await person.until(lambda: person.question == "ApproveDialog")
    await draw(person, f"tui-approve-{name}", idle=False)


async def quick(person: Person, name: str) -> None:
    """Draw the quick mode."""
    await person.press("Q")
    if isinstance(person.app.screen, QuickScreen):
        await draw(person, f"tui-quick-{name}")
        await person.press("escape")
    await person.press("f9")


async def back(person: Person, name: str) -> None:
    """Draw history, a decision with its proof, and tools."""
    for key, what in (("f3", "history"), ("f4", "tools")):
        await person.press(key)
        await person.until(lambda: getattr(person.app.screen, "is_read", False))
        await draw(person, f"tui-{what}-{name}")
    await person.press("f3", "j", "j", "enter")
    await person.until(lambda: isinstance(person.app.screen, DecisionScreen))
    await person.until(lambda: getattr(person.app.screen, "proof", None) is not None)
    await draw(person, f"tui-decision-{name}")
    await person.press("f9")


def _desk() -> ServedDesk:
    """Furnish a desk with something for the quick mode, and a conversation."""
    desk = ServedDesk()
    desk.items = [replace(one, low_risk=one.id == "P-14") for one in desk.items]
    asked = Said("s1", "ada", "p", "human", "Who may choose this host?", ago(minutes=50), 1)
    answer = Said(
        "s2", "claude", "a", "agent", "Named in the source now.", ago(minutes=40), 2, kind="answer"
    )
    place = Anchor("line", "send_reminders.py", 18, 18)
    desk.canned.keep(
        ReviewState(
            "P-12",
            threads=(
                ThreadView(
                    "t1", place, 1, place, "here", blocking=True, resolved=False,
                    said=(asked, answer),
                ),
            ),
        )
    )  # fmt: skip
    return desk


def _canned_proof(client: Client, service: ServiceView, index: int) -> Proof:
    return proof(index)


def _is_idle(person: Person) -> bool:
    return all(worker.is_finished for worker in person.app.workers)


async def draw(person: Person, name: str, *, idle: bool = True) -> None:
    """Write what is on the screen; nothing in the file points to another host."""
    await person.until(lambda: not idle or _is_idle(person))
    drawn = person.app.export_screenshot(title="toolvet tui")
    (HERE / f"{name}.svg").write_text(_ELSEWHERE.sub("", drawn), encoding="utf-8")


asyncio.run(main())
