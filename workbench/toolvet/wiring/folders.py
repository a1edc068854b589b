"""The folders of a home that are looked after while it is served: inbox, catalogue, packages."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from toolvet.engine import environments
from toolvet.engine.catalogue_files import KeptCatalogue
from toolvet.engine.inbox import Inbox
from toolvet.engine.services import Services

GRACE_S = 10.0
"""How long the one item in hand may take when the service ends; it is taken up again otherwise."""


@asynccontextmanager
async def folders(services: Services) -> AsyncGenerator[None]:
    """Look after the folders for as long as the block runs; what is begun then is finished."""
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # a line for each file otherwise
    workers = [
        asyncio.create_task(KeptCatalogue(services).run(), name="catalogue"),
        asyncio.create_task(Inbox(services).run(), name="inbox"),
        asyncio.create_task(environments.run(services), name="environments"),
    ]
    try:
        yield
    finally:
        services.stopping.set()
        services.feed.end()
        _, late = await asyncio.wait(workers, timeout=GRACE_S)
        for worker in late:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
