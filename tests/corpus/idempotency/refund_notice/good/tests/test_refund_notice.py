from email.message import EmailMessage

import pytest

import refund_notice
from refund_notice import Refund, notify_refunds
from toolvet.sdk import Context

REFUNDS = [Refund("R-1", "ana@example.org", 1990), Refund("R-2", "bo@example.org", 505)]


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    mails: list[EmailMessage] = []
    monkeypatch.setattr(refund_notice, "deliver", mails.append)
    return mails


def test_every_customer_gets_a_mail(outbox: list[EmailMessage]) -> None:
    ctx = Context.for_tests()

    result = notify_refunds("b-1", REFUNDS, ctx)

    assert (result.sent, result.skipped, result.uncertain) == (2, 0, [])
    assert [mail["To"] for mail in outbox] == ["ana@example.org", "bo@example.org"]
    assert [mail["Subject"] for mail in outbox] == ["Your refund R-1", "Your refund R-2"]
    assert "EUR 19.90 to you" in outbox[0].get_content()
    assert "EUR 5.05 to you" in outbox[1].get_content()
    assert outbox[0]["From"] == "refunds@example.com"


def test_nobody_gets_a_second_mail(outbox: list[EmailMessage]) -> None:
    ctx = Context.for_tests()
    notify_refunds("b-1", REFUNDS[:1], ctx)

    result = notify_refunds("b-1", REFUNDS, ctx)

    assert (result.sent, result.skipped) == (1, 1)
    assert len(outbox) == 2


def test_it_says_what_it_did(outbox: list[EmailMessage]) -> None:
    ctx = Context.for_tests()

    notify_refunds("b-1", REFUNDS, ctx)

    assert [event["event"] for event in ctx.memory.logged] == ["refund.notified"] * 2
    assert [event["fields"] for event in ctx.memory.logged] == [{"refund": "R-1"}, {"refund": "R-2"}]
    assert [step["done"] for step in ctx.memory.progress] == [1, 2]
    assert len(outbox) == 2


def test_a_mail_in_doubt_is_named_and_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = Context.for_tests()

    def broken(mail: EmailMessage) -> None:
        raise ConnectionError(mail["To"])

    monkeypatch.setattr(refund_notice, "deliver", broken)
    with pytest.raises(ConnectionError):
        notify_refunds("b-1", REFUNDS, ctx)

    result = notify_refunds("b-1", REFUNDS[:1], ctx)

    assert result.uncertain == ["R-1"]
    assert result.sent == 0
