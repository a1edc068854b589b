"""Whose call runs next."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from toolvet.errors import BusyError
from toolvet.sandbox import turns
from toolvet.sandbox.turns import Turns

PATIENCE_S = 30.0


class Stage:
    """Calls that run until they are told to end, and the order in which they began."""

    def __init__(self, places: int, places_of_tool: int) -> None:
        self.turns = Turns(places, places_of_tool)
        self.began: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def arrive(self, *names: str, patience_s: float = PATIENCE_S) -> None:
        """Let calls come, named `tool` or `tool:caller` or `tool:caller:number`."""
        for name in names:
            self.ends[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._call(name, patience_s))
            await asyncio.sleep(0)

    async def end(self, *names: str) -> None:
        """Let calls come to their end."""
        for name in names:
            self.ends[name].set()
            await self.tasks[name]
            await asyncio.sleep(0)

    async def _call(self, name: str, patience_s: float) -> None:
        tool, _, rest = name.partition(":")
        async with self.turns.turn(tool, rest.partition(":")[0], patience_s):
            self.began.append(name)
            await self.ends[name].wait()


def play(work: Coroutine[Any, Any, None]) -> None:
    async def within() -> None:
        async with asyncio.timeout(20):
            await work

    asyncio.run(within())


def test_a_tool_has_its_share_of_the_places_and_leaves_the_rest_to_others() -> None:
    async def test() -> None:
        stage = Stage(places=4, places_of_tool=2)
        await stage.arrive("slow:a:1", "slow:a:2", "slow:a:3", "quick:b")

        assert stage.began == ["slow:a:1", "slow:a:2", "quick:b"]

        await stage.end("slow:a:1")
        assert stage.began[-1] == "slow:a:3"
        await stage.end("slow:a:2", "slow:a:3", "quick:b")

    play(test())


def test_tools_take_turns_however_many_calls_one_of_them_has_waiting() -> None:
    async def test() -> None:
        stage = Stage(places=1, places_of_tool=1)
        await stage.arrive("one", "many::1", "many::2", "many::3", "few::1", "other::1")

        for name in ("one", "many::1", "few::1", "other::1", "many::2", "many::3"):
            await stage.end(name)
        assert stage.began == ["one", "many::1", "few::1", "other::1", "many::2", "many::3"]

    play(test())


def test_callers_of_one_tool_take_turns() -> None:
    async def test() -> None:
        stage = Stage(places=1, places_of_tool=1)
        await stage.arrive("t:greedy:0", "t:greedy:1", "t:greedy:2", "t:modest:1", "t:shy:1")

        for name in ("t:greedy:0", "t:greedy:1", "t:modest:1", "t:shy:1", "t:greedy:2"):
            await stage.end(name)
        assert stage.began[1:] == ["t:greedy:1", "t:modest:1", "t:shy:1", "t:greedy:2"]

    play(test())


def test_a_call_that_waited_long_enough_is_sent_away_and_takes_no_place() -> None:
    async def test() -> None:
        stage = Stage(places=1, places_of_tool=1)
        await stage.arrive("t:a")
        await stage.arrive("t:b", patience_s=0.01)
        with pytest.raises(BusyError) as refused:
            await stage.tasks["t:b"]
        assert refused.value.code == "call.busy"
        assert refused.value.retry_after_s

        await stage.arrive("t:c")
        await stage.end("t:a", "t:c")
        assert stage.began == ["t:a", "t:c"]

    play(test())


def test_a_call_that_is_cancelled_while_it_waits_leaves_the_line() -> None:
    async def test() -> None:
        stage = Stage(places=1, places_of_tool=1)
        await stage.arrive("t:a", "t:b", "t:c")
        stage.tasks["t:b"].cancel()
        with pytest.raises(asyncio.CancelledError):
            await stage.tasks["t:b"]

        await stage.end("t:a", "t:c")
        assert stage.began == ["t:a", "t:c"]
        assert stage.turns.waiting == 0

    play(test())


def test_a_call_that_is_cancelled_in_the_moment_of_its_turn_gives_the_place_on() -> None:
    async def test() -> None:
        stage = Stage(places=1, places_of_tool=1)
        await stage.arrive("t:a", "t:b", "t:c")
        stage.ends["t:a"].set()
        await asyncio.sleep(0)  # a's place is b's now, who has not heard of it
        stage.tasks["t:b"].cancel()
        await asyncio.wait([stage.tasks["t:b"]])
        await asyncio.sleep(0)

        assert stage.began == ["t:a", "t:c"]
        await stage.end("t:c")

    play(test())


def test_a_line_that_is_too_long_lets_nobody_join(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_LINE", 1)

    async def test() -> None:
        stage = Stage(places=1, places_of_tool=1)
        await stage.arrive("t:a", "t:b", "t:c")
        with pytest.raises(BusyError):
            await stage.tasks["t:c"]
        await stage.arrive("other:a")
        await stage.end("t:a", "t:b", "other:a")

    play(test())


def test_no_place_is_lost_whatever_happens() -> None:
    async def test() -> None:
        held = Turns(3, 2)
        running = most = 0

        async def call(number: int) -> None:
            nonlocal running, most
            async with held.turn(number % 4, str(number % 3), PATIENCE_S):
                running += 1
                most = max(most, running)
                try:
                    await asyncio.sleep(0)
                finally:
                    running -= 1

        tasks = [asyncio.create_task(call(number)) for number in range(60)]
        await asyncio.sleep(0)
        for task in tasks[::7]:
            task.cancel()
        await asyncio.wait(tasks)

        assert (running, most, held.waiting) == (0, 3, 0)
        async with held.turn("a", "", 0.1), held.turn("a", "", 0.1), held.turn("b", "", 0.1):
            pass

    play(test())
