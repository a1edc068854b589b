"""HTTP through the broker: real clients inside, a real server outside, the rules between them."""

import asyncio
import base64
import socket
import ssl
import urllib.request
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import TypeVar

import egress
import httpx
import pytest
from egress import HOST, INSIDE, SECRET, Script, Seen, Wire

from toolvet.sandbox.broker import BrokerLimits, HttpLimits, Reason

T = TypeVar("T")


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> Generator[None, None, None]:
    with egress.names(monkeypatch):
        yield


def through(
    client: Callable[[int], T],
    *,
    script: Script | None = None,
    protocol: str = "https",
    tls: str | None = None,
    limits: BrokerLimits | None = None,
    more: tuple[str, ...] = (),
    secret_value: str = SECRET,
    **said: object,
) -> tuple[T, list[Seen], Wire]:
    """Run a client in a thread against a server behind a broker."""

    async def go() -> tuple[T, list[Seen], Wire]:
        port = egress.free_port()
        rules = [egress.rule(port, protocol, **said)]
        rules += [egress.rule(egress.free_port(), host=host) for host in more]
        outside = tls if tls is not None else (HOST if protocol == "https" else "")
        scripted = {"script": script} if script else {}
        async with (
            egress.web_server(port, tls=outside, **scripted) as seen,
            egress.broker(*rules, limits=limits, secret=secret_value) as wire,
        ):
            result = await asyncio.to_thread(client, port)
        return result, seen, wire

    return asyncio.run(go())


def get(
    path: str = "/v1/x", scheme: str = "https", **more: object
) -> Callable[[int], httpx.Response]:
    return ask("GET", path, scheme, **more)


def ask(
    method: str, path: str, scheme: str = "https", **more: object
) -> Callable[[int], httpx.Response]:
    def send(port: int) -> httpx.Response:
        with httpx.Client(verify=egress.trusting(egress.INSIDE_CA), trust_env=False) as client:
            return client.request(method, f"{scheme}://{HOST}:{port}{path}", **more)  # type: ignore[arg-type]

    return send


def raw(data: bytes) -> Callable[[int], bytes]:
    def send(port: int) -> bytes:
        with socket.create_connection((INSIDE, port), 5) as connection:
            connection.sendall(data.replace(b"PORT", str(port).encode()))
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(65536):
                answer += part
            return answer

    return send


def answering(
    status: int = 200, headers: Mapping[str, str] | None = None, body: bytes = b"ok"
) -> Script:
    return lambda _seen: (status, headers or {}, body)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_the_credential_is_added_outside_and_the_tools_own_is_dropped(scheme: str):
    forged = {"Authorization": "Bearer forged", "Cookie": "session=forged"}

    answer, seen, wire = through(get(scheme=scheme, headers=forged), secret="bearer")

    assert answer.status_code == 200
    assert seen[0].header("authorization") == [f"Bearer {SECRET}"]
    assert seen[0].header("cookie") == []
    assert wire.asked == [("TOKEN", HOST)]
    assert wire.codes == ["forwarded"]
    assert SECRET not in repr(wire.events)


