from email.message import EmailMessage

import pytest

import overdue_reminder
from overdue_reminder import Invoice, remind_overdue
from toolvet.sdk import Context

INVOICES = [Invoice("I-1", "a@example.org"), Invoice("I-2", "b@example.org")]


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    mails: list[EmailMessage] = []

    def deliver(mail: EmailMessage) -> bool:
        mails.append(mail)
        return True

    monkeypatch.setattr(overdue_reminder, "deliver", deliver)
    return mails


def test_each_customer_is_reminded(outbox: list[EmailMessage]) -> None:
    ctx = Context.for_tests()

    result = remind_overdue("2026-11", 2, INVOICES, ctx)

    assert (result.sent, result.skipped, result.failed) == (2, 0, {})
    assert [mail["To"] for mail in outbox] == ["a@example.org", "b@example.org"]
    assert outbox[0]["Subject"] == "Reminder 2 for invoice I-1"
    assert outbox[0]["From"] == "billing@example.com"
    assert "please pay invoice I-2 within" in outbox[1].get_content()


def test_nobody_is_reminded_twice_at_one_stage(outbox: list[EmailMessage]) -> None:
    ctx = Context.for_tests()
    remind_overdue("2026-11", 1, INVOICES[:1], ctx)

    result = remind_overdue("2026-11", 1, INVOICES, ctx)

    assert (result.sent, result.skipped) == (1, 1)
    assert remind_overdue("2026-11", 2, INVOICES, ctx).sent == 2
    assert len(outbox) == 4


def test_a_mail_in_doubt_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = Context.for_tests()

    def broken(mail: EmailMessage) -> bool:
        raise ConnectionError(mail["To"])

    monkeypatch.setattr(overdue_reminder, "deliver", broken)
    with pytest.raises(ConnectionError):
        remind_overdue("2026-11", 1, INVOICES, ctx)

    assert remind_overdue("2026-11", 1, INVOICES[:1], ctx).uncertain == ["I-1"]


def test_the_account_is_logged(outbox: list[EmailMessage]) -> None:
    ctx = Context.for_tests()

    remind_overdue("2026-11", 3, INVOICES, ctx)

    [event] = ctx.memory.logged
    assert event["event"] == "reminders.finished"
    assert event["fields"] == {"stage": 3, "sent": 2, "failed": 0}
    assert [step["done"] for step in ctx.memory.progress] == [1, 2]
    assert len(outbox) == 2


def test_an_address_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overdue_reminder, "deliver", lambda mail: mail["To"] != "b@example.org")

    result = remind_overdue("2026-11", 1, INVOICES, Context.for_tests())

    assert result.sent == 1
    assert result.failed == {"I-2": "the address refused the mail"}
