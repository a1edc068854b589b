import smtplib
from email.message import EmailMessage


def send(subject: str, body: str) -> None:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content(body)
    server = smtplib.SMTP("mail.example.com")
    server.send_message(message)
