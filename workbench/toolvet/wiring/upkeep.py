"""What looks after the queue while a home is served: its upkeep, and the messages to the webhook."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from toolvet.config import Paths
from toolvet.engine import tell, webhook
from toolvet.engine.services import Services
from toolvet.engine.upkeep import Upkeep
from toolvet.engine.webhook import Target
from toolvet.errors import StorageError

_log = logging.getLogger(__name__)

GRACE_S = 10.0
LOOK_S = 2.0
"""How long a message waits before somebody looks whether there is one."""


@asynccontextmanager
async def upkeep(services: Services, address: str) -> AsyncGenerator[None]:
    """Look after the queue for as long as the block runs.

    Args:
        address: Of the webhook; empty for none.

    Raises:
        WebhookError: Messages cannot go there.
    """
    to = target_of(address, services.paths)
    await services.store.write(lambda unit: tell.switch(unit, on=to is not None))
    keeper = Upkeep(services)
    services.standing.on_change(keeper.changed)
    workers = [asyncio.create_task(keeper.run(), name="upkeep")]
    if to is not None:
        workers.append(asyncio.create_task(_send(services, to), name="webhook"))
    try:
        yield
    finally:
        services.stopping.set()
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers, timeout=GRACE_S)


def target_of(address: str, paths: Paths) -> Target | None:
    """Read where messages go; None for nowhere.

    Raises:
        WebhookError: The address, or the key in the home, is none.
    """
    return webhook.target(address, paths.webhook_key) if address else None


async def _send(services: Services, to: Target) -> None:
    while not services.stopping.is_set():
        try:
            await webhook.send_due(services, to)
        except StorageError as error:
            _log.warning("messages to the webhook wait: %s", error)
        try:
            async with asyncio.timeout(LOOK_S):
                await services.stopping.wait()
        except TimeoutError:
            continue
