"""Draw `docs/pictures/tui-*.svg`: queue and review of the terminal app, dark and light.

The people and tools are canned (`tests/canned_desk.py`): the pictures are the same in every run.
"""

import asyncio
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

from at_screen import Person, seated  # noqa: E402
from canned_desk import NOW, CannedDesk  # noqa: E402

from toolvet_tui.options import Options  # noqa: E402

SIZE = (100, 30)
THEMES = {"dark": "textual-dark", "light": "textual-light"}
_ELSEWHERE = re.compile(r"\s*@font-face \{.*?\}|<!--.*?-->", re.DOTALL)


async def main() -> None:
    """Draw them all."""
    for name, theme in THEMES.items():
        options = Options(theme=theme, clock=lambda: NOW)
        async with seated(CannedDesk(), size=SIZE, options=options) as person:
            await draw(person, f"tui-queue-{name}")
            await person.opens("P-12")
            await draw(person, f"tui-review-{name}")
            await person.press("2")
            await person.until(lambda: not person.app.workers or _is_idle(person))
            await draw(person, f"tui-code-{name}")
            await person.press("a")
            await person.until(lambda: person.question == "ApproveDialog")
            await draw(person, f"tui-approve-{name}")


def _is_idle(person: Person) -> bool:
    return all(worker.is_finished for worker in person.app.workers)


async def draw(person: Person, name: str) -> None:
    """Write what is on the screen; nothing in the file points to another host."""
    await person.pilot.pause()
    drawn = person.app.export_screenshot(title="toolvet tui")
    (HERE / f"{name}.svg").write_text(_ELSEWHERE.sub("", drawn), encoding="utf-8")


asyncio.run(main())
