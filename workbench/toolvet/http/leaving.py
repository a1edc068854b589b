"""Work that ends when whoever asked for it goes away."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from fastapi import Request

T = TypeVar("T")


class ClientLeftError(Exception):
    """The client closed its connection; nobody is left to answer."""


async def unless_client_leaves(request: Request, work: Coroutine[None, None, T]) -> T:
    """Do a request's work, cancelled when its client closes the connection.

    Args:
        request: Its body has been read.
        work: What to do.

    Raises:
        ClientLeftError: The client is gone, and so is the work.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
            await asyncio.wait((working,))
            if working.cancelled():
                raise ClientLeftError
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
