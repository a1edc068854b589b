"""The quota of draft calls counts what was called before a restart."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from furniture import Furnished

from toolvet.config import now, stamp, uuid7
from toolvet.engine import draft
from toolvet.engine.services import Services
from toolvet.errors import BusyError
from toolvet.storage import Unit
from toolvet.storage.rows import DraftRow
from toolvet_reviews import drafts


async def pour(services: Services, author: str, count: int, hours_ago: int) -> None:
    """Let an author have made draft calls."""
    at = stamp(now() - timedelta(hours=hours_ago))

    def add(unit: Unit) -> None:
        for _ in range(count):
            unit.drafts.save(DraftRow(uuid7(), 1, 1, "", author, at, 60.0, "gone", "succeeded"))

    await services.store.write(add)


def test_a_hundred_calls_a_day_and_a_restart_forgets_none(
    open_copy: Any, tmp_path: Path, furnished: Furnished
) -> None:
    most, asked = drafts.MAX_CALLS, {"first": 1, "second": 2}

    async def play() -> None:
        async with open_copy(tmp_path) as home:
            bot = home.members["bot"]
            revision = (await home.verdict(furnished.proposals["multiply"])).revision_digest
            await pour(home.services, bot.id, most - 1, 23)
            await pour(home.services, bot.id, 50, 25)
            await draft.draft(home.services, await home.caller(bot), revision, asked)
        async with open_copy(tmp_path) as home:
            bot = home.members["bot"]
            with pytest.raises(BusyError) as refused:
                await draft.draft(home.services, await home.caller(bot), revision, asked)
            assert refused.value.code == "draft.quota"
            assert 3500 < (refused.value.retry_after_s or 0) < 3601
            services: Services = replace(
                home.services, clock=lambda: now() + timedelta(hours=1, seconds=5)
            )
            caller = await home.caller(bot)
            later = await draft.draft(services, caller, revision, asked)
            assert later.result == 2

    asyncio.run(play())
