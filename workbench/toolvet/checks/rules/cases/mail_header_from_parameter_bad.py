import smtplib


def send(subject: str, body: str) -> None:
    server = smtplib.SMTP("mail.example.com")
    server.sendmail("a@example.com", ["b@example.com"], f"Subject: {subject}\r\n\r\n{body}")
