"""One connection to the mail server, and what came of a mail that was handed to it.

SMTP has no idempotency key. A mail is accepted by the server's reply to its last line, so until that
line is sent it was certainly not delivered, and after it only the reply can tell. `send` keeps these
cases apart; everything that guards against a second mail rests on it.
"""

import smtplib
from dataclasses import dataclass
from typing import Final, Literal

HOST: Final = "mail.example.com"
PORT: Final = 587
TIMEOUT_S: Final = 30
GREETING: Final = "campaigns.example.com"

Fate = Literal["sent", "refused", "failed", "unclear"]
"""`refused`: not delivered, another time perhaps. `failed`: not delivered, and never will be.
`unclear`: the server had all of it and did not say what it did with it."""

_GO_ON: Final = 354
_LATER: Final = 499
"""A refusal of the sender or the session is never for good for the recipient."""
_GONE: Final = (smtplib.SMTPServerDisconnected, OSError)


@dataclass(frozen=True)
class Outcome:
    """What came of one mail."""

    fate: Fate
    why: str = ""


class Postbox:
    """Sends mails one after the other; opens its connection when it needs one."""

    def __init__(self, sender: str) -> None:
        self._sender = sender
        self._smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect, unless connected.

        Raises:
            OSError: The server cannot be reached, or greets with a refusal.
        """
        if self._smtp is None:
            smtp = smtplib.SMTP(HOST, PORT, local_hostname=GREETING, timeout=TIMEOUT_S)
            smtp.ehlo_or_helo_if_needed()
            self._smtp = smtp

    @property
    def is_open(self) -> bool:
        """Tell whether there is a connection, as far as one knows without using it."""
        return self._smtp is not None

    def close(self) -> None:
        """Say goodbye, as far as somebody listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except _GONE:
            smtp.close()

    def send(self, recipient: str, mail: bytes) -> Outcome:
        """Hand over one mail, once."""
        smtp = self._smtp
        if smtp is None:
            return Outcome("refused", "no connection")
        try:
            turned_down = self._announce(smtp, recipient)
            if turned_down is not None:
                return turned_down
            smtp.send(_stuffed(mail))
        except _GONE as error:
            # a send that raised did not take the last line, without which nothing is delivered
            self._drop()
            return Outcome("refused", f"the connection broke: {type(error).__name__}")
        return self._reply(smtp)

    def _announce(self, smtp: smtplib.SMTP, recipient: str) -> Outcome | None:
        """Go as far as the mail's first line; None when the server wants it."""
        code, said = smtp.mail(self._sender)
        if code // 100 != 2:
            return self._turned_down(smtp, min(code, _LATER), said)
        code, said = smtp.rcpt(recipient)
        if code // 100 != 2:
            return self._turned_down(smtp, code, said)
        code, said = smtp.docmd("DATA")
        if code != _GO_ON:
            return self._turned_down(smtp, min(code, _LATER), said)
        return None

    def _turned_down(self, smtp: smtplib.SMTP, code: int, said: bytes) -> Outcome:
        try:
            smtp.rset()
        except _GONE:
            self._drop()
        return _refusal(code, said)

    def _reply(self, smtp: smtplib.SMTP) -> Outcome:
        """Hear what the server did with a mail that it has whole."""
        try:
            code, said = smtp.getreply()
        except _GONE:
            self._drop()
            return Outcome("unclear", "the connection broke before the server answered")
        return Outcome("sent") if code // 100 == 2 else _refusal(code, said)

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _refusal(code: int, said: bytes) -> Outcome:
    """Read a reply: 5yz is for good, everything else may pass."""
    text = said.decode("utf-8", "replace")
    why = "".join(mark for mark in text if mark.isprintable())[:200]
    return Outcome("failed" if code // 100 == 5 else "refused", f"{code} {why}")


def _stuffed(mail: bytes) -> bytes:
    """Double the dots that begin a line, and end the mail (RFC 5321, section 4.5.2)."""
    body = mail.replace(b"\r\n.", b"\r\n..")
    return (body if body.endswith(b"\r\n") else body + b"\r\n") + b".\r\n"
