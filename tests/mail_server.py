"""A real SMTP server as a process of its own, with a mailbox on disk and moods.

It refuses every so-many-th new recipient for a while, and drops a connection now and then: before the
mail, or after it has the whole mail and before it answers, keeping the mail or not. What it keeps is
appended to the mailbox before it answers, so that the mailbox is the truth to hold an account against.
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Moods:
    """When the server is difficult; 0 is never."""

    refuse_every: int = 0
    """Every so-many-th recipient it has not seen is refused with 450…"""
    refuse_times: int = 1
    """… so many times, then taken."""
    drop_before_every: int = 0
    """Every so-many-th mail: the connection is cut when the recipient is announced."""
    drop_after_every: int = 0
    """Every so-many-th mail: it is kept, and the connection is cut instead of an answer."""
    lose_after_every: int = 0
    """Every so-many-th mail: it is thrown away, and the connection is cut instead of an answer."""
    unknown: str = "unknown"
    """Recipients whose name begins so do not exist: 550."""


@dataclass
class Handler:
    """Receives mail; one for all connections."""

    moods: Moods
    mailbox: Path
    seen: dict[str, int] = field(default_factory=dict[str, int])
    """Recipient to the refusals still owed."""
    announced: int = 0
    received: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        """Take a recipient, or be difficult."""
        self.announced += 1
        if _is_turn(self.announced, self.moods.drop_before_every):
            _cut(server)
        if address.startswith(self.moods.unknown):
            return "550 5.1.1 no such mailbox"
        if address not in self.seen:
            is_refused = _is_turn(len(self.seen) + 1, self.moods.refuse_every)
            self.seen[address] = self.moods.refuse_times if is_refused else 0
        if self.seen[address]:
            self.seen[address] -= 1
            return "450 4.2.1 mailbox busy, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail, and answer, or not."""
        self.received += 1
        if _is_turn(self.received, self.moods.lose_after_every):
            _cut(server)
            return "451 lost"
        self._keep(envelope)
        if _is_turn(self.received, self.moods.drop_after_every):
            _cut(server)
        return "250 OK"

    def _keep(self, envelope: Envelope) -> None:
        content = envelope.content or b""
        head = BytesHeaderParser().parsebytes(content if isinstance(content, bytes) else b"")
        line = {"to": envelope.rcpt_tos, "message_id": head["Message-ID"]}
        with self.mailbox.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _is_turn(number: int, every: int) -> bool:
    return every > 0 and number % every == 0


def _cut(server: SMTP) -> None:
    transport = cast("asyncio.Transport", server.transport)  # type: ignore[redundant-cast]
    transport.abort()


async def _serve(moods: Moods, mailbox: Path, host: str, port: int) -> None:
    handler = Handler(moods, mailbox)
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        return SMTP(handler, hostname="mail.test", enable_SMTPUTF8=False)

    server = await loop.create_server(protocol, host, port, backlog=256)
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await stopped.wait()


@dataclass(frozen=True)
class MailServer:
    """A server that runs."""

    port: int
    mailbox: Path
    process: "subprocess.Popen[str]"

    def mails(self) -> list[dict[str, Any]]:
        """List what the mailbox holds: to, message_id."""
        if not self.mailbox.exists():
            return []
        lines = self.mailbox.read_text(encoding="utf-8").splitlines()
        return [cast("dict[str, Any]", json.loads(line)) for line in lines]

    def counts(self) -> Counter[str]:
        """Count the mails of each recipient."""
        return Counter(to for mail in self.mails() for to in mail["to"])

    def message_ids(self) -> set[str]:
        """Every Message-ID the mailbox holds."""
        return {mail["message_id"] for mail in self.mails()}


@contextmanager
def mail_server(
    folder: Path, moods: Moods | None = None, *, port: int = 0
) -> Generator[MailServer]:
    """Run a server on loopback for the block; its mailbox outlives it.

    Args:
        folder: Holds the mailbox.
        moods: When it is difficult; never, by default.
        port: 0 takes a free one.
    """
    mailbox = folder / "mailbox.jsonl"
    said = moods or Moods()
    words = [f"--{name.replace('_', '-')}={value}" for name, value in vars(said).items()]
    process = subprocess.Popen(
        [sys.executable, __file__, str(mailbox), f"--port={port}", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield MailServer(int(process.stdout.readline()), mailbox, process)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def main() -> None:
    """Run as a program: print the port, serve until told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mailbox", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    moods: dict[str, int | str] = vars(Moods())
    for name, default in moods.items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, dest=name, type=type(default), default=default)
    given = vars(parser.parse_args())
    mailbox, host, port = given.pop("mailbox"), given.pop("host"), given.pop("port")
    asyncio.run(_serve(Moods(**given), mailbox, host, port))


if __name__ == "__main__":
    main()
