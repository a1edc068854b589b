"""Remind one patient of an appointment by text message, once."""

import json
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.request import Request, urlopen

from toolvet.sdk import Context, MaxLen, Pattern

MESSAGES = "https://sms.example.com/messages"


@dataclass(frozen=True)
class Reminder:
    """What became of a reminder."""

    appointment_id: str
    state: Literal["sent", "sent before", "uncertain"]


def remind_patient(
    appointment_id: Annotated[str, MaxLen(20), Pattern(r"^A-[0-9]+$")],
    phone: Annotated[str, Pattern(r"^\+[0-9]{6,15}$")],
    at: Annotated[str, Pattern(r"^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}$")],
    ctx: Context,
) -> Reminder:
    """Remind one patient of an appointment by text message, once.

    Args:
        appointment_id: The appointment.
        phone: Number of the patient, with its country.
        at: Day and time of the appointment, as the clinic's clocks show it.
        ctx: Given by the platform.

    Returns:
        Whether the message was sent now or before, or whether that is in doubt.
    """
    with ctx.once(appointment_id) as step:
        if step.state == "done":
            return Reminder(appointment_id, "sent before")
        if step.state == "uncertain":
            ctx.log.warning("reminder.uncertain", appointment=appointment_id)
            return Reminder(appointment_id, "uncertain")
        send_text(phone, f"Your appointment is on {at}.")
    ctx.log.info("reminder.sent", appointment=appointment_id)
    return Reminder(appointment_id, "sent")


def send_text(phone: str, text: str) -> None:
    """Hand one message to the provider."""
    body = json.dumps({"to": phone, "text": text}).encode()
    request = Request(MESSAGES, body, {"Content-Type": "application/json"}, method="POST")
    with urlopen(request, timeout=20) as reply:
        reply.read(1000)
