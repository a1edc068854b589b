"""The fakes, spoken to by ordinary clients over real sockets."""

import asyncio
import json
import smtplib
import socket
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from toolvet.checks import cassettes
from toolvet.checks.fake_network import FakeWorld
from toolvet.checks.fakes import authority
from toolvet.sandbox import Endpoint
from toolvet.sandbox.broker import endpoints_of
from toolvet_reviews.bundle import Credential, NetworkRule

API = NetworkRule("api.example.com", 443, "https", ("GET", "POST"), ("/v1/",))
BLIND = NetworkRule("blind.example.com", 443, "https")
PLAIN = NetworkRule("plain.example.com", 80, "http")
MAIL = NetworkRule(
    "mail.example.com", 587, "smtp", credential=Credential("MAIL_PASSWORD", "smtp-login", "u")
)
OPEN_MAIL = NetworkRule("relay.example.com", 25, "smtp")
MAIL_TLS = NetworkRule("relay.example.com", 465, "smtp")
RAW = NetworkRule("db.example.com", 5432, "tcp")
RULES = (API, BLIND, PLAIN, MAIL, OPEN_MAIL, MAIL_TLS, RAW)


def recording(
    *exchanges: dict[str, Any], mail: tuple[dict[str, str], ...] = ()
) -> cassettes.Cassettes:
    said = {"schema": "toolvet/cassette/v1", "exchanges": [*exchanges], "mail": [*mail]}
    played, findings = cassettes.read({"cassettes/a.json": json.dumps(said).encode()})
    assert findings == ()
    return played


CLIENTS = {
    "request": {"method": "GET", "url": "https://api.example.com/v1/clients"},
    "reply": {"json": ["Ann"]},
}
HELLO = {"request": {"method": "GET", "url": "http://plain.example.com/"}, "reply": {"text": "hi"}}
BLIND_HELLO = {"request": {"method": "GET", "url": "https://blind.example.com/"}, "reply": {}}
POSTED = {
    "request": {"method": "POST", "url": "https://api.example.com/v1/send"},
    "reply": {"status": 202},
}
AWAY = {
    "request": {"method": "GET", "url": "https://api.example.com/v1/moved"},
    "reply": {"status": 302, "headers": {"location": "https://evil.example.com/"}},
}
WORLD = recording(CLIENTS, HELLO, BLIND_HELLO, POSTED, AWAY)


