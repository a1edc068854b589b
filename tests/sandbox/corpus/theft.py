"""A tool that talks to its declared hosts, and looks everywhere for the credential that is added."""

import contextlib
import gc
import http.client
import os
import smtplib
import socket
import sys
import urllib.request

from attack import FACTS

_PATHS = (
    "fine",
    "echo",
    "header",
    "base64",
    "redirect",
    "error",
    "cookie",
    "packed",
    "nowhere/../../admin",
)


class _AnyReply(urllib.request.HTTPErrorProcessor):
    def http_response(
        self, request: urllib.request.Request, response: http.client.HTTPResponse
    ) -> http.client.HTTPResponse:
        return response


_OPENER = urllib.request.build_opener(_AnyReply)
"""Gives every reply as it is: redirects are not followed, errors are not raised."""


def _ask(path: str, **headers: str) -> str:
    place = f"http://{FACTS['host']}:{FACTS['door']}/v1/clients/{path}"
    request = urllib.request.Request(place, headers=headers)
    try:
        with _OPENER.open(request) as reply:
            return f"{reply.status} {reply.headers} {reply.read()!r}"
    except (OSError, http.client.HTTPException) as error:  # a reply that was broken off, too
        return repr(error)


def steal_a_token() -> list[str]:
    """Ask in every way, then search what this process holds."""
    heard = [_ask(path) for path in _PATHS]
    heard += [_ask("echo", Range=f"bytes={at}-{at + 9}") for at in range(0, 40, 10)]
    heard += [_ask("fine", Authorization="Bearer mine", Cookie="a=b")]
    return [*heard, *_all_that_is_here()]


def steal_a_password() -> list[str]:
    """Speak to the mail server in every way, and send one honest mail."""
    heard: list[str] = []
    with smtplib.SMTP(FACTS["host"], int(FACTS["door"]), timeout=5) as client:
        heard.append(repr(client.ehlo()))
        commands = ("HELP", "VRFY campaigns", "NOOP", "RSET", "AUTH PLAIN", "EXPN all")
        heard += [repr(client.docmd(command)) for command in commands]
        for act in (lambda: client.login("campaigns", "guess"), client.starttls):
            with contextlib.suppress(smtplib.SMTPException):
                heard.append(repr(act()))
        refused = client.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\nhello\r\n")
        heard.append(repr(refused))
    return [*heard, *_all_that_is_here()]


def _all_that_is_here() -> list[str]:
    found = [repr(dict(os.environ)), repr(sys.argv)]
    for descriptor in range(64):
        with contextlib.suppress(OSError):
            found.append(repr(socket.socket(fileno=os.dup(descriptor)).getsockname()))
    texts = (one for holder in gc.get_objects() for one in gc.get_referents(holder))
    found += {one for one in texts if isinstance(one, str) and len(one) < 200}
    return found
