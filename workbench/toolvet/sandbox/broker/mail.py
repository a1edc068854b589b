"""SMTP between a run and a declared server: TLS and login are spoken here. Standard: RFC 5321.

The tool speaks plain SMTP up to this point; the credential is added behind it and never in the
clear. What the two sides could read differently (bare line feeds and returns, unknown commands) is
refused: a message ends with CRLF, full stop, CRLF and with nothing else (CVE-2023-51764 and kin).
"""

import re

from toolvet.sandbox.broker.errors import Reason, RefusedError
from toolvet.sandbox.broker.passage import Passage
from toolvet.sandbox.broker.smtp_client import Reply, SmtpClient
from toolvet.sandbox.broker.streams import Streams, read_some
from toolvet_reviews.words import one_line

_LINE_MAX = 2048
_LOOKBACK = 4
"""Bytes of an end that may have come already."""
_VERBS = {b"MAIL", b"RCPT", b"RSET", b"NOOP", b"VRFY", b"HELP"}
"""Passed on as they are."""
_OFFERED = {"SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN"}
"""Extensions that change nothing about where a command or message ends."""
_COMMAND = re.compile(rb"[A-Za-z]{1,20}( [^\x00-\x1f\x7f]*)?\Z")
_BARE = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")
_END = b"\r\n.\r\n"
_REFUSALS_MAX = 20


async def pass_mail(passage: Passage, inside: Streams) -> None:
    """Serve one mail client with the server behind it.

    Raises:
        RefusedError: The server is not there, or refused us; or the tool does not keep to SMTP.
    """
    session = _Session(passage, inside)
    try:
        server = await SmtpClient.login(passage)
    except RefusedError as error:
        verdict = "421 4.4.1" if error.reason.is_failure else "554 5.7.1"
        await session.say(f"{verdict} {error.reason.value}: {error}")
        raise
    try:
        await session.serve(server)
    finally:
        server.close()


class _Session:
    """The server's side of SMTP, towards the tool."""

    def __init__(self, passage: Passage, inside: Streams) -> None:
        self._passage = passage
        self._reader, self._writer = inside
        self._ahead = bytearray()
        self._refused = 0
        self._has_begun = False

    async def say(self, line: str) -> None:
        """Send one reply of our own."""
        self._writer.write(one_line(line, 500).encode("ascii", "replace") + b"\r\n")
        await self._writer.drain()

    async def serve(self, server: SmtpClient) -> None:
        """Pass command after command, until either side ends.

        Raises:
            RefusedError: The tool does not keep to SMTP, or the server is gone.
        """
        await self.say("220 toolvet ESMTP")
        while True:
            line = await self._line()
            if line is None:
                return
            if not await self._command(server, line):
                return

    async def _command(self, server: SmtpClient, line: bytes) -> bool:
        """Act on one command; False when it was the last."""
        verb = line.split(b" ")[0].upper()
        if verb == b"QUIT":
            await self.say("221 2.0.0 bye")
            return False
        if verb in (b"EHLO", b"HELO"):
            await self._greet(server, verb)
        elif line.strip().upper() == b"DATA":
            await self._data(server)
        elif verb in _VERBS and b"AUTH=" not in line.upper():
            await self._pass_on(await server.command(line))
        else:
            await self._refuse(verb)
        return True

    async def _greet(self, server: SmtpClient, verb: bytes) -> None:
        """Answer with what the server offers, without what is spoken behind us.

        A greeting also begins anew (RFC 5321, 4.1.4), so the server has to forget as well.
        """
        if self._has_begun:
            await server.command(b"RSET")
        self._has_begun = True
        if verb == b"HELO":
            await self.say("250 toolvet")
            return
        offered = [word for word in server.extensions if word.split(" ")[0].upper() in _OFFERED]
        *lines, last = ["toolvet", *offered]
        answer = [*(f"250-{text}" for text in lines), f"250 {last}", ""]
        self._writer.write("\r\n".join(answer).encode())
        await self._writer.drain()

    async def _refuse(self, verb: bytes) -> None:
        self._refused += 1
        shown = verb.decode("ascii", "replace")
        error = RefusedError(Reason.SMTP_COMMAND, f"{shown} is not passed on")
        self._passage.note(error, shown)
        hint = ": the credential is added outside" if verb in (b"AUTH", b"STARTTLS") else ""
        await self.say(f"502 5.5.1 {error.reason.value}{hint}")
        if self._refused > _REFUSALS_MAX:
            raise RefusedError(Reason.SMTP_COMMAND, "too many commands that are not passed on")

    async def _pass_on(self, reply: Reply) -> None:
        self._passage.down(len(reply.raw))
        self._writer.write(reply.raw)
        await self._writer.drain()

    async def _data(self, server: SmtpClient) -> None:
        go_on = await server.command(b"DATA")
        await self._pass_on(go_on)
        if go_on.code != 354:
            return
        try:
            await self._message(server)
        except RefusedError as error:
            server.abort()  # without its end, a message is not a message
            await self.say(f"550 5.6.0 {error.reason.value}: {error}")
            raise
        await self._pass_on(await server.reply())

    async def _message(self, server: SmtpClient) -> None:
        """Carry a message, its end included; nothing in it may look like another end."""
        left = self._passage.around.limits.message_bytes
        sent = b"\r\n"  # as if a line had just ended: the message may be empty
        while True:
            data = sent + (bytes(self._ahead) or await self._some())
            self._ahead.clear()
            end = data.find(_END)
            stop = len(data) if end < 0 else end + len(_END)
            _check_newlines(data[:stop], len(sent))
            left -= stop - len(sent)
            if left < 0:
                raise RefusedError(Reason.BYTES, "the mail is too large")
            await server.send(data[len(sent) : stop])
            if end >= 0:
                self._ahead += data[stop:]
                return
            sent = data[-_LOOKBACK:]

    async def _line(self) -> bytes | None:
        """Take one command without its CRLF; None at the end."""
        while (end := self._ahead.find(b"\n")) < 0:
            if len(self._ahead) > _LINE_MAX:
                raise RefusedError(Reason.NOT_SMTP, "a command that is too long")
            try:
                more = await self._some()
            except RefusedError as error:
                if error.reason is Reason.CLOSED:
                    return None
                raise
            self._ahead += more
        line = bytes(self._ahead[:end])
        del self._ahead[: end + 1]
        if not line.endswith(b"\r") or not _COMMAND.match(line[:-1]) or len(line) > _LINE_MAX:
            await self.say(f"500 5.5.2 {Reason.SMTP_NEWLINE.value}")
            raise RefusedError(Reason.SMTP_NEWLINE, "a command that is not one line of SMTP")
        return line[:-1]

    async def _some(self) -> bytes:
        more = await read_some(self._reader, self._passage.around.limits.idle_s)
        if not more:
            raise RefusedError(Reason.CLOSED, "the tool hung up")
        return more


def _check_newlines(data: bytes, start: int) -> None:
    """Refuse a carriage return or line feed without the other; a last return may still get its."""
    if _BARE.search(data, start - 1 if data[:start].endswith(b"\r") else start):
        raise RefusedError(Reason.SMTP_NEWLINE, "a line of the mail does not end with CRLF")
