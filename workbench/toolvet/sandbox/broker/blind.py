"""Connections that pass untouched: raw TCP, TLS of which only the greeting is read, plain SMTP."""

import asyncio

from toolvet.sandbox.broker.errors import Reason, RefusedError
from toolvet.sandbox.broker.hello import HELLO_MAX, Hello, parse_hello
from toolvet.sandbox.broker.passage import Passage
from toolvet.sandbox.broker.streams import Pumps, Streams, close, read_some

_READS_MAX = 64
"""A greeting comes in a few segments; each further one would be parsed from the start."""
_LINE_MAX = 1000


async def pass_tcp(passage: Passage, inside: Streams) -> None:
    """Carry bytes to the host and back."""
    await _carry(passage, inside, b"")


async def pass_tls(passage: Passage, inside: Streams) -> None:
    """Carry TLS to the host that its greeting names, when that is the declared one.

    Raises:
        RefusedError: It is no TLS, or for another host.
    """
    data = await _greeting(passage, inside[0])
    await _carry(passage, inside, data)


async def pass_smtp(passage: Passage, inside: Streams) -> None:
    """Carry mail to a server that takes it without a credential of ours.

    Raises:
        RefusedError: One of the sides does not speak SMTP.
    """
    if passage.door.is_smtps:
        await pass_tls(passage, inside)
        return
    outside = await passage.open(tls=False)
    try:
        first = await _line(passage, outside[0])
        if not first.startswith((b"220", b"421", b"554")):
            raise RefusedError(Reason.NOT_SMTP, "the host does not greet as a mail server")
        inside[1].write(first)
        said = await _line(passage, inside[0])
        if said[:4].upper() not in (b"EHLO", b"HELO", b"QUIT", b"NOOP", b"RSET", b"HELP"):
            raise RefusedError(Reason.NOT_SMTP, "the tool does not begin as a mail client")
        passage.down(len(first))
        passage.up(len(said))
        outside[1].write(said)
        await _pump(passage, inside, outside)
    finally:
        await close(outside[1])


async def _carry(passage: Passage, inside: Streams, data: bytes) -> None:
    outside = await passage.open(tls=False)
    try:
        passage.up(len(data))
        outside[1].write(data)
        await _pump(passage, inside, outside)
    finally:
        await close(outside[1])


async def _pump(passage: Passage, inside: Streams, outside: Streams) -> None:
    pumps = Pumps(passage.around.limits.idle_s, passage.settled.set)
    await pumps.run(inside, outside, passage.up, passage.down)


async def _greeting(passage: Passage, reader: asyncio.StreamReader) -> bytes:
    data = b""
    try:
        async with asyncio.timeout(passage.around.limits.http.head_s):
            for _ in range(_READS_MAX):
                more = await read_some(reader, passage.around.limits.idle_s)
                data += more
                hello = parse_hello(data)
                if hello is not None:
                    _check(passage, hello)
                    return data
                if not more or len(data) > HELLO_MAX:
                    break
    except TimeoutError:
        raise RefusedError(Reason.TIMEOUT, "the greeting came too slowly") from None
    raise RefusedError(Reason.NOT_TLS, "the connection ended within its greeting")


def _check(passage: Passage, hello: Hello) -> None:
    wanted = "" if passage.door.is_literal else passage.door.host
    if hello.server_name != wanted:
        raise RefusedError(Reason.TLS_NAME, "TLS for another host than the declared one")
    if hello.is_encrypted:
        raise RefusedError(Reason.TLS_NAME, "TLS that hides which host it is for")


async def _line(passage: Passage, reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(passage.around.limits.idle_s):
            line = await reader.readuntil(b"\n")
    except TimeoutError:
        raise RefusedError(Reason.TIMEOUT, "no line of SMTP came in time") from None
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        raise RefusedError(Reason.NOT_SMTP, "no line of SMTP came") from None
    if len(line) > _LINE_MAX:
        raise RefusedError(Reason.NOT_SMTP, "a line that is too long")
    return line
