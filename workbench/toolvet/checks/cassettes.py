"""What a bundle's `cassettes/*.json` say that the world answers: recorded replies, for the fakes.

They are the author's claims about other systems, and are shown as such. Each file is data, read
strictly and capped like arguments; docs/effects.md has the format.
"""

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from toolvet_reviews import canonical
from toolvet_reviews.errors import ReviewError, SpecError
from toolvet_reviews.fields import Table
from toolvet_reviews.findings import Finding
from toolvet_reviews.spec_effects import METHODS
from toolvet_reviews.values import Json, JsonObject

FOLDER = "cassettes/"
CASSETTE_SCHEMA = "toolvet/cassette/v1"
MOST_EXCHANGES = 500
"""Of all cassettes of a bundle together, and of refused recipients likewise."""
_MOST_REPLIES = 50
_LONGEST_URL = 4000
_LONGEST_BODY = 200_000
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HEADER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_FRAMING = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"})
_MAIL_REPLY = re.compile(r"[45][0-9][0-9] [ -~]{1,200}\Z")
_SHOWN_BODY = 2000


class Request(NamedTuple):
    """One HTTP request, as fakes and recordings compare it."""

    method: str
    origin: str
    """`https://api.example.com`, with a port unless it is the usual one."""
    path: str
    query: str = ""
    body: bytes = b""

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.origin}{self.path}{'?' if self.query else ''}{self.query}"


class Reply(NamedTuple):
    """A recorded answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Exchange:
    """A recorded request with the replies it got, one after the other; the last one lasts."""

    request: Request
    any_body: bool
    """The recording names no body: whatever is sent fits."""
    replies: tuple[Reply, ...]

    def fits(self, asked: Request) -> bool:
        """Tell whether a request is the recorded one; a query's order does not matter."""
        ours = self.request
        if (ours.method, ours.origin, ours.path) != (asked.method, asked.origin, asked.path):
            return False
        if _pairs(ours.query) != _pairs(asked.query):
            return False
        return self.any_body or _same_body(ours.body, asked.body)


@dataclass(frozen=True)
class Cassettes:
    """All that a bundle recorded."""

    exchanges: tuple[Exchange, ...] = ()
    refusals: tuple[tuple[str, str], ...] = ()
    """Mail recipients that are refused, and the reply that says so."""


class Playback:
    """One run's way through the recordings: each exchange from its first reply."""

    def __init__(self, cassettes: Cassettes) -> None:
        self._cassettes = cassettes
        self._played: Counter[int] = Counter()

    def answer(self, asked: Request) -> Reply | None:
        """Give the reply that was recorded for a request; None when none was."""
        for number, exchange in enumerate(self._cassettes.exchanges):
            if exchange.fits(asked):
                turn = min(self._played[number], len(exchange.replies) - 1)
                self._played[number] += 1
                return exchange.replies[turn]
        return None


def read(files: Mapping[str, bytes]) -> tuple[Cassettes, tuple[Finding, ...]]:
    """Read every cassette of a bundle; one that cannot be read is a finding."""
    exchanges: list[Exchange] = []
    refusals: list[tuple[str, str]] = []
    findings: list[Finding] = []
    for path in sorted(files):
        if not path.startswith(FOLDER) or not path.endswith(".json"):
            continue
        try:
            one = _cassette(Table(canonical.parse(files[path]), ""))
        except ReviewError as error:
            findings.append(_unreadable(path, error))
            continue
        exchanges += one.exchanges
        refusals += one.refusals
    for name, items in (("exchanges", exchanges), ("refusals", refusals)):
        if len(items) > MOST_EXCHANGES:
            findings.append(_too_many(name, len(items)))
    most = MOST_EXCHANGES
    kept = Cassettes(tuple(exchanges[:most]), tuple(refusals[:most]))
    return kept, tuple(findings)


def entry_for(asked: Request) -> str:
    """Write the entry that is missing: what was asked for, with a reply to fill in."""
    request: JsonObject = {"method": asked.method, "url": asked.url[:_LONGEST_URL]}
    if asked.body:
        sent = _parsed(asked.body)
        if sent is not None and len(asked.body) <= _SHOWN_BODY:
            request["json"] = sent
        elif len(asked.body) <= _SHOWN_BODY and _is_text(asked.body):
            request["text"] = asked.body.decode()
    entry: JsonObject = {"request": request, "reply": {"status": 200, "json": {}}}
    return json.dumps(entry, ensure_ascii=True)


def origin(protocol: str, host: str, port: int) -> str:
    """Write where a request goes as recordings name it."""
    shown = f"[{host}]" if ":" in host else host
    usual = _DEFAULT_PORTS.get(protocol) == port
    return f"{protocol}://{shown}" if usual else f"{protocol}://{shown}:{port}"


