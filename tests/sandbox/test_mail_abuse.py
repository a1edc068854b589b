"""Mail under attack from inside: the host sees whole mails and one login, and TLS before either."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence

import egress
import hostile_requests as said
import pytest
from egress import SECRET, Wire
from hostile_talk import LIMITS, say


@contextlib.asynccontextmanager
async def mail() -> AsyncGenerator[tuple[int, egress.Mailbox, Wire]]:
    """A mail server with a login."""
    port = egress.free_port()
    rule = egress.rule(port, "smtp", secret="smtp-login", user="campaigns")
    async with egress.mail_server(port) as box, egress.broker(rule, limits=LIMITS) as wire:
        yield port, box, wire


def test_no_dialogue_of_mail_passes_but_mails() -> None:
    async def go() -> tuple[dict[str, bytes], egress.Mailbox]:
        heard: dict[str, bytes] = {}
        async with mail() as (port, box, _):
            for name, lines in {**said.MAILS, **said.SMUGGLED}.items():
                heard[name] = await say(port, *lines, pause_s=0.3)
                assert SECRET.encode() not in heard[name], name
            return heard, box

    heard, box = asyncio.run(go())

    assert box.mails == []
    assert all(login == ("campaigns", SECRET) for login in box.logins)
    assert b"AUTH" not in heard["a login of its own"].upper().replace(b"EHLO", b"")[:400]
    assert not any(line.startswith(b"235") for text in heard.values() for line in text.split(b"\n"))


def _mail_hosts() -> Mapping[str, Sequence[bytes]]:
    """What hosts say that would have the password without TLS."""
    return {
        "no TLS offered": [b"220 x\r\n", b"250-x\r\n250 AUTH PLAIN LOGIN\r\n", b"250 fine\r\n"],
        "TLS refused": [b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"454 not now\r\n"],
        "a word before TLS": [
            b"220 x\r\n",
            b"250-x\r\n250 STARTTLS\r\n",
            b"220 go\r\n250 AUTH PLAIN\r\n",
        ],
        "no mail server": [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
        "nothing": [],
    }


@pytest.mark.parametrize("name", list(_mail_hosts()))
def test_the_password_never_goes_where_no_tls_is(name: str) -> None:
    async def go() -> bytes:
        met = b""

        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal met
            for line in _mail_hosts()[name]:
                writer.write(line)
                await writer.drain()
                met += await reader.readline()
            met += await reader.read(100)

        port = egress.free_port()
        rule = egress.rule(port, "smtp", secret="smtp-login", user="campaigns")
        async with egress.raw_server(port, speak), egress.broker(rule, limits=LIMITS):
            await say(port, b"EHLO x\r\n", pause_s=0.3)
        return met

    met = asyncio.run(go())

    assert b"AUTH" not in met
    assert SECRET.encode() not in met
