import smtplib
from email.message import EmailMessage


def send(server: smtplib.SMTP, subject: str) -> None:
    # ruleid: mail-header-from-parameter
    server.sendmail("a@example.com", ["b@example.com"], f"Subject: {subject}\n\nHello")


def send_glued(server: smtplib.SMTP, to: str, body: str) -> None:
    lines = ["From: a@example.com", "To: " + to, "", body]
    # ruleid: mail-header-from-parameter
    server.sendmail("a@example.com", "b@example.com", "\r\n".join(lines))


def send_message(server: smtplib.SMTP, subject: str) -> None:
    message = EmailMessage()
    message["Subject"] = subject
    # ok: mail-header-from-parameter
    server.sendmail("a@example.com", ["b@example.com"], message.as_string())


def one_line(server: smtplib.SMTP, subject: str) -> None:
    if "\n" in subject or "\r" in subject:
        raise ValueError("one line, please")
    # ok: mail-header-from-parameter
    server.sendmail("a@example.com", ["b@example.com"], f"Subject: {subject}\n\nHello")
