"""A broker between real clients and real servers, all on loopback.

Servers listen on 127.0.0.1, the inside on 127.0.1.1 at the same port; a `Wire` makes names lead to
the inside for clients that run in threads, as the hosts file of a run does.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
import uvicorn
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from toolvet.sandbox import Endpoint
from toolvet.sandbox.broker import Authority, Broker, BrokerLimits, NetworkEvent
from toolvet_reviews.bundle import Credential, NetworkRule

INSIDE = "127.0.1.1"
HOST = "api.example.com"
SECRET = "s3cret-of-the-operator"

INTERNET = Authority()
"""Signs for the servers of these tests."""
INSIDE_CA = Authority()


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.pem().decode())


def free_port() -> int:
    """A port that is free at both addresses."""
    with socket.create_server((INSIDE, 0)) as listener:
        return int(listener.getsockname()[1])


def listening(port: int) -> socket.socket:
    """Listen outside; by its protocol's number, or asyncio would let small answers wait."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    return listener


def rule(port: int, protocol: str = "https", **said: Any) -> NetworkRule:
    secret = said.pop("secret", "")
    if secret:
        said["credential"] = Credential("TOKEN", secret, said.pop("user", ""))
    return NetworkRule(said.pop("host", HOST), port, protocol, **said)


Resolver = Callable[[str, int], Coroutine[Any, Any, Sequence[str]]]


async def to_loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@dataclass
class Wire:
    """One broker with its inside listeners open."""

    broker: Broker
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Secrets and hosts that were asked for."""

    @property
    def events(self) -> tuple[NetworkEvent, ...]:
        return self.broker.events

    @property
    def codes(self) -> list[str]:
        return [event.code or event.verdict for event in self.events]


@contextlib.asynccontextmanager
async def broker(
    *rules: NetworkRule,
    resolver: Resolver = to_loopback,
    private: frozenset[str] | None = None,
    limits: BrokerLimits | None = None,
    secret: str = SECRET,
) -> AsyncGenerator[Wire, None]:
    asked: list[tuple[str, str]] = []

    def credentials(name: str, host: str) -> str:
        asked.append((name, host))
        return secret

    usual = replace(BrokerLimits(), closing_s=0.2)
    made = Broker(
        rules,
        credentials=credentials,
        authority=INSIDE_CA,
        private=frozenset(rule.host for rule in rules) if private is None else private,
        resolver=resolver,
        trust=trusting(INTERNET),
        limits=limits or usual,
    )
    places = dict.fromkeys((rule.host, rule.port) for rule in rules)
    made.open(
        {
            Endpoint(host, port, INSIDE): socket.create_server((INSIDE, port))
            for host, port in places
        }
    )
    try:
        yield Wire(made, asked)
    finally:
        await made.close()


@contextlib.contextmanager
def names(patch: pytest.MonkeyPatch) -> Generator[None, None, None]:
    """Make every name lead inside."""
    real = socket.getaddrinfo

    def inside(host: Any, *arguments: Any, **more: Any) -> Any:
        is_name = isinstance(host, str) and not host.replace(".", "").isdigit()
        return real(INSIDE if is_name else host, *arguments, **more)

    with patch.context() as context:
        context.setattr(socket, "getaddrinfo", inside)
        yield


@dataclass
class Seen:
    """A request as the server got it."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name]


Script = Callable[[Seen], tuple[int, Mapping[str, str], bytes]]


def _ok(seen: Seen) -> tuple[int, Mapping[str, str], bytes]:
    return 200, {"content-type": "text/plain"}, f"{seen.method} {seen.path}".encode()


def _server_tls(name: str) -> ssl.SSLContext | None:
    """Most servers show what they have, whoever is asked for."""
    if not name:
        return None
    context = INTERNET.context_for(name)
    context.sni_callback = None
    return context


@contextlib.asynccontextmanager
async def web_server(
    port: int, script: Script = _ok, *, tls: str = HOST
) -> AsyncGenerator[list[Seen], None]:
    """uvicorn, answering by a script; without TLS when `tls` is empty."""
    requests: list[Seen] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            part = await receive()
            if part["type"] != "http.request":
                return  # it broke off
            body += part["body"]
            if not part.get("more_body"):
                break
        target = scope["raw_path"].decode() + (
            f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
        )
        headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
        seen = Seen(scope["method"], target, headers, body)
        requests.append(seen)
        status, said, content = script(seen)
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in said.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})

    config = uvicorn.Config(app, http="h11", lifespan="off", log_config=None)
    config.load()
    config.ssl = _server_tls(tls)
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    listener = listening(port)
    await server.startup(sockets=[listener])
    try:
        yield requests
    finally:
        await server.shutdown(sockets=[listener])
        listener.close()


@dataclass
class Mailbox:
    """What a mail server accepted, and who logged in."""

    mails: list[tuple[str, list[str], bytes]] = field(
        default_factory=list[tuple[str, list[str], bytes]]
    )
    logins: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = cast("bytes", envelope.original_content)
        self.mails.append((str(envelope.mail_from), list(envelope.rcpt_tos), content))
        return "250 2.0.0 kept"


@contextlib.asynccontextmanager
async def mail_server(
    port: int,
    *,
    tls: str = HOST,
    auth: bool = True,
    smtps: bool = False,
    box: Mailbox | None = None,
    **more: Any,
) -> AsyncGenerator[Mailbox, None]:
    """aiosmtpd; STARTTLS and login are asked for, unless told otherwise."""
    box = box or Mailbox()
    context = _server_tls(tls)

    def check(
        _server: Any, _session: Any, _envelope: Any, _mechanism: Any, data: Any
    ) -> AuthResult:
        login = cast("LoginPassword", data)
        box.logins.append((login.login.decode(), login.password.decode()))
        return AuthResult(success=login.password.decode() == SECRET, handled=False)

    def make() -> SMTP:
        usual: dict[str, Any] = {
            "authenticator": check if auth else None,
            "auth_required": auth and not smtps,
            "auth_require_tls": not smtps,  # it does not see that it is wrapped
            "tls_context": None if smtps else context,
            "require_starttls": bool(context) and not smtps,
            "hostname": HOST,
            "enable_SMTPUTF8": True,
        }
        return SMTP(box, **(usual | more))

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", port, ssl=context if smtps else None)
    try:
        yield box
    finally:
        server.close()
        await asyncio.sleep(0)


Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@contextlib.asynccontextmanager
async def raw_server(port: int, speak: Speak) -> AsyncGenerator[None, None]:
    """A server of any behaviour; its connections are gone when this ends."""
    tasks: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        tasks.append(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await speak(reader, writer)
        writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, sock=listening(port))
    try:
        yield
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
