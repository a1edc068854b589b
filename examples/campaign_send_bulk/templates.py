"""The texts this release was approved with, and how one becomes the mail to a recipient.

They lie in the bundle on purpose. What a reviewer approves is what recipients read; another text is
another revision, with a diff of this file.
"""

import hashlib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from string import Template
from typing import Final

from toolvet.sdk import ToolError

SENDER: Final = "campaigns@example.com"
DOMAIN: Final = "campaigns.example.com"


class UnknownTemplateError(ToolError):
    """No template of that name was approved; likely a misspelling."""


class VariablesError(ToolError):
    """The variables are not exactly those of the template."""


@dataclass(frozen=True)
class Text:
    """One approved text; `$name` stands for a variable."""

    subject: str
    body: str


TEMPLATES: Final = {
    "spring_offer": Text(
        subject="$percent % off until $until",
        body="""Hello,

this spring everything in our shop is $percent % cheaper, until $until.
Nothing to enter: the price you see is the price you pay.

You get this mail because you asked for our offers. To end that, answer with "stop".
""",
    ),
    "terms_change": Text(
        subject="Our terms change on $date",
        body="""Hello,

our terms change on $date. What is different: $summary

You need not do anything. If you do not agree, you may leave until that day.
""",
    ),
}


class Mailing:
    """One template with its variables filled in: the same mail for everybody but its address."""

    def __init__(self, template_id: str, variables: dict[str, str], campaign_id: str) -> None:
        text = TEMPLATES.get(template_id)
        if text is None:
            known = ", ".join(sorted(TEMPLATES))
            raise UnknownTemplateError(f"no template {template_id!r}; known: {known}")
        self._name = f"{campaign_id}/{template_id}"
        self._rest = _without_address(_filled(text, variables))

    def message_id(self, recipient: str) -> str:
        """Name the mail to one recipient; the same in every run, so that it can be looked up."""
        name = hashlib.sha256(f"{self._name}/{recipient.lower()}".encode()).hexdigest()
        return f"<{name[:32]}@{DOMAIN}>"

    def mail_to(self, recipient: str) -> bytes:
        """Write the mail as SMTP sends it.

        Args:
            recipient: One address, as the pattern of the tool's argument admits it: ASCII without
                white space or control characters, so that it cannot end its header.
        """
        head = f"To: {recipient}\r\nMessage-ID: {self.message_id(recipient)}\r\n"
        return head.encode("ascii") + self._rest


def _filled(text: Text, variables: dict[str, str]) -> Text:
    subject, body = Template(text.subject), Template(text.body)
    wanted = {*subject.get_identifiers(), *body.get_identifiers()}
    if wanted != variables.keys():
        raise VariablesError(f"the template takes {', '.join(sorted(wanted))}, no more, no less")
    return Text(subject.substitute(variables), body.substitute(variables))


def _without_address(text: Text) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = SENDER
    message["Subject"] = text.subject
    message.set_content(text.body)
    return message.as_bytes()
