import pytest

import sms_reminder
from sms_reminder import Reminder, remind_patient
from toolvet.sdk import Context

AT = "2026-11-23 09:30"


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(sms_reminder, "send_text", lambda phone, text: sent.append((phone, text)))
    return sent


def test_a_patient_is_reminded(texts: list[tuple[str, str]]) -> None:
    ctx = Context.for_tests()

    assert remind_patient("A-1", "+4917012345", AT, ctx) == Reminder("A-1", "sent")
    assert texts == [("+4917012345", "Your appointment is on 2026-11-23 09:30.")]
    assert [event["event"] for event in ctx.memory.logged] == ["reminder.sent"]
    assert ctx.memory.logged[0]["fields"] == {"appointment": "A-1"}


def test_nobody_is_reminded_twice(texts: list[tuple[str, str]]) -> None:
    ctx = Context.for_tests()
    remind_patient("A-1", "+4917012345", AT, ctx)

    assert remind_patient("A-1", "+4917012345", AT, ctx) == Reminder("A-1", "sent before")
    assert len(texts) == 1


def test_a_message_that_failed_is_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = Context.for_tests()

    def broken(phone: str, text: str) -> None:
        raise TimeoutError(phone + text)

    monkeypatch.setattr(sms_reminder, "send_text", broken)
    with pytest.raises(TimeoutError):
        remind_patient("A-1", "+4917012345", AT, ctx)

    assert remind_patient("A-1", "+4917012345", AT, ctx) == Reminder("A-1", "uncertain")
    assert ctx.memory.logged[-1]["event"] == "reminder.uncertain"
    assert ctx.memory.logged[-1]["fields"] == {"appointment": "A-1"}


def test_the_provider_answers() -> None:
    sms_reminder.send_text("+4917012345", "Hello")
