"""The webhook: one signed message for each change of turn, sent until it arrives.

`tell` stores the messages. They are signed as Standard Webhooks asks; the same id comes again when an
answer was lost, so that a receiver can tell.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import base64
import hashlib
import hmac
import http.client
import ipaddress
import logging
import os
import secrets
import ssl
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from toolvet.config import VERSION, parse_stamp, stamp
from toolvet.engine.services import Services
from toolvet.engine.tell import WANTED
from toolvet.errors import ToolvetError
from toolvet.storage import View
from toolvet.storage.review_rows import OutgoingRow
from toolvet_reviews.views import DoctorLine

_log = logging.getLogger(__name__)

GIVEN_UP_AFTER = timedelta(days=3)
AT_ONCE = 20
"""Messages sent in one round."""
_TIMEOUT_S = 15.0
_STEPS_S = (5, 300, 1800, 7200, 18_000, 36_000)
"""Pauses after failed attempts; the last one stays."""
_LOOPBACK = "localhost"
_PREFIX = "whsec_"


class WebhookError(ToolvetError):
    """The webhook's address or key cannot be used."""

    code = "webhook.address"
    hint = "TOOLVET_WEBHOOK is an https address, or http to this host's loopback."


@dataclass(frozen=True)
class Target:
    """Where messages go."""

    url: SplitResult
    key: bytes

    @property
    def path(self) -> str:
        """What is asked for."""
        return (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")


def target(url: str, key_file: Path) -> Target:
    """Read the address and the key; the key is made at the first use.

    Raises:
        WebhookError: The address is none that a message may go to, or the key cannot be read.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise WebhookError(f"the webhook's address cannot be read: {error}") from error
    if parts.username or parts.password or parts.fragment or not host:
        raise WebhookError("the webhook's address has a host, and neither a password nor a #")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise WebhookError(f"{parts.scheme[:20]}://{host[:80]} is no address for a webhook")
    return Target(parts, _key(key_file))


def _is_loopback(host: str) -> bool:
    if host == _LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _key(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    except OSError as error:
        raise WebhookError(f"{path.name} cannot be made: {error.strerror}") from error
    key = secrets.token_bytes(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{_PREFIX}{base64.b64encode(key).decode()}\n")
    return key


def _read_key(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii").strip()
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (OSError, ValueError) as error:
        raise WebhookError(f"{path.name} cannot be read") from error
    if not text.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise WebhookError(
            f"{path.name} holds no key", hint="Remove it: a new one is made at the next start."
        )
    return key


def signed(key: bytes, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Write the headers that prove who sent a message, and when."""
    content = b".".join((id.encode(), str(timestamp).encode(), body))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
        "content-type": "application/json",
        "user-agent": f"toolvet/{VERSION}",
    }


async def send_due(services: Services, to: Target) -> int:
    """Send what may be sent now, one after the other; return how many arrived."""
    now = stamp(services.clock())
    due = await services.store.query(lambda view: view.notices.to_send(now, AT_ONCE))
    arrived = 0
    for row in due:
        if services.stopping.is_set():
            break
        moment = services.clock()
        headers = signed(to.key, row.id, int(moment.timestamp()), row.body)
        problem = await asyncio.to_thread(_post, to, headers, row.body)
        arrived += not problem
        if problem:
            _log.warning("a message to the webhook did not arrive: %s", problem)
        changed = _after(row, problem, stamp(services.clock()))
        await services.store.write(lambda unit, changed=changed: unit.notices.send(changed))
    return arrived


def _post(to: Target, headers: dict[str, str], body: bytes) -> str:
    """Send one message; say why it did not arrive, or nothing. Redirects are not followed."""
    host, port = to.url.hostname or "", to.url.port
    connection = (
        http.client.HTTPSConnection(
            host, port, timeout=_TIMEOUT_S, context=ssl.create_default_context()
        )
        if to.url.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
    )
    try:
        connection.request("POST", to.path, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
    return "" if 200 <= status < 300 else f"HTTP {status}"


def _after(row: OutgoingRow, problem: str, now: str) -> OutgoingRow:
    attempts = row.attempts + 1
    if not problem:
        return replace(row, attempts=attempts, state="sent")
    if parse_stamp(now) - parse_stamp(row.at) >= GIVEN_UP_AFTER:
        return replace(row, attempts=attempts, state="given_up")
    pause = timedelta(seconds=_STEPS_S[min(attempts, len(_STEPS_S)) - 1])
    return replace(row, attempts=attempts, next_at=stamp(parse_stamp(now) + pause))


def look(services: Services) -> list[DoctorLine]:
    """Say for the doctor whether messages arrive."""

    def read(view: View) -> tuple[bool, int]:
        return view.facts.get(WANTED) == "on", len(view.notices.given_up())

    wanted, lost = services.store.query_sync(read)
    if lost:
        message = f"{lost} messages to the webhook never arrived and were given up"
        hint = "See that TOOLVET_WEBHOOK leads to a receiver that answers 2xx."
        return [
            DoctorLine("webhook", ok=False, message=message, hint=hint, code="webhook.given_up")
        ]
    if not wanted:
        return []
    key = services.paths.webhook_key
    return [DoctorLine("webhook", ok=True, message=f"messages arrive, signed with {key}")]
