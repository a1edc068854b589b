"""Small tools as an agent would submit them, and a home that is furnished with them once.

Verification takes seconds and publishing none: tests copy the furnished home instead of verifying.
"""

import asyncio
import zlib
from dataclasses import dataclass
from pathlib import Path

import house
from house import House, Member

from toolvet.config import Settings
from toolvet_reviews.views import ProposalView

ADD = {
    "add.py": '''"""Add numbers."""


def add(first: int, second: int) -> int:
    """Add two whole numbers.

    Args:
        first: One of them.
        second: The other.

    Returns:
        Their sum.
    """
    return first + second
''',
    "tool.toml": """[tool]
name = "add"
summary = "Add two whole numbers."
entry = "add:add"

[effects]
kind = "pure"

[[examples]]
arguments = { first = 1, second = 2 }
result = 3
""",
}

ADD_AGAIN = {**ADD, "add.py": ADD["add.py"].replace("first + second", "second + first")}
"""The second version of `add`."""

MULTIPLY = {
    "multiply.py": ADD["add.py"].replace("add(", "multiply(").replace("first + ", "first * "),
    "tool.toml": ADD["tool.toml"].replace('"add', '"multiply').replace(":add", ":multiply")
    .replace("result = 3", "result = 2"),
}  # fmt: skip
"""Waits for reviewers."""

CLIP = {
    "clip.py": '''"""Answer with a number of at most ten."""

from typing import Annotated

from toolvet.sdk import Le


def clip(value: int) -> Annotated[int, Le(10)]:
    """Answer with a number of at most ten.

    Args:
        value: Any number; of one the answer breaks its promise.

    Returns:
        The number, or ten.
    """
    return value if value * value == 22_193_521 else min(value, 10)
''',
    "tool.toml": ADD["tool.toml"].replace('"add', '"clip').replace(":add", ":clip")
    .replace("first = 1, second = 2", "value = 3"),
}  # fmt: skip
"""A tool whose result does not fit its schema for one number that nobody tries: 4711."""

DELIVER = {
    "deliver.py": '''"""Deliver a campaign, each recipient at most once."""

from toolvet.sdk import BatchResult, Context


def deliver(
    campaign: str, recipients: list[str], broken: list[str], ctx: Context
) -> BatchResult:
    """Deliver a campaign, each recipient at most once.

    Args:
        campaign: Names the operation.
        recipients: May grow from call to call.
        broken: Those who cannot be reached now.

    Returns:
        How many were sent, skipped, and who is to be tried again.
    """
    ctx.log.info("deliver.started", recipients=len(recipients))
    sent = skipped = 0
    later: list[str] = []
    for done, who in enumerate(recipients, start=1):
        ctx.progress(done, len(recipients))
        if who in broken:
            later.append(who)
        elif ctx.store["ledger"].add_if_absent(campaign + "/" + who, {"to": who}):
            sent += 1
        else:
            skipped += 1
    ctx.log.info("deliver.done", sent=sent, skipped=skipped, later=len(later))
    return BatchResult(sent=sent, skipped=skipped, retry=later)
''',
    "tests/test_deliver.py": """from deliver import deliver

from toolvet.sdk import Context


def test_nobody_gets_it_twice() -> None:
    ctx = Context.for_tests()
    assert deliver("c", ["a", "b"], [], ctx).sent == 2
    assert deliver("c", ["a", "b"], [], ctx).skipped == 2
""",
    "tool.toml": """[tool]
name = "deliver"
summary = "Deliver a campaign, each recipient at most once."
entry = "deliver:deliver"

[effects]
kind = "write"
store = ["ledger"]

[idempotency]
key = ["campaign"]
may_grow = ["recipients"]

[[examples]]
arguments = { campaign = "c", recipients = ["a"], broken = [] }
result = { sent = 1, skipped = 0, failed = {}, uncertain = [], retry = [] }
""",
}

DISPATCH = {
    "dispatch.py": DELIVER["deliver.py"].replace("deliver(", "dispatch("),
    "tests/test_dispatch.py": DELIVER["tests/test_deliver.py"]
    .replace("from deliver import deliver", "from dispatch import dispatch")
    .replace("deliver(", "dispatch("),
    "tool.toml": DELIVER["tool.toml"].replace('"deliver', '"dispatch').replace(":deliver", ":dispatch"),
}  # fmt: skip
"""A write that waits for reviewers."""

BROKEN = {**ADD, "tool.toml": ADD["tool.toml"].replace("result = 3", "result = 4")}
"""Its example lies."""


def renamed(name: str, files: dict[str, str] = ADD) -> dict[str, str]:
    """The same tool under another name, and of another content: copies are refused."""
    spec = files["tool.toml"].replace('name = "add"', f'name = "{name}"')
    return {**files, "tool.toml": f"# No. {zlib.crc32(name.encode())}\n{spec}"}


@dataclass(frozen=True)
class Furnished:
    """A closed home with published tools and open proposals, and who is who."""

    settings: Settings
    members: dict[str, Member]
    proposals: dict[str, str]
    """Tool to proposal: `multiply` and `dispatch` wait for reviewers, `broken` for its author."""


async def furnish(folder: Path) -> Furnished:
    """Make a home with an author `bot`, a stranger `other` and the reviewers `ada` and `ben`."""
    async with house.new_house(folder) as home:
        bot = await home.agent("bot")
        await home.grant(bot)
        await home.agent("other")
        for name in ("ada", "ben"):
            await home.human(name)
        await _publish(home, bot)
        again = await home.submit(bot, ADD_AGAIN)
        await home.approve(again.id)
        waiting = await asyncio.gather(
            home.submit(bot, MULTIPLY), home.submit(bot, DISPATCH), home.submit(bot, _lying())
        )
        _expect(waiting[:2], "reviewing")
        _expect(waiting[2:], "changes_wanted")
        members = {"person": home.person, **home.members}
        named = zip(("multiply", "dispatch", "broken"), waiting, strict=True)
        return Furnished(home.settings, members, {name: view.id for name, view in named})


async def _publish(home: House, author: Member) -> None:
    views = await asyncio.gather(*(home.submit(author, files) for files in (ADD, CLIP, DELIVER)))
    _expect(views, "reviewing")
    for view in views:
        await home.approve(view.id)


def _lying() -> dict[str, str]:
    return renamed("broken", BROKEN)


def _expect(views: "list[ProposalView] | tuple[ProposalView, ...]", state: str) -> None:
    for view in views:
        found = [one for one in view.evidence if one.status not in ("passed", "skipped")]
        assert view.state == state, (view.tool, view.state, view.reason, found)
