"""Work that ends when its client closes the connection."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from fastapi import Request
from starlette.types import Message

from toolvet.errors import ConflictError
from toolvet.http.leaving import ClientLeftError, unless_client_leaves


class Client:
    """What a server tells of a client: its body, and in the end that it left."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self.request = Request({"type": "http"}, self._messages.get)

    def leave(self) -> None:
        """Close the connection."""
        self._messages.put_nowait({"type": "http.disconnect"})


def run(work: Coroutine[Any, Any, None]) -> None:
    async def within() -> None:
        async with asyncio.timeout(10):
            await work

    asyncio.run(within())


def test_the_work_of_a_client_that_leaves_is_cancelled_and_over_before_anybody_goes_on() -> None:
    async def test() -> None:
        client, steps = Client(), [""]

        async def work() -> None:
            client.leave()
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                steps.append("cleaned up")

        with pytest.raises(ClientLeftError):
            await unless_client_leaves(client.request, work())
        assert steps[-1] == "cleaned up"

    run(test())


def test_a_client_that_stays_gets_the_result() -> None:
    async def test() -> None:
        assert await unless_client_leaves(Client().request, asyncio.sleep(0, "done")) == "done"

    run(test())


def test_an_error_of_the_work_goes_to_who_asked() -> None:
    async def work() -> None:
        raise ConflictError("somebody was faster")

    async def test() -> None:
        with pytest.raises(ConflictError):
            await unless_client_leaves(Client().request, work())

    run(test())


def test_whoever_is_cancelled_takes_the_work_along() -> None:
    async def test() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def work() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        handler = asyncio.create_task(unless_client_leaves(Client().request, work()))
        await begun.wait()
        handler.cancel()
        await ended.wait()

    run(test())
