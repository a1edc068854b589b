"""At most one mail for each recipient, whatever breaks, and an account that is true."""

import smtplib
import time
from collections import Counter

import pytest

import postbox
from campaign import MailServerUnavailableError, send_campaign
from dispatch import CONNECTIONS, Desk, _Pace
from ledger import TWICE, Ledger
from postbox import Outcome
from templates import Mailing, UnknownTemplateError, VariablesError
from toolvet.sdk import BatchResult, Context

VALUES = {"percent": "20", "until": "31 March"}
SOME = [f"person{number}@example.org" for number in range(40)]


class PowerCutError(Exception):
    """Stands for a process that is killed."""


class FakeServer:
    """What all connections talk to: takes mails, or does with one what a test says."""

    def __init__(self) -> None:
        self.mailbox: list[str] = []
        self.mails: list[bytes] = []
        self.replies: dict[str, list[int]] = {}
        """By recipient: codes that RCPT answers first."""
        self.breaks: dict[str, str] = {}
        """By recipient: `before` or `after` its mail, or `kept`: after, and it was delivered."""
        self.is_down = False
        self.mail_code = 250

    def counts(self) -> Counter[str]:
        return Counter(self.mailbox)


class FakeSmtp:
    """As much of `smtplib.SMTP` as a connection uses."""

    server: FakeServer

    def __init__(self, *_: object, **__: object) -> None:
        if self.server.is_down:
            raise ConnectionRefusedError
        self.to = ""

    def ehlo_or_helo_if_needed(self) -> None:
        pass

    def mail(self, sender: str) -> tuple[int, bytes]:
        return self.server.mail_code, sender.encode()

    def rcpt(self, recipient: str) -> tuple[int, bytes]:
        self.to = recipient
        codes = self.server.replies.get(recipient)
        return (codes.pop(0), b"not now\r\n") if codes else (250, b"OK")

    def docmd(self, command: str) -> tuple[int, bytes]:
        if self.server.breaks.get(self.to) == "before":
            del self.server.breaks[self.to]
            raise smtplib.SMTPServerDisconnected
        return 354, command.encode()

    def send(self, mail: bytes) -> None:
        self.server.mails.append(mail)

    def getreply(self) -> tuple[int, bytes]:
        how = self.server.breaks.pop(self.to, "")
        if how != "after":
            self.server.mailbox.append(self.to)
        if how:
            raise smtplib.SMTPServerDisconnected
        return 250, b"OK"

    def rset(self) -> tuple[int, bytes]:
        return 250, b"OK"

    def quit(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    made = FakeServer()
    monkeypatch.setattr(FakeSmtp, "server", made, raising=False)
    monkeypatch.setattr(postbox.smtplib, "SMTP", FakeSmtp)
    monkeypatch.setattr("dispatch.RECONNECTS", (0.0,))
    return made


def send(ctx: Context, recipients: list[str], **more: object) -> BatchResult:
    settled = more.get("settled")
    return send_campaign(
        "spring_offer", recipients, VALUES, "c1", ctx, settled, per_second=10_000.0
    )


def test_everybody_gets_one_mail_and_spelling_makes_no_second(server: FakeServer) -> None:
    result = send(Context.for_tests(), [*SOME, SOME[0].upper()])

    assert (result.sent, result.skipped, result.is_complete) == (40, 0, True)
    assert server.counts() == dict.fromkeys(SOME, 1)


def test_a_second_call_sends_nothing_and_added_recipients_are_sent_alone(
    server: FakeServer,
) -> None:
    ctx = Context.for_tests()
    send(ctx, SOME[:30])

    again, grown = send(ctx, SOME[:30]), send(ctx, SOME)

    assert (again.sent, again.skipped) == (0, 30)
    assert (grown.sent, grown.skipped) == (10, 30)
    assert server.counts() == dict.fromkeys(SOME, 1)


def test_who_is_refused_for_now_is_exactly_who_the_next_call_sends_to(server: FakeServer) -> None:
    ctx = Context.for_tests()
    server.replies = {SOME[3]: [450], SOME[7]: [421]}

    first, second = send(ctx, SOME), send(ctx, SOME)

    assert sorted(first.retry) == sorted([SOME[3], SOME[7]])
    assert (second.sent, second.skipped, second.retry) == (2, 38, [])
    assert server.counts() == dict.fromkeys(SOME, 1)


def test_who_does_not_exist_failed_for_good_and_is_put_aside_once(server: FakeServer) -> None:
    ctx = Context.for_tests()
    server.replies = {SOME[5]: [550]}

    first, second = send(ctx, SOME), send(ctx, SOME)

    assert first.failed == second.failed == {SOME[5]: "550 not now"}
    assert [letter["item"] for letter in ctx.memory.dead_letters] == [{"recipient": SOME[5]}]


def test_a_connection_that_breaks_before_the_mail_is_made_anew(server: FakeServer) -> None:
    ctx = Context.for_tests()
    server.breaks = {SOME[2]: "before", SOME[9]: "before"}

    assert send(ctx, SOME).sent == 40
    assert server.counts() == dict.fromkeys(SOME, 1)


def test_who_breaks_every_connection_is_tried_again_in_the_next_call(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = Context.for_tests()

    kept = FakeSmtp.docmd

    def break_off(smtp: FakeSmtp, command: str) -> tuple[int, bytes]:
        if command == "DATA" and smtp.to == SOME[2]:
            raise smtplib.SMTPServerDisconnected
        return kept(smtp, command)

    with monkeypatch.context() as patch:
        patch.setattr(FakeSmtp, "docmd", break_off)
        first = send(ctx, SOME)

    assert (first.sent, first.retry) == (39, [SOME[2]])
    assert send(ctx, SOME).sent == 1
    assert server.counts() == dict.fromkeys(SOME, 1)


@pytest.mark.parametrize("how", ["after", "kept"])
def test_a_mail_the_server_did_not_answer_for_is_in_doubt_and_stays_so(
    server: FakeServer, how: str
) -> None:
    ctx = Context.for_tests()
    server.breaks = {SOME[2]: how}

    first, second = send(ctx, SOME), send(ctx, SOME)

    assert first.uncertain == second.uncertain == [SOME[2]]
    assert (second.sent, second.skipped) == (0, 39)
    assert server.counts()[SOME[2]] == (how == "kept")


def test_a_doubt_is_settled_by_what_the_servers_log_says(server: FakeServer) -> None:
    ctx = Context.for_tests()
    server.breaks = {SOME[2]: "after", SOME[3]: "kept"}
    send(ctx, SOME)

    result = send(ctx, SOME, settled={SOME[2]: "not_sent", SOME[3]: "sent", SOME[4]: "not_sent"})

    assert (result.sent, result.skipped, result.is_complete) == (1, 39, True)
    assert server.counts() == dict.fromkeys(SOME, 1)


def test_a_word_about_the_first_doubt_does_not_settle_the_second(server: FakeServer) -> None:
    ctx = Context.for_tests()
    server.breaks = {SOME[2]: "after"}
    send(ctx, SOME)
    server.breaks = {SOME[2]: "kept"}
    send(ctx, SOME, settled={SOME[2]: "not_sent"})

    result = send(ctx, SOME, settled={SOME[2]: "not_sent"})

    assert result.failed == {SOME[2]: TWICE}
    assert server.counts() == dict.fromkeys(SOME, 1)


def test_a_run_killed_halfway_leaves_one_in_doubt_for_each_connection(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, kept = Context.for_tests(), Ledger.write

    def power_cut(ledger: Ledger, ends: list[tuple[str, Outcome]], begins: list[str]) -> None:
        if len(server.mailbox) >= 20:
            raise PowerCutError
        kept(ledger, ends, begins)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "write", power_cut)
        with pytest.raises(PowerCutError):
            send(ctx, SOME)
    result = send(ctx, SOME)

    assert 0 < len(result.uncertain) <= CONNECTIONS
    assert result.sent + result.skipped + len(result.uncertain) == len(SOME)
    assert set(server.counts().values()) == {1}
    assert set(SOME) - set(server.mailbox) <= set(result.uncertain)


def test_a_server_that_is_down_is_no_one_of_the_recipients_failure(server: FakeServer) -> None:
    ctx = Context.for_tests()
    server.is_down = True

    with pytest.raises(MailServerUnavailableError):
        send(ctx, SOME)
    server.is_down = False

    assert send(ctx, SOME).sent == 40


def test_a_sender_who_is_turned_down_is_no_one_of_the_recipients_failure(
    server: FakeServer,
) -> None:
    ctx = Context.for_tests()
    server.mail_code = 530

    result = send(ctx, SOME)

    assert (sorted(result.retry), result.failed) == (sorted(SOME), {})


def test_the_log_names_no_recipient(server: FakeServer) -> None:
    ctx = Context.for_tests()
    server.breaks, server.replies = {SOME[2]: "after"}, {SOME[5]: [550]}

    send(ctx, SOME)

    assert "example.org" not in str(ctx.memory.logged)


def test_a_mail_is_whole_ends_once_and_is_named_alike_in_every_run(server: FakeServer) -> None:
    send(Context.for_tests(), SOME[:1])

    [mail] = server.mails
    name = Mailing("spring_offer", VALUES, "c1").message_id(SOME[0].upper())
    assert mail.startswith(f"To: {SOME[0]}\r\nMessage-ID: {name}\r\nFrom: ".encode())
    assert b"Subject: 20 % off until 31 March\r\n" in mail
    assert mail.count(b"\r\n.\r\n") == 1
    assert mail.endswith(b"\r\n.\r\n")
    assert b"\n" not in mail.replace(b"\r\n", b"")


def test_a_line_that_begins_with_a_dot_does_not_end_the_mail() -> None:
    assert postbox._stuffed(b"a\r\n.\r\nb") == b"a\r\n..\r\nb\r\n.\r\n"


@pytest.mark.parametrize("values", [{}, {"percent": "20"}, {**VALUES, "more": "x"}])
def test_variables_are_exactly_those_of_the_template(values: dict[str, str]) -> None:
    with pytest.raises(VariablesError):
        Mailing("spring_offer", values, "c1")


def test_only_approved_templates_are_sent() -> None:
    with pytest.raises(UnknownTemplateError):
        Mailing("my_own", {}, "c1")


def test_the_pace_is_kept_and_saves_up_only_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("dispatch.time.monotonic", lambda: now[0])
    pace = _Pace(2.0, burst=3)

    assert (pace.take(9), pace.take(9), pace.wait_s()) == (3, 0, 0.5)
    now[0] += 1.0
    assert pace.take(9) == 2
    now[0] += 100.0
    assert pace.take(9) == 3


def test_a_slow_pace_does_not_hold_the_end_up(server: FakeServer) -> None:
    ctx = Context.for_tests()
    ledger = Ledger(ctx, "c1", "spring_offer")

    mailing = Mailing("spring_offer", VALUES, "c1")
    tally = Desk(ledger, mailing, 0.1, 60.0, lambda _: None).send(SOME[:2])

    assert {outcome.fate for outcome in tally.fates.values()} == {"sent"}


def test_when_the_time_is_over_the_rest_is_for_the_next_call(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, real = Context.for_tests(), time.monotonic
    moved = [0.0]

    def later() -> float:
        moved[0] += 0.2 * len(server.mailbox)
        return real() + moved[0]

    with monkeypatch.context() as patch:
        patch.setattr("dispatch.time.monotonic", later)
        first = send(ctx, SOME)
    second = send(ctx, SOME)

    assert 0 < first.sent < 40
    assert len(first.retry) == second.sent == 40 - first.sent
    assert server.counts() == dict.fromkeys(SOME, 1)
