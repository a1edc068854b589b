"""Connections as asyncio streams: accepted inside, opened outside, pumped between the two."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable

from toolvet.sandbox.broker.errors import Reason, RefusedError

CHUNK = 1 << 16
_LINE_MAX = 1 << 16
_GOODBYE_S = 1.0
"""For TLS to say that it ends; peers that are gone never answer."""
_HELLO_S = 10.0
_RESET = struct.pack("ii", 1, 0)
"""Linger for no time: closing drops what was not sent, and says so."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Count = Callable[[int], None]


async def accepted(connection: socket.socket, tls: ssl.SSLContext | None) -> Streams:
    """Make streams of an accepted connection, which they own from now on.

    Raises:
        RefusedError: The client would not speak TLS with us.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LINE_MAX, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    try:
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            connection,
            ssl=tls,
            ssl_handshake_timeout=_HELLO_S if tls else None,
            ssl_shutdown_timeout=_GOODBYE_S if tls else None,
        )
    except OSError as error:
        connection.close()
        raise RefusedError(Reason.TLS_NAME, f"TLS inside failed: {_plain(error)}") from None
    except BaseException:
        connection.close()
        raise
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def opened(
    connection: socket.socket, host: str, trust: ssl.SSLContext | None, timeout_s: float
) -> Streams:
    """Make streams of a connection to a host, which they own from now on.

    Args:
        connection: Connected to an address that was checked.
        host: Whose certificate TLS has to show.
        trust: None means without TLS.
        timeout_s: For TLS to agree.

    Raises:
        RefusedError: The certificate does not hold, or TLS did not come about.
    """
    try:
        if trust is None:
            return await asyncio.open_connection(sock=connection, limit=_LINE_MAX)
        return await asyncio.open_connection(
            sock=connection,
            limit=_LINE_MAX,
            ssl=trust,
            server_hostname=host,
            ssl_handshake_timeout=timeout_s,
            ssl_shutdown_timeout=_GOODBYE_S,
        )
    except ssl.SSLCertVerificationError as error:
        connection.close()
        raise RefusedError(Reason.CERTIFICATE, f"{host}: {error.verify_message}") from None
    except OSError as error:
        connection.close()
        raise RefusedError(Reason.UPSTREAM, f"{host}: no TLS: {_plain(error)}") from None
    except BaseException:
        connection.close()
        raise


async def first_byte(connection: socket.socket, timeout_s: float) -> bytes:
    """Look at the first byte of an accepted connection, and leave it there; empty at its end.

    Raises:
        RefusedError: Nothing came in time.
    """
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(connection, lambda: ready.done() or ready.set_result(None))
    try:
        async with asyncio.timeout(timeout_s):
            await ready
    except TimeoutError:
        raise RefusedError(Reason.TIMEOUT, "nothing was said") from None
    finally:
        loop.remove_reader(connection)
    with contextlib.suppress(OSError):
        return connection.recv(1, socket.MSG_PEEK)
    return b""


async def read_some(reader: asyncio.StreamReader, idle_s: float) -> bytes:
    """Read what there is, once something is; empty at the end.

    Raises:
        RefusedError: Nothing came in time, or the connection broke.
    """
    try:
        async with asyncio.timeout(idle_s):
            return await reader.read(CHUNK)
    except TimeoutError:
        raise RefusedError(Reason.TIMEOUT, "nothing was said for too long") from None
    except OSError as error:
        raise RefusedError(Reason.CLOSED, _plain(error)) from None


async def close(writer: asyncio.StreamWriter) -> None:
    """End a connection in order, as far as the other side lets it."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_GOODBYE_S):
            await writer.wait_closed()


def break_off(writer: asyncio.StreamWriter) -> None:
    """End a connection so that the other side knows it for broken: with a reset."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


class _LeftError(Exception):
    """The tool broke its connection off."""


class Pumps:
    """Carries bytes both ways between two connections until both have ended."""

    def __init__(self, idle_s: float, on_sent: Callable[[], None]) -> None:
        """Carry nothing yet.

        Args:
            idle_s: Without a byte either way, before it ends.
            on_sent: Called when the tool said all it has to say, and it was sent on.
        """
        self._idle_s = idle_s
        self._on_sent = on_sent
        self._last = 0.0
        self._came = False

    async def run(self, inside: Streams, outside: Streams, up: Count, down: Count) -> None:
        """Carry.

        A tool that breaks off after it was answered is done: many clients end so. The host is told
        in the same way.

        Raises:
            RefusedError: A cap was reached, or nothing moved for too long.
            OSError: The host broke off, or the tool before it was answered.
        """
        self._last = asyncio.get_running_loop().time()
        tasks = [
            asyncio.create_task(self._carry(inside[0], outside[1], up, is_up=True)),
            asyncio.create_task(self._carry(outside[0], inside[1], down, is_up=False)),
        ]
        try:
            await asyncio.gather(*tasks)
        except _LeftError as error:
            break_off(outside[1])
            if not self._came:
                raise ConnectionResetError from error
        except BaseException:
            break_off(inside[1])
            raise
        finally:
            await _end(tasks)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        count: Count,
        *,
        is_up: bool,
    ) -> None:
        while data := await self._read(reader, is_up=is_up):
            count(len(data))
            self._came = self._came or not is_up
            await _write(writer, data, is_inside=not is_up)
        if writer.can_write_eof():
            writer.write_eof()
        if is_up:
            self._on_sent()

    async def _read(self, reader: asyncio.StreamReader, *, is_up: bool) -> bytes:
        loop = asyncio.get_running_loop()
        while True:
            patience = asyncio.timeout(self._idle_s)
            try:
                async with patience:
                    data = await reader.read(CHUNK)
            except OSError as error:
                if not patience.expired():  # of the connection itself
                    raise (_LeftError if is_up else ConnectionResetError) from error
                if loop.time() - self._last >= self._idle_s:
                    raise RefusedError(Reason.TIMEOUT, "nothing moved for too long") from None
            else:
                self._last = loop.time()
                return data


async def _write(writer: asyncio.StreamWriter, data: bytes, *, is_inside: bool) -> None:
    try:
        writer.write(data)
        await writer.drain()
    except OSError as error:
        raise (_LeftError if is_inside else ConnectionResetError) from error


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def within(seconds: float, work: Awaitable[None]) -> None:
    """Let work take so long and no longer.

    Raises:
        RefusedError: It took longer.
    """
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        raise RefusedError(Reason.TIMEOUT, "the connection was open for too long") from None


def _plain(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or "refused"
    if isinstance(error, OSError):
        return error.strerror or "broken off"
    return "too slow"