@pytest.mark.parametrize(("form", "name", "value"), [
    ("bearer", "authorization", f"Bearer {SECRET}"),
    ("basic", "authorization", "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()),
    ("header:X-Api-Key", "x-api-key", SECRET),
])  # fmt: skip
def test_a_credential_has_one_of_three_forms(form: str, name: str, value: str):
    forged = {"authorization": "forged", name: "forged", name.replace("-", "_"): "forged"}

    _, seen, _ = through(get(headers=forged), secret=form, user="me")

    assert seen[0].header(name) == [value]
    assert "forged" not in str(seen[0].headers)


def test_urllib_works_unchanged():
    def client(port: int) -> str:
        context = egress.trusting(egress.INSIDE_CA)
        url = f"https://{HOST}:{port}/v1/x?a=1"
        with urllib.request.urlopen(url, context=context, timeout=5) as answer:
            return answer.read().decode()

    assert through(client, secret="bearer")[0] == "GET /v1/x?a=1"


def test_one_connection_inside_is_one_connection_outside():
    def client(port: int) -> list[str]:
        with httpx.Client(verify=egress.trusting(egress.INSIDE_CA), trust_env=False) as client:
            return [client.get(f"https://{HOST}:{port}/v1/{n}").text for n in range(5)]

    answers, seen, wire = through(client, paths=("/v1",))

    assert answers == [f"GET /v1/{n}" for n in range(5)]
    assert len(seen) == 5
    assert [event.path for event in wire.events] == [f"/v1/{n}" for n in range(5)]


@pytest.mark.parametrize("size", [0, 1, 200_000])
def test_bodies_pass_both_ways_as_they_are(size: int):
    def mirror(seen: Seen) -> tuple[int, Mapping[str, str], bytes]:
        return 200, {}, seen.body

    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    answer, seen, _ = through(ask("POST", "/v1/x", content=body), script=mirror, methods=("POST",))

    assert answer.content == seen[0].body == body


def test_a_body_in_chunks_passes_as_one():
    def parts() -> Generator[bytes, None, None]:
        yield b"one "
        yield b"two"

    _, seen, _ = through(ask("POST", "/v1/x", content=parts()), methods=("POST",))

    assert seen[0].body == b"one two"


@pytest.mark.parametrize(("method", "path", "code"), [
    ("POST", "/v1/clients", Reason.METHOD),
    ("DELETE", "/v1/clients", Reason.METHOD),
    ("TRACE", "/v1/clients", Reason.METHOD),
    ("PROPFIND", "/v1/clients", Reason.METHOD),
    ("GET", "/admin", Reason.PATH),
    ("GET", "/v1/clientsX", Reason.PATH),
    ("GET", "/v1/clients/%2e%2e/admin", Reason.PATH),
])  # fmt: skip
def test_what_is_not_declared_never_leaves(method: str, path: str, code: Reason):
    answer, seen, wire = through(
        ask(method, path), methods=("GET",), paths=("/v1/clients",), secret="bearer"
    )

    assert answer.status_code == 403
    assert answer.json()["code"] == code
    assert seen == []
    assert wire.asked == []
    assert wire.codes == [code]
    assert wire.events[0].verdict == "refused"


@pytest.mark.parametrize(("request_bytes", "code"), [
    (b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:PORT\r\n\r\n", Reason.METHOD),
    (b"GET http://api.example.com/v1/x HTTP/1.1\r\nHost: api.example.com:PORT\r\n\r\n",
     Reason.MALFORMED),
    (b"GET http://evil.example.net/ HTTP/1.1\r\nHost: api.example.com:PORT\r\n\r\n",
     Reason.MALFORMED),
    (b"GET /v1/x HTTP/1.1\r\nHost: evil.example.net\r\n\r\n", Reason.HOST),
    (b"GET /v1/x HTTP/1.1\r\nHost: api.example.com.evil.net:PORT\r\n\r\n", Reason.HOST),
    (b"GET /v1/x HTTP/1.1\r\nHost: api.example.com:1\r\n\r\n", Reason.HOST),
    (b"GET /v1/x HTTP/1.1\r\nHost: me@api.example.com:PORT\r\n\r\n", Reason.HOST),
    (b"GET /v1/x HTTP/1.1\r\nHost: \r\n\r\n", Reason.HOST),
    (b"OPTIONS * HTTP/1.1\r\nHost: api.example.com:PORT\r\n\r\n", Reason.MALFORMED),
    (b"GET /v1/../x HTTP/1.1\r\nHost: api.example.com:PORT\r\n\r\n", Reason.PATH),
    (b"GET //evil.example.net/ HTTP/1.1\r\nHost: api.example.com:PORT\r\n\r\n", Reason.PATH),
])  # fmt: skip
def test_a_request_for_somebody_else_never_leaves(request_bytes: bytes, code: Reason):
    answer, seen, wire = through(raw(request_bytes), secret="bearer")

    assert f'"code": "{code}"'.encode() in answer
    assert seen == []
    assert wire.codes == [code]


@pytest.mark.parametrize("name", [
    "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X_HTTP_Method_Override",
    "X-Original-URL", "X-Rewrite-URL",
])  # fmt: skip
def test_a_header_that_changes_the_request_behind_the_filter_is_refused(name: str):
    answer, seen, _ = through(get(headers={name: "DELETE"}), methods=("GET",))

    assert answer.json()["code"] == Reason.OVERRIDE
    assert seen == []


def test_headers_that_only_proxies_may_say_are_dropped():
    said = {"X-Forwarded-For": "127.0.0.1", "X_Forwarded_Host": "evil", "Forwarded": "for=x",
            "Proxy-Authorization": "Basic x", "TE": "trailers", "X-Mine": "kept"}  # fmt: skip

    _, seen, _ = through(get(headers=said), secret="bearer")

    names = {name for name, _ in seen[0].headers}
    assert "x-mine" in names
    assert not {
        name for name in names if "forwarded" in name or name in ("te", "proxy-authorization")
    }


@pytest.mark.parametrize("location", [
    "https://evil.example.net/", "//evil.example.net/", "http://169.254.169.254/latest/",
    "https://api.example.com.evil.net/", "https://api.example.com@evil.example.net/",
    "https:/\\evil.example.net", "/\\evil.example.net", "\\\\evil.example.net",
    "https:evil.example.net", "ftp://api.example.com/", "file:///etc/passwd",
    "https://api.example.com:1/", "https://[::1]/", "https://[", "javascript:x",
])  # fmt: skip
def test_a_redirect_to_an_undeclared_host_is_refused(location: str):
    answer, _, wire = through(
        get(follow_redirects=False), script=answering(302, {"location": location}), secret="bearer"
    )

    assert answer.status_code == 502
    assert answer.json()["code"] == Reason.REDIRECT
    assert "location" not in answer.headers
    assert wire.codes == [Reason.REDIRECT]


def test_a_redirect_within_what_was_declared_is_passed_on_and_followed():
    def script(seen: Seen) -> tuple[int, Mapping[str, str], bytes]:
        if seen.path == "/v1/old":
            return 302, {"location": "/v1/new"}, b""
        return 200, {}, seen.path.encode()

    answer, _, wire = through(get("/v1/old", follow_redirects=True), script=script, paths=("/v1",))

    assert answer.text == "/v1/new"
    assert wire.codes == ["forwarded", "forwarded"]


def test_a_redirect_to_another_declared_host_is_passed_on():
    other = "cdn.example.com"
    captured: dict[str, int] = {}

    async def go() -> httpx.Response:
        port, second = egress.free_port(), egress.free_port()
        captured["second"] = second
        script = answering(307, {"location": f"https://{other}:{second}/x"})
        rules = [egress.rule(port, secret="bearer"), egress.rule(second, host=other)]
        async with egress.web_server(port, script), egress.broker(*rules):
            return await asyncio.to_thread(get(follow_redirects=False), port)

    answer = asyncio.run(go())

    assert answer.status_code == 307
    assert answer.headers["location"] == f"https://{other}:{captured['second']}/x"


def test_a_session_of_the_credential_stays_outside():
    said = {"set-cookie": "session=of-the-operator", "alt-svc": 'h3=":443"', "x-mine": "kept"}

    answer, _, _ = through(get(), script=answering(headers=said), secret="bearer")

    assert "set-cookie" not in answer.headers
    assert "alt-svc" not in answer.headers
    assert answer.headers["x-mine"] == "kept"


@pytest.mark.parametrize("echoed", [
    SECRET.encode(), base64.b64encode(SECRET.encode()), b"x" * 70_000 + SECRET.encode() + b"y",
], ids=["plain", "base64", "late"])  # fmt: skip
def test_a_host_that_repeats_the_credential_is_cut_off_before_it_is_out(echoed: bytes):
    def client(port: int) -> bytes:
        try:
            return get()(port).content
        except httpx.HTTPError as error:
            return type(error).__name__.encode()

    answer, _, wire = through(client, script=answering(body=echoed), secret="bearer")

    assert SECRET.encode() not in answer
    assert wire.codes == [Reason.ECHO]


def test_a_credential_repeated_in_a_header_is_seen_too():
    script = answering(headers={"x-debug": f"Authorization: Bearer {SECRET}"})

    answer, _, _ = through(get(), script=script, secret="bearer")

    assert answer.json()["code"] == Reason.ECHO


def test_a_basic_credential_repeated_as_it_was_sent_is_seen():
    def echo(seen: Seen) -> tuple[int, Mapping[str, str], bytes]:
        return 200, {"x-echo": seen.header("authorization")[0]}, b""

    answer, _, _ = through(get(), script=echo, secret="basic", user="me")

    assert answer.json()["code"] == Reason.ECHO


def test_with_a_credential_replies_come_unpacked_so_that_it_would_be_seen():
    answer, seen, _ = through(
        get(), script=answering(headers={"content-encoding": "gzip"}), secret="bearer"
    )

    assert seen[0].header("accept-encoding") == ["identity"]
    assert answer.json()["code"] == Reason.ECHO


@pytest.mark.parametrize("value", ["", "two\nlines", "a\r\nX-Injected: 1", "nul\0"])
def test_a_secret_that_would_inject_a_header_is_not_sent(value: str):
    answer, seen, _ = through(get(), secret="bearer", secret_value=value)

    assert answer.json()["code"] == Reason.CREDENTIAL
    assert value == "" or value not in answer.text
    assert seen == []


def test_a_server_whose_certificate_is_for_another_host_gets_nothing():
    answer, seen, wire = through(get(), tls="other.example.com", secret="bearer")

    assert answer.status_code == 502
    assert answer.json()["code"] == Reason.CERTIFICATE
    assert seen == []
    assert wire.events[0].verdict == "failed"


def test_a_host_that_does_not_speak_tls_gets_no_credential_in_the_clear():
    answer, seen, _ = through(get(), tls="", secret="bearer")

    assert answer.json()["code"] == Reason.UPSTREAM
    assert seen == []


def test_plain_http_is_filtered_as_well():
    answer, seen, wire = through(get("/admin", scheme="http"), protocol="http", paths=("/v1",))

    assert (answer.json()["code"], seen, wire.codes) == (Reason.PATH, [], [Reason.PATH])


def test_an_undeclared_method_is_refused_on_plain_http_without_any_filter_too():
    answer, seen, _ = through(ask("PROPFIND", "/", "http"), protocol="http")

    assert (answer.json()["code"], seen) == (Reason.METHOD, [])


def test_tls_inside_for_another_name_is_refused():
    def client(port: int) -> None:
        context = egress.trusting(egress.INSIDE_CA)
        with (
            socket.create_connection((INSIDE, port), 5) as plain,
            pytest.raises(ssl.SSLError),
        ):
            context.wrap_socket(plain, server_hostname="evil.example.net")

    _, seen, wire = through(client, secret="bearer")

    assert seen == []
    assert wire.codes == [Reason.TLS_NAME]


def small(**caps: object) -> BrokerLimits:
    usual = BrokerLimits(closing_s=0.2, http=HttpLimits(head_s=0.3, idle_s=0.5))
    return replace(usual, **caps)  # type: ignore[arg-type]


def test_a_reply_beyond_the_cap_is_cut_off_and_does_not_look_complete():
    def client(port: int) -> str:
        with pytest.raises(httpx.HTTPError) as caught:
            get()(port)
        return type(caught.value).__name__

    name, _, wire = through(
        client, script=answering(body=b"x" * 300_000), limits=small(down_bytes=100_000),
        paths=("/v1",),
    )  # fmt: skip

    assert name in ("RemoteProtocolError", "ReadError")
    assert wire.codes == [Reason.BYTES]


def test_a_request_beyond_the_cap_is_refused():
    def client(port: int) -> int:
        try:
            return ask("POST", "/v1/x", content=b"x" * 300_000)(port).status_code
        except httpx.HTTPError:
            return 403

    status, seen, wire = through(client, limits=small(up_bytes=100_000), methods=("POST",))

    assert (status, seen, wire.codes) == (403, [], [Reason.BYTES])


def test_a_host_that_says_nothing_is_given_up():
    async def go() -> tuple[httpx.Response, Wire]:
        port = egress.free_port()

        async def wait(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
            await asyncio.Event().wait()

        silent = egress.raw_server(port, wait)
        rule = egress.rule(port, "http")
        async with silent, egress.broker(rule, limits=small(idle_s=0.1)) as wire:
            answer = await asyncio.to_thread(get(scheme="http"), port)
        return answer, wire

    answer, wire = asyncio.run(go())

    assert answer.status_code == 504
    assert wire.codes == [Reason.TIMEOUT]


HOSTILE = {
    "no HTTP": b"SSH-2.0-x\r\n\r\n",
    "closed at once": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "an endless head": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "only interim replies": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50,
    "an unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
    "a NUL in a header": b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
def test_a_host_that_speaks_no_sense_becomes_a_bad_gateway(said: bytes):
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)

    async def go() -> tuple[httpx.Response, Wire]:
        port = egress.free_port()
        server = egress.raw_server(port, speak)
        async with server, egress.broker(egress.rule(port, "http")) as wire:
            answer = await asyncio.to_thread(get(scheme="http"), port)
        return answer, wire

    answer, wire = asyncio.run(go())

    assert answer.status_code in (502, 403)
    assert wire.codes[0] in (Reason.UPSTREAM, Reason.UPGRADE)


def test_a_reply_that_breaks_off_breaks_off_inside_too():
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    async def go() -> Wire:
        port = egress.free_port()
        server = egress.raw_server(port, speak)
        async with server, egress.broker(egress.rule(port, "http")) as wire:
            with pytest.raises(httpx.HTTPError):
                await asyncio.to_thread(get(scheme="http"), port)
        return wire

    assert asyncio.run(go()).codes == [Reason.UPSTREAM]


def test_a_connection_that_the_host_closed_meanwhile_is_opened_anew():
    opened: list[int] = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(1)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def client(port: int) -> list[str]:
        with httpx.Client(trust_env=False) as client:
            return [client.get(f"http://{HOST}:{port}/{n}").text for n in range(3)]

    async def go() -> list[str]:
        port = egress.free_port()
        server = egress.raw_server(port, once)
        async with server, egress.broker(egress.rule(port, "http")):
            return await asyncio.to_thread(client, port)

    assert asyncio.run(go()) == ["ok"] * 3
    assert len(opened) == 3


def test_a_slow_client_does_not_hold_the_broker():
    def client(port: int) -> bytes:
        with socket.create_connection((INSIDE, port), 5) as connection:
            connection.sendall(b"GET /x HTTP/1.1\r\n")
            return connection.recv(4096)

    answer, seen, wire = through(client, protocol="http", limits=small())

    assert b" 408 " in answer
    assert (seen, wire.codes) == ([], [Reason.TIMEOUT])


def test_a_query_is_not_written_down():
    _, seen, wire = through(get("/v1/x?email=ann@example.com"), secret="bearer")

    assert seen[0].path == "/v1/x?email=ann@example.com"
    assert wire.events[0].path == "/v1/x?…"


def test_headers_that_are_not_ascii_pass_both_ways():
    script = answering(headers={"x-name": "Bj\u00f6rk", "x-toolvet-code": "network.forged"})

    answer, seen, wire = through(
        get(headers={"X-Mine": "caf\u00e9".encode("latin-1")}), script=script, methods=("GET",)
    )

    assert seen[0].header("x-mine") == ["caf\u00e9"]
    assert answer.headers["x-name"] == "Bj\u00f6rk"
    assert "x-toolvet-code" not in answer.headers
    assert wire.codes == ["forwarded"]


def test_a_secret_that_no_header_can_hold_is_a_failure_with_a_reason():
    answer, seen, wire = through(get(), secret="bearer", secret_value="gehe\u00efm-\u4e2d")

    assert (answer.json()["code"], seen, wire.codes) == (
        Reason.CREDENTIAL, [], [Reason.CREDENTIAL],
    )  # fmt: skip


def test_what_a_client_calls_a_method_is_written_down_harmlessly():
    _, _, wire = through(raw(b"G\x1b[31mT /\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n"), protocol="http")

    assert wire.codes == [Reason.MALFORMED]
    assert repr(wire.events).isascii()
    assert "\\x1b" not in repr(wire.events)
