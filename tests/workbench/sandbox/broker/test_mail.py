"""Mail through the broker: smtplib inside, aiosmtpd with TLS and login outside."""

import asyncio
import smtplib
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import egress
import pytest
from egress import INSIDE, SECRET, Mailbox, Wire

from toolvet.sandbox.broker import BrokerLimits, NetworkEvent, Reason, doors

T = TypeVar("T")
TEXT = "Subject: hello\n\nOne line.\n.a line that starts with a full stop\n.\nlast\n"
CAMPAIGN = {"secret": "smtp-login", "user": "campaigns"}


def through(
    client: Callable[[int], T],
    *,
    limits: BrokerLimits | None = None,
    server: dict[str, object] | None = None,
    value: str = SECRET,
    said: dict[str, object] | None = None,
) -> tuple[T, Mailbox, Wire]:
    async def go() -> tuple[T, Mailbox, Wire]:
        port = egress.free_port()
        rule = egress.rule(port, "smtp", **(CAMPAIGN if said is None else said))
        async with (
            egress.mail_server(port, **(server or {})) as box,  # type: ignore[arg-type]
            egress.broker(rule, limits=limits, secret=value) as wire,
        ):
            result = await asyncio.to_thread(client, port)
        return result, box, wire

    return asyncio.run(go())


def send(*recipients: str, text: str | bytes = TEXT) -> Callable[[int], object]:
    def client(port: int) -> object:
        with smtplib.SMTP(INSIDE, port, timeout=5) as server:
            return server.sendmail("news@example.com", recipients or ["ann@example.com"], text)

    return client


def reply(connection: socket.socket) -> bytes:
    """Read one whole reply; empty when the other side hung up."""
    said = b""
    while not said.endswith(b"\n") or said.splitlines()[-1][3:4] == b"-":
        more = connection.recv(4096)
        if not more:
            break
        said += more
    return said


class Script:
    """Lines to say, each when the last was answered."""

    def __init__(self, *parts: bytes, greets: bool = True) -> None:
        self._parts = parts
        self._greets = greets

    def __call__(self, port: int) -> list[bytes]:
        with socket.create_connection((INSIDE, port), 5) as connection:
            connection.settimeout(5)
            answers = [reply(connection)]
            greeting = [b"EHLO tool\r\n"] if self._greets else []
            for part in (*greeting, *self._parts):
                try:
                    connection.sendall(part)
                    answers.append(reply(connection))
                except OSError:
                    answers.append(b"")
            return answers


def refusals(wire: Wire) -> list[NetworkEvent]:
    return [event for event in wire.events if event.verdict != "forwarded"]


def test_a_mail_arrives_as_it_was_written_and_the_login_happened_outside():
    refused, box, wire = through(send("ann@example.com", "bob@example.com"))

    assert refused == {}
    assert box.logins == [("campaigns", SECRET)]
    ((sender, recipients, content),) = box.mails
    assert (sender, recipients) == ("news@example.com", ["ann@example.com", "bob@example.com"])
    assert content.decode().splitlines() == TEXT.splitlines()
    assert [event.verdict for event in wire.events] == ["forwarded"]
    assert SECRET not in repr(wire.events)


def test_many_mails_go_over_one_connection():
    def client(port: int) -> None:
        with smtplib.SMTP(INSIDE, port, timeout=5) as server:
            for number in range(50):
                server.sendmail("news@example.com", [f"r{number}@example.com"], TEXT)

    _, box, _ = through(client)

    assert [mail[1] for mail in box.mails] == [[f"r{number}@example.com"] for number in range(50)]
    assert len(box.logins) == 1


