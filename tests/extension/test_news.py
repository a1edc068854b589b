"""That something happened reaches open pages at once, without saying what."""

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue
from typing import Any

from at_jupyter import ADD_SOURCE, Desk, JupyterServer
from jupyter_events import EventLogger
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from toolvet.client import autostart
from toolvet.config import Settings
from toolvet_jupyter.following import Follower
from toolvet_jupyter.news import SCHEMA, News
from toolvet_jupyter.wire import EVENTS, LogGrew

WAIT_S = 60.0


class Loop:
    """Stands in for the event loop: keeps what is to be called later until a test calls it."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def later(self, _: float, tell: Callable[[], None]) -> None:
        self.waiting.append(tell)

    def turn(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


def news_into(told: list[dict[str, Any]], loop: Loop, folder: Path) -> News:
    """Make news that nobody follows a service for."""
    nowhere = Settings(home=folder / "home", config_dir=folder / "config")

    def emit(*, schema_id: str, data: dict[str, Any]) -> None:
        assert schema_id == EVENTS
        told.append(data)

    return News(nowhere, emit, loop.later)


def until(heard: "Queue[LogGrew]", wanted: Callable[[LogGrew], bool]) -> LogGrew:
    while True:
        found = heard.get(timeout=WAIT_S)
        if wanted(found):
            return found


def test_news_that_come_together_are_told_as_one(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    loop = Loop()
    news = news_into(told, loop, tmp_path)

    news.hear(LogGrew(7, connected=True, kinds=("proposal:submit",)))
    news.hear(LogGrew(9, connected=True, kinds=("vote:approve", "release:publish"), catalogue=True))
    loop.turn()

    kinds = ["proposal:submit", "release:publish", "vote:approve"]
    assert told == [{"index": 9, "connected": True, "kinds": kinds, "catalogue": True}]


def test_that_anything_may_have_happened_is_not_forgotten(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    loop = Loop()
    news = news_into(told, loop, tmp_path)

    news.hear(LogGrew(7, connected=True))
    news.hear(LogGrew(8, connected=True, kinds=("comment:add",)))
    loop.turn()

    assert [one["kinds"] for one in told] == [[]]


def test_calls_of_tools_are_no_news(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    loop = Loop()
    news = news_into(told, loop, tmp_path)

    news.hear(LogGrew(7, connected=True, kinds=("call:run",)))
    loop.turn()

    assert told == []


def test_each_piece_of_news_fits_its_schema(tmp_path: Path) -> None:
    events = EventLogger()
    events.register_event_schema(SCHEMA)
    told: list[dict[str, Any]] = []

    async def hear(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        told.append(data)

    async def emit() -> None:
        loop = Loop()
        news = News(Settings(home=tmp_path, config_dir=tmp_path), events.emit, loop.later)
        events.add_listener(schema_id=EVENTS, listener=hear)
        news.hear(LogGrew(3, connected=True, kinds=("proposal:submit",)))
        loop.turn()
        await events.gather_listeners()

    asyncio.run(emit())

    assert [one["index"] for one in told] == [3]


def test_a_follower_hears_what_happens_and_ends_when_it_is_told(desk: Desk) -> None:
    heard: Queue[LogGrew] = Queue()
    desk.connect().close()
    follower = Follower(desk.settings, heard.put)
    follower.start()
    try:
        until(heard, lambda news: news.connected)
        view = desk.submit(ADD_SOURCE.replace("add_pair", "followed"))
        news = until(heard, lambda news: "proposal:submit" in news.kinds)
    finally:
        follower.stop()

    assert news.index > 0
    assert view.id not in json.dumps([news.kinds])
    assert "toolvet-events" not in [thread.name for thread in threading.enumerate()]


def test_a_follower_says_that_the_service_is_gone_and_finds_it_again(desk: Desk) -> None:
    heard: Queue[LogGrew] = Queue()
    desk.connect().close()
    follower = Follower(desk.settings, heard.put)
    follower.start()
    try:
        until(heard, lambda news: news.connected)
        autostart.stop(desk.settings)
        gone = until(heard, lambda news: not news.connected)
        autostart.ensure_running(desk.settings)
        back = until(heard, lambda news: news.connected)
    finally:
        follower.stop()

    assert (gone.index, gone.kinds) == (0, ())
    assert back.index > 0


def test_a_follower_of_a_service_that_never_was_ends_too(tmp_path: Path) -> None:
    follower = Follower(
        Settings(home=tmp_path / "none", config_dir=tmp_path / "config"), lambda _: None
    )
    follower.start()

    follower.stop()

    assert not (tmp_path / "none").exists()


def test_a_page_hears_on_jupyters_own_event_stream(server: JupyterServer, desk: Desk) -> None:
    async def listen() -> dict[str, Any]:
        url = f"{server.url.replace('http', 'ws')}/api/events/subscribe"
        headers = {"Authorization": f"token {server.token}"}
        socket = await websocket_connect(HTTPRequest(url, headers=headers))
        try:
            await asyncio.to_thread(server.ask, "toolvet/queue")  # from now on it follows
            await _event(socket, lambda event: event["connected"] and not event["kinds"])
            await asyncio.to_thread(desk.submit, ADD_SOURCE.replace("add_pair", "heard_by_page"))
            return await _event(socket, lambda event: "proposal:submit" in event["kinds"])
        finally:
            socket.close()

    event = asyncio.run(listen())

    mine = {name for name in event if name != "schema_id"}
    assert mine == {"index", "connected", "kinds", "catalogue"}
    assert "heard_by_page" not in json.dumps(event)


async def _event(
    socket: WebSocketClientConnection, wanted: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    while True:
        async with asyncio.timeout(WAIT_S):
            message = await socket.read_message()
        if message is None:
            raise AssertionError("the event stream ended")
        event: dict[str, Any] = json.loads(message)
        if event.get("schema_id") == EVENTS and wanted(event):
            return event
