"""A refund is announced once."""

from email.message import EmailMessage

import pytest

import notice
from notice import refund_notice
from toolvet.sdk import Context


class Mailbox:
    """Takes mails in place of a server."""

    sent: list[EmailMessage] = []

    def __init__(self, host: str, port: int, timeout: float) -> None:
        assert (host, port, timeout) == ("mail.example.com", 587, 10)

    def __enter__(self) -> "Mailbox":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def send_message(self, message: EmailMessage) -> None:
        """Keep a mail."""
        self.sent.append(message)


@pytest.fixture(autouse=True)
def mailbox(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """Stand in for the mail server."""
    monkeypatch.setattr(notice.smtplib, "SMTP", Mailbox)
    Mailbox.sent = []
    return Mailbox.sent


def test_a_refund_is_announced_once(mailbox: list[EmailMessage]) -> None:
    ctx = Context.for_tests()

    assert refund_notice(ctx, "r-1", "ana@example.org", 1250) == "sent"
    assert refund_notice(ctx, "r-1", "ana@example.org", 1250) == "sent before"
    assert len(Mailbox.sent) == 1


def test_the_mail_names_the_amount_and_goes_to_the_customer() -> None:
    refund_notice(Context.for_tests(), "r-1", "ana@example.org", 1250)

    (mail,) = Mailbox.sent
    assert mail["To"] == "ana@example.org"
    assert mail["From"] == "refunds@example.com"
    assert mail["Subject"] == "Your refund is on its way"
    assert mail.get_content().strip() == "We refund 12.50 EUR to you."


def test_a_run_that_broke_off_is_not_repeated() -> None:
    ctx = Context.for_tests()
    ctx.memory.steps["r-1"] = {"state": "uncertain", "outcome": None}

    assert refund_notice(ctx, "r-1", "ana@example.org", 1250) == "uncertain"
    assert Mailbox.sent == []


def test_a_mail_that_was_sent_is_not_sent_again_without_its_record() -> None:
    ctx = Context.for_tests()
    ctx.memory.steps["r-1"] = {"state": "done", "outcome": "sent"}

    assert refund_notice(ctx, "r-1", "ana@example.org", 1250) == "sent before"
    assert Mailbox.sent == []
    assert ctx.memory.collections["refund_notices"]["r-1"]["amount_cents"] == 1250


def test_what_was_sent_is_kept_and_logged() -> None:
    ctx = Context.for_tests()

    refund_notice(ctx, "r-1", "ana@example.org", 1250)

    assert ctx.memory.collections["refund_notices"]["r-1"]["amount_cents"] == 1250
    assert [one["event"] for one in ctx.memory.logged] == ["refund_notice_sent"]