@pytest.mark.parametrize("size", [0, 1, 70_000, 1_000_000])
def test_a_mail_of_any_size_passes(size: int):
    text = b"Subject: x\r\n\r\n" + b"0123456789abcde\r\n" * (size // 17) + b".\r\n" * (size % 2)

    _, box, _ = through(send(text=text), server={"data_size_limit": 10_000_000})

    assert box.mails[0][2] == text


def test_the_tool_is_offered_neither_tls_nor_login():
    def client(port: int) -> set[str]:
        with smtplib.SMTP(INSIDE, port, timeout=5) as server:
            server.ehlo()
            with pytest.raises(smtplib.SMTPNotSupportedError):
                server.starttls()
            with pytest.raises(smtplib.SMTPNotSupportedError):
                server.login("me", "mine")
            return set(server.esmtp_features)

    features, _, _ = through(client)

    assert features <= {"size", "8bitmime", "smtputf8"}


@pytest.mark.parametrize("command", [
    b"AUTH PLAIN AG1lAG1pbmU=\r\n", b"STARTTLS\r\n", b"BDAT 5 LAST\r\n", b"XCLIENT ADDR=x\r\n",
    b"ETRN x\r\n", b"TURN\r\n", b"EXPN list\r\n", b"XXXX\r\n", b"DATA now\r\n",
    b"MAIL FROM:<a@b.example> AUTH=<boss@b.example>\r\n",
])  # fmt: skip
def test_a_command_that_is_not_mail_is_refused_and_the_session_goes_on(command: bytes):
    answers, box, wire = through(Script(command, b"NOOP\r\n"))

    assert answers[2].startswith(b"502")
    assert answers[3].startswith(b"250")
    assert refusals(wire)[0].code == Reason.SMTP_COMMAND
    assert box.logins == [("campaigns", SECRET)]


BEFORE = (b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<c@d.example>\r\n", b"DATA\r\n")
SMUGGLED = b"MAIL FROM:<boss@b.example>\r\nRCPT TO:<x@d.example>\r\nDATA\r\nhi\r\n.\r\n"


@pytest.mark.parametrize("end", [
    b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r\n\x00.\n",
    b"a\nb", b"a\rb",
], ids=repr)  # fmt: skip
def test_an_end_that_only_some_servers_take_for_one_delivers_nothing(end: bytes):
    answers, box, wire = through(Script(*BEFORE, b"Subject: x\r\n\r\nhello" + end + SMUGGLED))

    assert answers[-1].startswith(b"550")
    assert box.mails == []
    assert refusals(wire)[0].code == Reason.SMTP_NEWLINE


def test_an_end_cut_into_single_bytes_is_the_same_end():
    text = b"Subject: x\r\n\r\n.\r.\n"  # neither an end nor clean
    clean = b"Subject: x\r\n\r\nhello\r\n..\r\n.\r\n"

    def drip(port: int) -> bytes:
        with socket.create_connection((INSIDE, port), 5) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reply(connection)
            for part in (b"EHLO tool\r\n", *BEFORE):
                connection.sendall(part)
                reply(connection)
            for byte in clean:
                connection.sendall(bytes([byte]))
            return reply(connection)

    answer, box, _ = through(drip)

    assert answer.startswith(b"250")
    assert box.mails[0][2] == b"Subject: x\r\n\r\nhello\r\n.\r\n"
    assert through(Script(*BEFORE, text))[1].mails == []


def test_what_follows_a_mail_is_read_as_commands_once():
    _, box, _ = through(Script(*BEFORE, b"Subject: x\r\n\r\none\r\n.\r\n" + BEFORE[0] + BEFORE[1]))

    assert [content for _, _, content in box.mails] == [b"Subject: x\r\n\r\none\r\n"]


@pytest.mark.parametrize("line", [
    b"MAIL FROM:<a@b.example>\nRCPT TO:<x@d.example>\r\n",
    b"MAIL FROM:<a@b.example>\rRCPT TO:<x@d.example>\r\n",
    b"NOOP\n", b"NO\0P\r\n", b"\r\n", b"NOOP " + b"x" * 5000 + b"\r\n",
    b"\x16\x03\x01\x00\x05hello\r\n",
], ids=lambda line: repr(line[:30]))  # fmt: skip
def test_a_command_that_is_not_one_line_ends_the_session(line: bytes):
    answers, box, wire = through(Script(line, b"NOOP\r\n"))

    assert answers[2][:3] in (b"500", b"")
    assert (
        answers[3][:3] in (b"", b"502", b"250") if answers[2][:3] == b"502" else answers[3] == b""
    )
    assert box.mails == []
    assert refusals(wire)


def test_a_request_of_another_protocol_ends_the_session():
    answers, box, wire = through(Script(b"GET / HTTP/1.1\r\n", b"Host: x\r\n", b"NOOP\r\n"))

    assert [answer[:3] for answer in answers[2:]] == [b"502", b"500", b""]
    assert (box.mails, len(refusals(wire))) == ([], 2)


def scripted(*lines: bytes) -> tuple[bytes, list[bytes], Wire]:
    """Connect to a server that says its lines, one for each of ours; what inside heard, and it."""
    heard: list[bytes] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            if not line:
                return
            writer.write(line)
            heard.append(await reader.readline())

    async def go() -> tuple[bytes, Wire]:
        port = egress.free_port()
        rule = egress.rule(port, "smtp", **CAMPAIGN)
        async with egress.raw_server(port, speak), egress.broker(rule) as wire:
            answers = await asyncio.to_thread(Script(greets=False), port)
        return answers[0], wire

    answer, wire = asyncio.run(go())
    return answer, heard, wire


def test_a_server_without_tls_gets_no_credential():
    answer, heard, wire = scripted(b"220 hello\r\n", b"250-hello\r\n250 AUTH PLAIN LOGIN\r\n")

    assert answer.startswith(b"421 4.4.1 network.tls_required")
    assert heard == [b"EHLO toolvet\r\n", b""]
    assert (wire.asked, wire.codes) == ([], [Reason.TLS_REQUIRED])


def test_a_server_that_offers_tls_and_then_refuses_it_gets_no_credential():
    _, heard, wire = scripted(
        b"220 hello\r\n",
        b"250-hello\r\n250 STARTTLS\r\n",
        b"454 not now\r\n",
    )

    assert heard == [b"EHLO toolvet\r\n", b"STARTTLS\r\n", b""]
    assert (wire.asked, wire.codes) == ([], [Reason.TLS_REQUIRED])


def test_a_server_with_another_hosts_certificate_gets_no_credential():
    answers, box, wire = through(Script(greets=False), server={"tls": "other.example.com"})

    assert b"network.certificate" in answers[0]
    assert (box.logins, wire.codes) == ([], [Reason.CERTIFICATE])


def test_a_server_that_refuses_the_credential_is_a_failure_the_tool_can_see():
    def client(port: int) -> bytes:
        with pytest.raises(smtplib.SMTPConnectError) as caught:
            smtplib.SMTP(INSIDE, port, timeout=5)
        assert isinstance(caught.value.smtp_error, bytes)
        return caught.value.smtp_error

    said, _, wire = through(client, value="another")

    assert b"network.credential" in said
    assert b"another" not in said
    assert wire.codes == [Reason.CREDENTIAL]


@pytest.mark.parametrize("value", ["", "two\nlines", "nul\0byte", "a\r\nRSET"])
def test_a_secret_that_would_inject_a_command_is_not_sent(value: str):
    answers, box, wire = through(Script(greets=False), value=value)

    assert b"network.credential" in answers[0]
    assert (box.logins, wire.codes) == ([], [Reason.CREDENTIAL])


def test_a_recipient_that_the_server_refuses_is_the_tools_to_know():
    class Picky(Mailbox):
        async def handle_RCPT(  # noqa: N802
            self,
            _server: object,
            _session: object,
            envelope: object,
            address: str,
            _options: object,
        ) -> str:
            if address.startswith("no"):
                return "451 4.7.1 try again later"
            envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
            return "250 2.1.5 fine"

    refused, box, _ = through(send("yes@example.com", "no@example.com"), server={"box": Picky()})

    assert refused == {"no@example.com": (451, b"4.7.1 try again later")}
    assert box.mails[0][1] == ["yes@example.com"]


def test_a_server_that_hangs_up_hangs_up_inside_and_no_answer_is_made_up():
    class Rude(Mailbox):
        async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
            server.transport.abort()  # type: ignore[attr-defined]
            return "250 never said"

    def client(port: int) -> str:
        with pytest.raises(smtplib.SMTPServerDisconnected) as caught:
            send()(port)
        return type(caught.value).__name__

    _, _, wire = through(client, server={"box": Rude()})

    assert wire.codes == [Reason.UPSTREAM]


def test_a_mail_beyond_the_cap_is_not_delivered():
    limits = replace(BrokerLimits(), message_bytes=100_000, closing_s=0.2)

    def client(port: int) -> int:
        with pytest.raises((smtplib.SMTPDataError, smtplib.SMTPServerDisconnected, OSError)):
            send(text="Subject: x\n\n" + "0123456789abcde\n" * 20_000)(port)
        return 0

    _, box, wire = through(client, limits=limits, server={"data_size_limit": 10_000_000})

    assert box.mails == []
    assert wire.codes == [Reason.BYTES]


def test_another_greeting_begins_anew_at_the_server_too():
    answers, box, _ = through(Script(*BEFORE[:2], b"EHLO again\r\n", b"DATA\r\n", b"QUIT\r\n"))

    assert answers[-2].startswith(b"503")
    assert answers[-1].startswith(b"221")
    assert box.mails == []


def test_a_server_that_says_more_before_tls_begins_is_not_believed():
    _, _, wire = scripted(
        b"220 hello\r\n", b"250-hello\r\n250 STARTTLS\r\n", b"220 go ahead\r\n250 AUTH PLAIN\r\n"
    )

    assert (wire.asked, wire.codes) == ([], [Reason.TLS_REQUIRED])


@pytest.mark.parametrize("greeting", [
    b"HTTP/1.1 400 no\r\n\r\n", b"220-one\r\n250 two\r\n", b"220 " + b"x" * 200_000, b"", b"SSH-2.0\r\n",
    b"220-more\r\n" * 10_000,
], ids=lambda said: repr(said[:16]))  # fmt: skip
def test_a_host_that_is_no_mail_server_is_told_apart(greeting: bytes):
    answer, _, wire = scripted(greeting)

    assert answer.startswith(b"421 4.4.1 network.upstream")
    assert (wire.asked, wire.codes) == ([], [Reason.UPSTREAM])


def test_without_a_credential_mail_passes_as_it_is():
    refused, box, wire = through(send(), said={}, server={"auth": False, "require_starttls": False})

    assert (refused, len(box.mails), wire.codes) == ({}, 1, ["forwarded"])


def test_without_a_credential_the_tool_may_speak_tls_to_the_server_itself():
    def client(port: int) -> object:
        with smtplib.SMTP(egress.HOST, port, timeout=5) as server:
            server.starttls(context=egress.trusting(egress.INTERNET))
            return server.sendmail("a@example.com", ["b@example.com"], TEXT)

    with pytest.MonkeyPatch.context() as patch, egress.names(patch):
        _, box, wire = through(client, said={}, server={"auth": False})

    assert len(box.mails) == 1
    assert wire.codes == ["forwarded"]


def test_what_is_declared_as_mail_carries_nothing_else():
    answers, _, wire = through(
        Script(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", greets=False), said={}, server={"auth": False}
    )

    assert answers[1] == b""
    assert wire.codes == [Reason.NOT_SMTP]


def over_tls(authority: egress.Authority) -> Callable[[int], object]:
    def client(port: int) -> object:
        trust = egress.trusting(authority)
        with smtplib.SMTP_SSL(egress.HOST, port, timeout=5, context=trust) as server:
            return server.sendmail("a@example.com", ["b@example.com"], TEXT)

    return client


@pytest.mark.parametrize(("said", "authority", "logins"), [
    (CAMPAIGN, egress.INSIDE_CA, [("campaigns", SECRET)]), ({}, egress.INTERNET, []),
])  # fmt: skip
def test_mail_wrapped_in_tls_passes_with_and_without_a_credential(
    said: dict[str, object], authority: egress.Authority, logins: list[tuple[str, str]]
):
    with pytest.MonkeyPatch.context() as patch, egress.names(patch):
        port = egress.free_port()
        patch.setattr(doors, "SMTPS_PORT", port)
        patch.setattr(egress, "free_port", lambda: port)

        _, box, wire = through(
            over_tls(authority), said=said, server={"smtps": True, "auth": bool(said)}
        )

    assert (len(box.mails), box.logins, wire.codes) == (1, logins, ["forwarded"])
