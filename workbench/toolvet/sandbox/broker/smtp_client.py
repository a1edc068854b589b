"""SMTP as a client: TLS first, then the credential, then whatever the tool says."""

import asyncio
import base64
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from toolvet.sandbox.broker.errors import Reason, RefusedError
from toolvet.sandbox.broker.passage import Passage
from toolvet.sandbox.broker.streams import Streams, opened
from toolvet_reviews.bundle import Credential

_REPLY_LINE_MAX = 4096
_LINES_MAX = 100
_REPLY_LINE = re.compile(rb"[2-5][0-9]{2}([ -][^\r\n\x00]*)?\r?\n\Z")
_NAME = "toolvet"


@dataclass(frozen=True)
class Reply:
    """What a server said, whole."""

    code: int
    lines: tuple[str, ...]
    raw: bytes
    """As the tool gets it, each line ended by CRLF."""


class SmtpClient:
    """A logged-in connection to the server of one passage."""

    def __init__(self, passage: Passage, streams: Streams) -> None:
        self._passage = passage
        self._reader, self._writer = streams
        self.extensions: tuple[str, ...] = ()
        """What the server offered after TLS."""

    @classmethod
    async def login(cls, passage: Passage) -> "SmtpClient":
        """Connect, verify the server, and log in.

        Raises:
            RefusedError: It is not there, is somebody else, offers no TLS, or refuses us.
        """
        try:
            async with asyncio.timeout(passage.around.limits.connect_s * 2):
                return await cls._login(passage)
        except TimeoutError:
            raise RefusedError(Reason.UNREACHABLE, "the mail server takes too long") from None

    @classmethod
    async def _login(cls, passage: Passage) -> "SmtpClient":
        limits, host = passage.around.limits, passage.door.host
        connection = await passage.around.dialer.connect(host, passage.door.port)
        if not passage.door.is_smtps:
            try:
                await _start_tls(connection)
            except BaseException:
                connection.close()
                raise
        streams = await opened(connection, host, passage.around.trust, limits.connect_s)
        client = cls(passage, streams)
        try:
            if passage.door.is_smtps:
                _expect(await client.reply(), 220)
            await client._begin(passage.door.login)
        except BaseException:
            client.abort()
            raise
        return client

    async def _begin(self, credential: Credential | None) -> None:
        hello = _expect(await self.command(f"EHLO {_NAME}".encode()), 250)
        self.extensions = hello.lines[1:]
        if credential is not None:
            await self._authenticate(credential)

    async def _authenticate(self, credential: Credential) -> None:
        secret = self._passage.around.reveal.secret(credential, self._passage.door.host)
        offered = {
            word.upper()
            for line in self.extensions
            if line.upper().startswith("AUTH")
            for word in line.replace("=", " ").split()[1:]
        }
        if "PLAIN" in offered:
            pair = _base64(f"\0{credential.user}\0{secret}")
            reply = await self.command(b"AUTH PLAIN " + pair)
        elif "LOGIN" in offered:
            reply = await self.command(b"AUTH LOGIN")
            if reply.code == 334:
                reply = await self.command(_base64(credential.user))
            if reply.code == 334:
                reply = await self.command(_base64(secret))
        else:
            raise RefusedError(Reason.CREDENTIAL, "the mail server offers no login that we know")
        if reply.code != 235:
            raise RefusedError(Reason.CREDENTIAL, f"the mail server refused {credential.secret}")

    async def command(self, line: bytes) -> Reply:
        """Send one command and read its reply.

        Raises:
            RefusedError: The server is gone or makes no sense.
        """
        await self.send(line + b"\r\n")
        return await self.reply()

    async def send(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            RefusedError: The server is gone, or a cap is reached.
        """
        self._passage.up(len(data))
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            raise RefusedError(Reason.UPSTREAM, "the mail server hung up") from None

    async def reply(self) -> Reply:
        """Read one reply, of however many lines.

        Raises:
            RefusedError: The server is gone or makes no sense.
        """
        try:
            async with asyncio.timeout(self._passage.around.limits.idle_s):
                return await _read_reply(self._reader.readline)
        except TimeoutError:
            raise RefusedError(Reason.TIMEOUT, "the mail server says nothing") from None
        except (OSError, ValueError):
            raise RefusedError(Reason.UPSTREAM, "the mail server hung up") from None

    def close(self) -> None:
        """Say goodbye, without waiting for an answer."""
        self._writer.write(b"QUIT\r\n")
        self.abort()

    def abort(self) -> None:
        """Break off."""
        self._writer.transport.abort()


async def _read_reply(read_line: Callable[[], Awaitable[bytes]]) -> Reply:
    """Read one reply; every line of it carries the same code."""
    lines: list[bytes] = []
    while not lines or lines[-1][3:4] == b"-":
        line = await read_line()
        if not line:
            raise RefusedError(Reason.UPSTREAM, "the mail server hung up")
        if (
            len(line) > _REPLY_LINE_MAX
            or not _REPLY_LINE.match(line)
            or (lines and line[:3] != lines[0][:3])
        ):
            raise RefusedError(Reason.UPSTREAM, "the host does not speak SMTP")
        lines.append(line.rstrip(b"\r\n"))
        if len(lines) > _LINES_MAX:
            raise RefusedError(Reason.UPSTREAM, "the mail server's reply has no end")
    texts = tuple(line[4:].decode("utf-8", "replace") for line in lines)
    return Reply(int(lines[0][:3]), texts, b"".join(line + b"\r\n" for line in lines))


def _expect(reply: Reply, code: int) -> Reply:
    if reply.code != code:
        raise RefusedError(Reason.UPSTREAM, f"the mail server said {reply.code} instead of {code}")
    return reply


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())


async def _start_tls(connection: socket.socket) -> None:
    """Ask for TLS on a bare socket, so that nothing said before it can be taken for said in it.

    Source: CVE-2011-0411, and RFC 3207, section 4.2.
    """
    talk = _BareTalk(connection)
    _expect(await talk.reply(), 220)
    hello = _expect(await talk.command(f"EHLO {_NAME}".encode()), 250)
    if "STARTTLS" not in {line.upper().strip() for line in hello.lines[1:]}:
        raise RefusedError(Reason.TLS_REQUIRED, "the mail server offers no TLS")
    if (await talk.command(b"STARTTLS")).code != 220:
        raise RefusedError(Reason.TLS_REQUIRED, "the mail server would not begin TLS")
    if talk.ahead:
        raise RefusedError(Reason.TLS_REQUIRED, "the mail server said more before TLS began")


class _BareTalk:
    """Lines over a socket that asyncio does not own yet."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.ahead = b""

    async def command(self, line: bytes) -> Reply:
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self._connection, line + b"\r\n")
        except OSError:
            raise RefusedError(Reason.UPSTREAM, "the mail server hung up") from None
        return await self.reply()

    async def reply(self) -> Reply:
        return await _read_reply(self._line)

    async def _line(self) -> bytes:
        loop = asyncio.get_running_loop()
        while b"\n" not in self.ahead and len(self.ahead) < _REPLY_LINE_MAX:
            try:
                more = await loop.sock_recv(self._connection, 4096)
            except OSError:
                raise RefusedError(Reason.UPSTREAM, "the mail server hung up") from None
            if not more:
                break
            self.ahead += more
        line, newline, self.ahead = self.ahead.partition(b"\n")
        return line + newline
