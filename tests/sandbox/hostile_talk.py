"""A tool's end of a conversation with the broker."""

import asyncio
import contextlib
from dataclasses import replace

import egress
from egress import HOST, INSIDE

from toolvet.sandbox.broker import BrokerLimits, HttpLimits

PATIENCE_S = 5.0
LIMITS = replace(
    BrokerLimits(),
    closing_s=0.1,
    idle_s=1.0,
    connections=400,
    http=HttpLimits(head_s=0.4, idle_s=0.6),
)


async def say(port: int, *parts: bytes, pause_s: float = 0.0, tls: bool = False) -> bytes:
    """Say something as a tool would, and hear everything that comes back."""
    heard = b""
    context = egress.trusting(egress.INSIDE_CA) if tls else None
    reader, writer = await asyncio.open_connection(
        INSIDE, port, ssl=context, server_hostname=HOST if tls else None
    )
    with contextlib.suppress(OSError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            if pause_s:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        heard += await reader.read(1 << 16)
        if not tls:
            writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while more := await reader.read(1 << 16):
                    heard += more
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return heard


def statuses(heard: bytes) -> list[int]:
    """The status of each answer."""
    lines = heard.split(b"\r\n")
    return [int(line.split(b" ")[1]) for line in lines if line.startswith(b"HTTP/1.1 ")]
