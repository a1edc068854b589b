"""One call, seen from outside: send the request, serve the host, keep the caps, end it for sure."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Coroutine, Sequence

from toolvet.errors import KNOWN
from toolvet.sandbox import listeners
from toolvet.sandbox.errors import ListenersError
from toolvet.sandbox.frames import FrameError, FrameReader, encode, is_dear, parse, parse_aside
from toolvet.sandbox.model import CallStatus, Endpoint, Host, Limits, Network, Outcome, Raised
from toolvet.sandbox.zygotes import Child
from toolvet_reviews.values import Json, JsonObject, Tier

_log = logging.getLogger(__name__)

_CHUNK = 1 << 16
_HOST_FRAME_BYTES = 2 << 20
"""Of one request to the host: artifacts come in parts."""
_TEXT_MAX = 4000
_LINE_MAX = 200
"""Characters of a run's own words in a line of the service's log."""


def _text(frame: JsonObject, name: str) -> str:
    value = frame.get(name)
    return value[:_TEXT_MAX] if isinstance(value, str) else ""


def _raised(frame: JsonObject) -> Raised:
    line = frame.get("line")
    return Raised(
        type=_text(frame, "type"),
        message=_text(frame, "message"),
        code=_text(frame, "code"),
        hint=_text(frame, "hint"),
        path=_text(frame, "path"),
        line=line if isinstance(line, int) else 0,
    )


class Run:
    """The supervision of one child, driven by its event loop."""

    def __init__(
        self,
        child: Child,
        limits: Limits,
        host: Host | None,
        tier: Tier,
        endpoints: Sequence[Endpoint] = (),
        network: Network | None = None,
    ) -> None:
        """Take a child over.

        Args:
            child: Fresh; nothing was read from its channel yet.
            limits: Of this call.
            host: Answers the tool's context; None refuses every request.
            tier: Which walls hold.
            endpoints: Of the image: with any, the child's first message is its listeners.
            network: Answers on the listeners; without one they are closed.
        """
        self._child = child
        self._channel = child.channel.fileno()
        """The loop is told the number: asked about a socket, it writes the socket's name first."""
        self._limits = limits
        self._host = host
        self._tier: Tier = tier
        self._loop = asyncio.get_running_loop()
        self._frames = FrameReader(max(limits.result_kib << 10, _HOST_FRAME_BYTES if host else 0))
        self._printed = bytearray()
        self._done: asyncio.Future[tuple[CallStatus, Json, Raised | None]] = (
            self._loop.create_future()
        )
        self._task: asyncio.Task[None] | None = None
        self._output_open = True
        self._has_answered = False
        self._endpoints = endpoints
        self._network = network
        self._awaits_listeners = bool(endpoints)
        self._request = b""

    async def outcome(self, request: bytes) -> Outcome:
        """Run the call to its end. Cancelling this kills it.

        Args:
            request: One frame.

        A child that answered is ending by itself; the caller still owes it a `kill`.
        """
        started = time.perf_counter()
        timer = self._loop.call_later(self._limits.wall_s, self._finish, "timed_out")
        self._loop.add_reader(self._channel, self._on_channel)
        self._loop.add_reader(self._child.output, self._on_output)
        try:
            self._request = request
            if not self._awaits_listeners:
                self._send(request)
            status, value, error = await self._done
        finally:
            timer.cancel()
            self._let_go()
        wall_ms = (time.perf_counter() - started) * 1e3
        output = self._printed.decode(errors="replace")
        return Outcome(status, value, error, output, wall_ms, self._tier)

    def _let_go(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._loop.remove_reader(self._channel)
        if self._output_open:
            self._loop.remove_reader(self._child.output)
        if not self._has_answered:
            self._child.kill()

    def _finish(self, status: CallStatus, value: Json = None, error: Raised | None = None) -> None:
        if self._done.done():
            return
        if status in ("returned", "raised"):
            self._has_answered = True
            self._on_output()  # what it printed before it answered is in the pipe by now
        if not self._done.done():
            self._done.set_result((status, value, error))

    def _refuse(self, code: str, message: str) -> None:
        self._finish("refused", None, Raised("Refused", message, code))

    def _send(self, data: bytes) -> None:
        try:
            sent = self._child.channel.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # it ended already; end of file says so
        if sent < len(data):
            self._task = self._loop.create_task(self._send_rest(data[sent:]))

    async def _send_rest(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            await self._loop.sock_sendall(self._child.channel, data)
        self._task = None

    def _on_output(self) -> None:
        cap = self._limits.output_kib << 10
        while self._output_open:
            try:
                data = os.read(self._child.output, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                self._output_open = False
                self._loop.remove_reader(self._child.output)
                return
            self._printed += data
            if len(self._printed) > cap:
                del self._printed[cap:]
                self._finish("output_limit")
                return

    def _on_channel(self) -> None:
        if self._awaits_listeners:
            self._take_listeners()
            return
        try:
            data = self._child.channel.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._on_output()
            self._finish("died")
            return
        self._frames.feed(data)
        self._take_frames()

    def _take_listeners(self) -> None:
        """Hand the run's listeners to its network, and only then the run its request.

        The channel's bytes are plain from then on.
        """
        try:
            found = listeners.receive(self._child.channel, self._endpoints)
        except BlockingIOError:
            return
        except ListenersError as error:
            _log.error("a call could not be connected: %s", error)
            self._finish("died", None, Raised("Broken", str(error), error.code))
            return
        self._awaits_listeners = False
        if self._network is None:
            listeners.close([*found.values()])
        else:
            self._network.open(found)
        self._send(self._request)

    def _take_frames(self) -> None:
        try:
            while not self._done.done():
                body = self._frames.next()
                if body is None:
                    return
                if is_dear(body):
                    self._pause(self._take_dear(body))
                    return
                if self._take(parse(body)):
                    return
        except FrameError as error:
            self._refuse(error.code, str(error))

    async def _take_dear(self, body: bytes) -> None:
        try:
            frame = await parse_aside(body)
        except FrameError as error:
            self._refuse(error.code, str(error))
            return
        if not self._done.done() and not self._take(frame):
            self._resume()

    def _take(self, frame: JsonObject) -> bool:
        """Act on one frame; True when the next must wait for the host."""
        kind = frame.get("is")
        if kind == "returned":
            self._finish("returned", frame.get("value"))
        elif kind == "raised":
            self._finish("raised", None, _raised(frame))
        elif kind in ("ask", "tell") and isinstance(frame.get("request"), dict):
            self._serve_host(frame["request"], answer=kind == "ask")  # type: ignore[arg-type]
            return True
        elif kind == "broken":
            said = _text(frame, "message")  # a claim: the tool can write such a frame as well
            _log.warning(
                "a call ended; the launcher, or the tool in its name, says: %a", said[:_LINE_MAX]
            )
            self._finish("died", None, Raised("Broken", said, "sandbox.confine"))
        else:
            self._refuse("result.not_json", "a frame of no known kind")
        return False

    def _serve_host(self, request: JsonObject, *, answer: bool) -> None:
        self._pause(self._ask_host(request, answer=answer))

    def _pause(self, work: Coroutine[None, None, None]) -> None:
        """Read on only after this is done: one frame at a time."""
        self._loop.remove_reader(self._channel)
        self._task = self._loop.create_task(work)

    def _resume(self) -> None:
        self._task = None
        if not self._done.done():
            self._loop.add_reader(self._channel, self._on_channel)
            self._take_frames()

    async def _ask_host(self, request: JsonObject, *, answer: bool) -> None:
        reply = await self._reply(request)
        if answer:
            with contextlib.suppress(OSError):
                await self._loop.sock_sendall(self._child.channel, encode(reply))
        self._resume()

    async def _reply(self, request: JsonObject) -> JsonObject:
        if self._host is None:
            return {"error": {"code": "host.none", "message": "this run has no context"}}
        try:
            return {"answer": await self._host.handle(request)}
        except KNOWN as error:
            return {"error": {"code": error.code, "message": str(error)}}
        except Exception:  # noqa: BLE001 - the outermost frame of a task: the call must end, and be heard of
            _log.exception("the host of a call failed")
            self._finish(
                "died", None, Raised("HostFailure", "the trusted side failed", "host.failed")
            )
            return {"error": {"code": "host.failed", "message": "the trusted side failed"}}
