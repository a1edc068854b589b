"""2,000 publications and rollbacks under 8 listing clients: no list torn, none too old.

Each act changes one of four tools. A list must be one of the states the catalogue went through, and
none that was over when the list was asked for.
"""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from bench.inside import Inside, open_inside
from bench.row import Row, held
from bench.stage import Stage, mcp_client, run
from starlette.applications import Starlette

from toolvet.mcp.endpoint import create_mcp

ACTS = 2000
CLIENTS = 8
PAUSE_S = 0.03
"""Between two lists of a client: clients and service share one process here."""
TOOLS = ("spring", "summer", "autumn", "winter")

State = dict[str, str]
"""Tool to release digest."""


@dataclass
class History:
    """Every state in order; the last one may still be on its way to the log."""

    states: list[State] = field(default_factory=list[State])
    done: int = 0
    """States that were committed and answered for."""


@dataclass
class Tally:
    """What the clients found."""

    lists: int = 0
    torn: int = 0
    old: int = 0


def rows(stage: Stage) -> list[Row]:
    """Run the storm in a home of its own."""
    tally, seconds = run(_storm(stage))
    return [
        held(f"torn lists in {ACTS} publishes and rollbacks", tally.torn, "lists", 0),
        held("lists older than the index at their beginning", tally.old, "lists", 0),
        Row("lists read meanwhile", tally.lists, "lists"),
        Row("publishes and rollbacks", round(ACTS / seconds, 1), "acts/s"),
    ]


async def _storm(stage: Stage) -> tuple[Tally, float]:
    async with open_inside(stage.folder / "storm") as inside, _serving(inside) as url:
        history, tally = History(), Tally()
        stop = asyncio.Event()
        for number, name in enumerate(TOOLS):
            digest = await inside.publish(name, number)
            history.states.append({**(history.states[-1] if history.states else {}), name: digest})
        history.done = len(history.states)
        clients = [
            asyncio.create_task(_listen(inside, url, history, tally, stop)) for _ in range(CLIENTS)
        ]
        started = time.perf_counter()
        try:
            await _act(inside, history)
        finally:
            stop.set()
            await asyncio.gather(*clients)
        return tally, time.perf_counter() - started


async def _act(inside: Inside, history: History) -> None:
    """Publish, and roll every second publication back."""
    for number in range(ACTS // 2):
        name = TOOLS[number % len(TOOLS)]
        before = history.states[-1]
        digest = await _publish(inside, history, name, 1000 + number)
        history.states.append({**before})
        await inside.roll_back(name, before[name], digest)
        history.done = len(history.states)


async def _publish(inside: Inside, history: History, name: str, number: int) -> str:
    # The digest is known only when the vote is through: a list that has it meanwhile is judged
    # by its description, which says which publication it is.
    history.states.append({**history.states[-1], name: f"Number {number} of {name}."})
    digest = await inside.publish(name, number)
    history.states[-1][name] = digest
    history.done = len(history.states)
    return digest


async def _listen(
    inside: Inside, url: str, history: History, tally: Tally, stop: asyncio.Event
) -> None:
    async with mcp_client(url, inside.agent_token) as client:
        while not stop.is_set():
            since, index = history.done - 1, inside.services.catalogue.snapshot.index
            page = await client.session.list_tools()
            tally.lists += 1
            seen = {tool.name: tool for tool in page.tools if tool.name in TOOLS}
            digests = {
                name: str((tool.meta or {}).get("dev.toolvet/release", ""))
                for name, tool in seen.items()
            }
            words = {name: tool.description or "" for name, tool in seen.items()}
            if not _one_of(history, digests, words, since):
                tally.old += _one_of(history, digests, words, 0)
                tally.torn += not _one_of(history, digests, words, 0)
            tally.old += int((page.meta or {}).get("dev.toolvet/index", -1)) < index
            await asyncio.sleep(PAUSE_S)


def _one_of(history: History, digests: State, words: State, since: int) -> bool:
    return any(
        state.keys() == digests.keys()
        and all(value in (digests[name], words[name]) for name, value in state.items())
        for state in history.states[max(since, 0) :]
    )


@asynccontextmanager
async def _serving(inside: Inside) -> AsyncGenerator[str]:
    endpoint = create_mcp(inside.services)
    app = Starlette(routes=[endpoint.route], lifespan=lambda _app: endpoint.lifespan())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.should_exit = True
        await serving
