"""A mail server that delivers nothing: what a revision's SMTP talks to while it is verified.

It speaks the protocol to any client and keeps what was handed over. For a host whose login the
broker does itself it offers neither AUTH nor STARTTLS, as the broker will not; for any other host it
takes every login, and knows no right password. Standard: RFC 5321.
"""

import asyncio
import email
import email.policy
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from toolvet_reviews import digests
from toolvet_reviews.values import Digest

LINE_MAX = 1 << 16
MESSAGE_MAX = 4 << 20
_RECIPIENTS_MAX = 1000
_HEAD_MAX = 16 << 10
_IDLE_S = 30.0
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>\s]{0,320})>", re.IGNORECASE)


class Mail(NamedTuple):
    """One message that was handed over."""

    sender: str
    recipients: tuple[str, ...]
    digest: Digest
    """Of its bytes."""
    subject: str
    head: bytes = b""
    """Its header lines, capped."""


class Post(NamedTuple):
    """Where a connection's mail goes, and what it may do."""

    deliver: Callable[[Mail], Awaitable[bool]]
    """Takes a message; False when there is no room for more."""
    refuse: Callable[[str], str]
    """Gives the reply that refuses a recipient; empty for one that is taken."""
    tls: ssl.SSLContext | None
    """What STARTTLS is answered with; None when it is not offered."""
    takes_login: bool


@dataclass
class _Envelope:
    sender: str | None = None
    recipients: tuple[str, ...] = ()


class MailSession:
    """One client's conversation with the sink."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, post: Post
    ) -> None:
        self._reader = reader
        self.writer = writer
        self._post = post
        self._is_encrypted = False
        self._envelope = _Envelope()

    async def serve(self) -> None:
        """Answer commands until the client leaves; closes nothing itself."""
        await self._say("220 mail.toolvet.invalid ESMTP, delivers nothing")
        while line := await self._line():
            verb, _, rest = line.strip().partition(" ")
            if not await self._obey(verb.upper(), rest.strip()):
                return

    async def _obey(self, verb: str, rest: str) -> bool:
        """Act on one command; False when it was the last."""
        match verb:
            case "EHLO":
                await self._greet()
            case "HELO" | "NOOP":
                await self._say("250 OK")
            case "RSET":
                self._envelope = _Envelope()
                await self._say("250 OK")
            case "MAIL" | "RCPT":
                await self._address(verb, rest)
            case "DATA":
                return await self._data()
            case "AUTH" if self._post.takes_login:
                await self._login(rest)
            case "STARTTLS" if self._post.tls is not None and not self._is_encrypted:
                return await self._encrypt(self._post.tls)
            case "VRFY":
                await self._say("252 2.1.5 Cannot say")
            case "QUIT":
                await self._say("221 2.0.0 Bye")
                return False
            case "AUTH" | "STARTTLS":
                await self._say("502 5.5.1 Not here: the credential is added outside")
            case _:
                await self._say("502 5.5.1 Not here")
        return True

    async def _greet(self) -> None:
        offers = ["mail.toolvet.invalid", "PIPELINING", f"SIZE {MESSAGE_MAX}", "8BITMIME"]
        offers += ["SMTPUTF8"]
        if self._post.takes_login:
            offers.append("AUTH PLAIN LOGIN")
        if self._post.tls is not None and not self._is_encrypted:
            offers.append("STARTTLS")
        lines = [f"250-{word}\r\n" for word in offers] + ["250 ENHANCEDSTATUSCODES"]
        await self._say("".join(lines))

    async def _address(self, verb: str, rest: str) -> None:
        found = _PATH.match(rest)
        envelope = self._envelope
        if found is None:
            await self._say("501 5.5.4 No address")
        elif verb == "MAIL":
            self._envelope = _Envelope(found[1])
            await self._say("250 2.1.0 OK")
        elif envelope.sender is None:
            await self._say("503 5.5.1 MAIL first")
        elif refused := self._post.refuse(found[1].lower()):
            await self._say(refused)
        elif len(envelope.recipients) >= _RECIPIENTS_MAX:
            await self._say("452 4.5.3 Too many recipients")
        else:
            envelope.recipients = (*envelope.recipients, found[1])
            await self._say("250 2.1.5 OK")

    async def _data(self) -> bool:
        envelope, self._envelope = self._envelope, _Envelope()
        if envelope.sender is None or not envelope.recipients:
            await self._say("503 5.5.1 MAIL and RCPT first")
            return True
        await self._say("354 Go on")
        data = await self._message()
        if data is None:
            await self._say("552 5.3.4 Too large")
            return False
        head = data[:_HEAD_MAX].partition(b"\r\n\r\n")[0]
        mail = Mail(
            envelope.sender, envelope.recipients, digests.sha256(data), _subject(head), head
        )
        taken = await self._post.deliver(mail)
        await self._say("250 2.0.0 OK" if taken else "452 4.3.1 The fake mailbox is full")
        return True

    async def _message(self) -> bytes | None:
        """Read up to the lone dot; None for a message that is too large or breaks off."""
        data = bytearray()
        while True:
            line = await self._raw_line()
            if line == b".\r\n":
                return bytes(data)
            data += line.removeprefix(b".")
            if not line or len(data) > MESSAGE_MAX:
                return None

    async def _login(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        steps = {"PLAIN": 1, "LOGIN": 2}.get(mechanism.upper(), 0)
        if not steps:
            await self._say("504 5.5.4 PLAIN or LOGIN")
            return
        for _ in range(steps - bool(initial)):
            await self._say("334 ")
            if not await self._line():
                return
        await self._say("235 2.7.0 Taken without a look")

    async def _encrypt(self, context: ssl.SSLContext) -> bool:
        await self._say("220 2.0.0 Go on")
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=LINE_MAX, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            transport = await loop.start_tls(
                self.writer.transport, protocol, context, server_side=True
            )
        except OSError:
            return False
        if transport is None:
            return False
        protocol.connection_made(transport)
        self._reader = reader  # what was said before TLS stays behind
        self.writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        self._is_encrypted = True
        self._envelope = _Envelope()
        return True

    async def _line(self) -> str:
        return (await self._raw_line()).decode("utf-8", "replace")

    async def _raw_line(self) -> bytes:
        """Read one line; empty at the end, and for one that is too long."""
        try:
            async with asyncio.timeout(_IDLE_S):
                return await self._reader.readuntil(b"\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, OSError):
            return b""

    async def _say(self, text: str) -> None:
        self.writer.write(f"{text}\r\n".encode())
        await self.writer.drain()


def _subject(head: bytes) -> str:
    """Read the subject, a claim."""
    parsed = email.message_from_bytes(head, policy=email.policy.compat32)
    return str(parsed.get("Subject", ""))[:200]