# --- reading ---------------------------------------------------------------------------------


def _cassette(table: Table) -> Cassettes:
    table.choice("schema", (CASSETTE_SCHEMA,))
    found = Cassettes(
        exchanges=table.each("exchanges", _exchange, most=MOST_EXCHANGES),
        refusals=table.each("mail", _refusal, most=MOST_EXCHANGES),
    )
    table.done()
    return found


def _exchange(table: Table) -> Exchange:
    request, any_body = _request(table.table("request"))
    if table.has("reply") == table.has("replies"):
        raise table.error("reply", "expected either reply or replies")
    if table.has("reply"):
        replies = (_reply(table.table("reply")),)
    else:
        replies = table.each("replies", _reply, most=_MOST_REPLIES)
        if not replies:
            raise table.error("replies", "expected at least one")
    table.done()
    return Exchange(request, any_body, replies)


def _request(table: Table) -> tuple[Request, bool]:
    method = table.choice("method", METHODS)
    url = table.text("url", longest=_LONGEST_URL)
    body = _body(table)
    table.done()
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
        host = parts.hostname or ""
    except ValueError as error:
        raise table.error("url", f"is no address: {error}") from error
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username or parts.fragment:
        hint = "Such as https://api.example.com/v1/clients?page=1."
        raise table.error("url", "expected http or https, a host and a path", hint=hint)
    place = origin(parts.scheme, host, port)
    return Request(method, place, parts.path or "/", parts.query, body or b""), body is None


def _reply(table: Table) -> Reply:
    status = table.integer("status", 200, least=200, most=599)
    headers = _headers(table)
    has_json = table.has("json")
    body = _body(table) or b""
    if has_json and not any(name == "content-type" for name, _ in headers):
        headers = (("content-type", "application/json"), *headers)
    table.done()
    return Reply(status, headers, body)


def _headers(table: Table) -> tuple[tuple[str, str], ...]:
    if not table.has("headers"):
        return ()
    found: list[tuple[str, str]] = []
    for name, value in table.object("headers").items():
        if not _HEADER.match(name.lower()) or name.lower() in _FRAMING:
            raise table.error("headers", f"{name[:60]!r} cannot be recorded")
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise table.error("headers", f"{name[:60]} expects one line of text")
        found.append((name.lower(), value))
    return tuple(found)


def _body(table: Table) -> bytes | None:
    """Read a body in one of three forms; None when there is none."""
    given = [name for name in ("json", "text", "base64") if table.has(name)]
    if len(given) > 1:
        raise table.error(given[1], f"a body has one form, and {given[0]} is there already")
    if not given:
        return None
    if given[0] == "json":
        return canonical.dumps(table.raw("json"))
    text = table.text(given[0], longest=_LONGEST_BODY)
    if given[0] == "text":
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise table.error("base64", "is no base64") from error


def _refusal(table: Table) -> tuple[str, str]:
    recipient = table.text("to", longest=320).lower()
    reply = table.text("reply", longest=220)
    if not _MAIL_REPLY.match(reply):
        raise table.error("reply", "expected a refusal such as `452 4.2.2 Mailbox full`")
    table.done()
    return recipient, reply


# --- comparing -------------------------------------------------------------------------------


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return sorted(parse_qsl(query, keep_blank_values=True, max_num_fields=500))
    except ValueError:
        return [(query, "")]


def _same_body(ours: bytes, theirs: bytes) -> bool:
    if ours == theirs:
        return True
    wanted, given = _parsed(ours), _parsed(theirs)
    return wanted is not None and given is not None and _same(wanted, given)


def _same(one: Json, other: Json) -> bool:
    return canonical.dumps(one) == canonical.dumps(other)


def _parsed(body: bytes) -> Json:
    """Read a body as JSON; None when it is none, or `null`."""
    try:
        return canonical.parse(body)
    except ReviewError:
        return None


def _is_text(body: bytes) -> bool:
    try:
        return body.decode().isprintable()
    except UnicodeDecodeError:
        return False


# --- findings --------------------------------------------------------------------------------


def _unreadable(path: str, error: ReviewError) -> Finding:
    place = f" ({error.place})" if isinstance(error, SpecError) and error.place else ""
    return Finding(
        "examples.cassette", "error", f"{path} cannot be played: {error}{place}"[:500], path,
        category="cassettes", why="A recording that cannot be read answers nothing.",
        fix=error.hint or "docs/effects.md has the format.",
    )  # fmt: skip


def _too_many(name: str, count: int) -> Finding:
    return Finding(
        "examples.cassette", "error", f"{count} {name} are recorded; at most {MOST_EXCHANGES} are played.",
        category="cassettes", fix="Record less.",
    )  # fmt: skip