class Hosts:
    """Where the fakes listen, for one run."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self.listeners: dict[Endpoint, socket.socket] = {}
        for endpoint in endpoints_of(RULES):
            listener = socket.create_server(("127.0.0.1", 0))
            self.listeners[endpoint] = listener
            self.ports[f"{endpoint.host}:{endpoint.port}"] = listener.getsockname()[1]

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=authority().pem().decode())

    def http(
        self, method: str, name: str, path: str, *, tls: bool = True, **more: Any
    ) -> httpx.Response:
        """Ask a fake as if its name resolved to it."""
        host = name.partition(":")[0]
        url = f"{'https' if tls else 'http'}://127.0.0.1:{self.ports[name]}{path}"
        with httpx.Client(verify=self.context(), trust_env=False) as client:
            headers = {"host": host, **more.pop("headers", {})}
            return client.request(
                method, url, headers=headers, extensions={"sni_hostname": host}, **more
            )

    def smtp(self, name: str) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.ports[name], timeout=10)


def run(client: Callable[[Hosts], object], world: FakeWorld | None = None) -> FakeWorld:
    """Run a client in a thread against a network of the world."""

    async def both() -> FakeWorld:
        made = world or FakeWorld(RULES, WORLD, authority())
        hosts, network = Hosts(), made.network()
        network.open(hosts.listeners)
        try:
            await asyncio.to_thread(client, hosts)
        finally:
            await network.close()
        return made

    return asyncio.run(both())


def message(subject: str = "Hi") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "me@example.com", "a@example.com"
    mail.set_content("Hello\n.\n..\nbye\n")
    return mail


def told(world: FakeWorld) -> list[tuple[str, str, bool]]:
    return [(seen.name, seen.how, seen.is_refused) for seen in world.seen]


def test_a_recorded_request_gets_its_reply_over_tls_that_the_client_verifies() -> None:
    def client(hosts: Hosts) -> None:
        assert hosts.http("GET", "api.example.com:443", "/v1/clients").json() == ["Ann"]
        assert hosts.http("GET", "blind.example.com:443", "/").status_code == 200
        assert hosts.http("GET", "plain.example.com:80", "/", tls=False).text == "hi"

    assert told(run(client)) == [
        ("api.example.com:443", "GET /v1/clients", False),
        ("blind.example.com:443", "GET /", False),
        ("plain.example.com:80", "GET /", False),
    ]


def test_a_host_that_the_broker_reads_may_be_spoken_to_without_tls_and_another_may_not() -> None:
    def client(hosts: Hosts) -> None:
        plain = hosts.http("GET", "api.example.com:443", "/v1/clients", tls=False)
        assert plain.status_code == 200
        with pytest.raises(httpx.HTTPError):
            hosts.http("GET", "blind.example.com:443", "/", tls=False)

    assert [refused for _, _, refused in told(run(client))] == [False, True]


def test_a_request_that_nobody_recorded_shows_the_entry_to_add() -> None:
    def client(hosts: Hosts) -> None:
        reply = hosts.http("POST", "api.example.com:443", "/v1/other?x=1", json={"a": 1})
        assert reply.status_code == 501
        assert reply.headers["x-toolvet-code"] == "fake.unrecorded"

    [seen] = run(client).seen

    assert json.loads(seen.entry)["request"] == {
        "method": "POST", "url": "https://api.example.com/v1/other?x=1", "json": {"a": 1},
    }  # fmt: skip


REFUSED = {
    "a method": ("DELETE", "/v1/clients", "network.method"),
    "a path": ("GET", "/v2/clients", "network.path"),
    "a path around the prefix": ("GET", "/v1/%2e%2e/admin", "network.path"),
    "a redirect to elsewhere": ("GET", "/v1/moved", "network.redirect"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_broker_will_refuse_is_refused_and_is_an_effect_of_its_own(what: str) -> None:
    method, path, code = REFUSED[what]

    def client(hosts: Hosts) -> None:
        reply = hosts.http(method, "api.example.com:443", path)
        assert reply.headers["x-toolvet-code"] == code

    [seen] = run(client).seen

    assert seen.is_refused
    assert seen.name.startswith("api.example.com:443 ")
    assert not seen.entry


def test_mail_of_any_client_is_kept_and_counted() -> None:
    def client(hosts: Hosts) -> None:
        with hosts.smtp("mail.example.com:587") as server:
            server.send_message(message())
            server.send_message(message("Two"), to_addrs=["a@example.com", "b@example.com"])

    world = run(client)

    assert [(mail.recipients, mail.subject) for mail in world.mails] == [
        (("a@example.com",), "Hi"), (("a@example.com", "b@example.com"), "Two"),
    ]  # fmt: skip
    assert [how for _, how, _ in told(world)] == ["mail to a@example.com", "mail to 2 recipients"]


def test_a_host_whose_login_the_broker_does_offers_none() -> None:
    def client(hosts: Hosts) -> None:
        with hosts.smtp("mail.example.com:587") as server:
            server.ehlo()
            assert not server.has_extn("auth")
            assert not server.has_extn("starttls")
            with pytest.raises(smtplib.SMTPNotSupportedError):
                server.login("u", "p")
            assert server.docmd("AUTH", "PLAIN AGEAYg==")[0] == 502

    run(client)


def test_any_other_mail_server_takes_every_login_and_speaks_tls() -> None:
    def client(hosts: Hosts) -> None:
        with hosts.smtp("relay.example.com:25") as server:
            server._host = "relay.example.com"  # the name that TLS must show # pyright: ignore[reportAttributeAccessIssue]
            server.starttls(context=hosts.context())
            server.login("anybody", "anything")
            server.send_message(message())
        context = hosts.context()
        raw = socket.create_connection(("127.0.0.1", hosts.ports["relay.example.com:465"]))
        with context.wrap_socket(raw, server_hostname="relay.example.com") as wrapped:
            assert wrapped.recv(3) == b"220"

    assert len(run(client).mails) == 1


def test_a_recipient_that_is_recorded_as_refused_is_refused() -> None:
    refusals = recording(mail=({"to": "full@example.com", "reply": "452 4.2.2 Mailbox full"},))

    def client(hosts: Hosts) -> None:
        with hosts.smtp("mail.example.com:587") as server:
            refused = server.sendmail("me@example.com", ["full@example.com", "a@example.com"], "x")
            assert refused == {"full@example.com": (452, b"4.2.2 Mailbox full")}

    world = run(client, FakeWorld(RULES, refusals, authority()))

    assert [mail.recipients for mail in world.mails] == [("a@example.com",)]


def test_a_protocol_without_a_fake_is_refused_and_says_so() -> None:
    def client(hosts: Hosts) -> None:
        with socket.create_connection(("127.0.0.1", hosts.ports["db.example.com:5432"])) as raw:
            assert raw.recv(1) == b""

    [seen] = run(client).seen

    assert (seen.name, seen.is_faked, seen.is_refused) == ("db.example.com:5432", False, True)


def test_a_second_run_that_sends_again_leaves_another_state_and_one_that_reads_does_not() -> None:
    world = FakeWorld(RULES, WORLD, authority())

    def send(hosts: Hosts) -> None:
        with hosts.smtp("mail.example.com:587") as server:
            server.send_message(message())

    def post(key: str) -> Callable[[Hosts], object]:
        headers = {"idempotency-key": key} if key else {}
        return lambda hosts: hosts.http(
            "POST", "api.example.com:443", "/v1/send", json={"to": "a"}, headers=headers
        )

    def states(*clients: Callable[[Hosts], object]) -> list[str]:
        return [run(client, world).state() for client in clients]

    def read(hosts: Hosts) -> None:
        hosts.http("GET", "api.example.com:443", "/v1/clients")

    first, second, after_reading = states(send, send, read)
    keyed, keyed_again, unkeyed, unkeyed_again = states(post("k"), post("k"), post(""), post(""))

    assert first != second == after_reading != keyed
    assert keyed == keyed_again
    assert len({keyed, unkeyed, unkeyed_again}) == 3


def test_silence_noise_and_leaving_in_the_middle_end_a_connection_and_nothing_else() -> None:
    def client(hosts: Hosts) -> None:
        for name in hosts.ports:
            for noise in (
                b"",
                b"\x00" * 100,
                b"\x16\x03\x01\xff\xff",
                b"DATA\r\n" * 50,
                b"GET / HTTP/1.1\r\n",
            ):
                with socket.create_connection(("127.0.0.1", hosts.ports[name])) as raw:
                    raw.sendall(noise)
        assert hosts.http("GET", "api.example.com:443", "/v1/clients").status_code == 200

    assert run(client).mails == []


def test_each_host_has_a_loopback_address_of_its_own_and_an_address_keeps_itself() -> None:
    found = endpoints_of(
        (
            NetworkRule("b.example.com", 80, "http"),
            NetworkRule("a.example.com", 443, "https"),
            NetworkRule("a.example.com", 25, "smtp"),
            NetworkRule("192.0.2.7", 80, "http"),
        )
    )

    assert [(one.host, one.port, one.address) for one in found] == [
        ("192.0.2.7", 80, "192.0.2.7"),
        ("a.example.com", 25, "127.0.1.1"),
        ("a.example.com", 443, "127.0.1.1"),
        ("b.example.com", 80, "127.0.1.2"),
    ]
