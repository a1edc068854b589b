"""The broker under attack from inside: whatever a tool says, the host sees declared requests only."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace

import egress
import hostile_requests as said
import pytest
from egress import HOST, INSIDE, SECRET, Seen, Wire
from hostile_talk import LIMITS, say, statuses

from toolvet.sandbox.broker import BrokerLimits, NetworkEvent


@contextlib.asynccontextmanager
async def web(
    script: egress.Script | None = None, limits: BrokerLimits = LIMITS
) -> AsyncGenerator[tuple[int, list[Seen], Wire]]:
    """A host with a token, of which GET below /v1/clients is declared."""
    port = egress.free_port()
    rule = egress.rule(port, secret="bearer", methods=("GET",), paths=(said.PREFIX,))
    served = egress.web_server(port, script) if script else egress.web_server(port)
    async with (
        served as seen,
        egress.broker(rule, limits=limits) as wire,
    ):
        yield port, seen, wire


def innocent(seen: Sequence[Seen]) -> bool:
    """Whether all that reached the host is what was declared, with the credential of outside."""
    return all(
        one.method == "GET"
        and (one.path + "/").startswith(said.PREFIX + ("/" if one.path != said.PREFIX else ""))
        and one.header("authorization") == [f"Bearer {SECRET}"]
        and one.header("host") != ["internal.example"]
        and not one.header("cookie")
        and not one.header("proxy-authorization")
        and not one.header("content_length")
        for one in seen
    )


def test_an_honest_request_passes_with_the_token_that_it_never_saw() -> None:
    async def go() -> tuple[bytes, list[Seen]]:
        async with web() as (port, seen, _):
            return await say(port, said.HONEST), seen

    heard, seen = asyncio.run(go())

    assert statuses(heard) == [200]
    assert innocent(seen)
    assert len(seen) == 1
    assert SECRET.encode() not in heard


@pytest.mark.parametrize("inside_tls", [False, True])
def test_no_request_outside_the_declaration_reaches_the_host(*, inside_tls: bool) -> None:
    attacks = {
        **{f"path: {name}": said.get(path) for name, path in said.PATHS.items()},
        **{f"line: {name}": text for name, text in said.LINES.items()},
        **{f"header: {name}": text for name, text in said.HEADERS.items()},
    }

    async def go() -> tuple[dict[str, bytes], list[Seen], tuple[NetworkEvent, ...]]:
        async with web() as (port, seen, wire):
            passed: dict[str, bytes] = {}
            for name, attack in attacks.items():
                before = len(seen)
                heard = await say(port, attack, tls=inside_tls)
                if len(seen) != before or any(code < 300 for code in statuses(heard)):
                    passed[name] = heard[:200]
                assert SECRET.encode() not in heard, name
            assert statuses(await say(port, said.HONEST, tls=inside_tls)) == [200]
        return passed, seen, wire.events

    passed, seen, events = asyncio.run(go())

    assert passed == {}
    assert len(seen) == 1
    assert sum(event.verdict == "refused" for event in events) >= len(attacks) - 5


def test_no_framing_makes_two_requests_of_one() -> None:
    async def go() -> tuple[dict[str, int], list[Seen]]:
        found: dict[str, int] = {}
        async with web() as (port, seen, _):
            for name, attack in {**said.FRAMING, **said.SECOND}.items():
                before = len(seen)
                heard = await say(port, attack)
                found[name] = len(seen) - before
                assert SECRET.encode() not in heard, name
            return found, seen

    found, seen = asyncio.run(go())

    assert {name: count for name, count in found.items() if count > 1} == {}
    assert {name for name in said.FRAMING if found[name]} <= _NEVER_MORE_THAN_A_HEAD
    assert innocent(seen)


_NEVER_MORE_THAN_A_HEAD = {
    "a chunk below zero",
    "a chunk beyond numbers",
    "a chunk that ends by a line feed",
}
"""Their heads are in order, so that the host may have met the beginning of a request that breaks off."""


def test_a_slow_client_is_let_go_and_the_others_are_served() -> None:
    async def go() -> tuple[bytes, bytes]:
        async with web() as (port, _, _):
            drip = (bytes([byte]) for byte in said.HONEST[:30])
            slow = asyncio.ensure_future(say(port, *drip, pause_s=0.05))
            fine = await say(port, said.HONEST)
            return await slow, fine

    slow, fine = asyncio.run(go())

    assert statuses(slow) in ([], [408])
    assert statuses(fine) == [200]


def test_connections_and_bytes_of_a_run_are_counted() -> None:
    tight = replace(LIMITS, open_connections=3, connections=12, up_bytes=1 << 16)

    async def go() -> tuple[list[int], list[str]]:
        async with web(limits=tight) as (port, _, wire):
            idle = [await asyncio.open_connection(INSIDE, port) for _ in range(6)]
            await asyncio.sleep(0.1)
            for _, writer in idle:
                writer.close()
            large = said.request(
                f"GET {said.PREFIX} HTTP/1.1",
                f"Host: {HOST}",
                "Content-Length: 200000",
                body="x" * 200_000,
            )
            await asyncio.sleep(0.1)
            heard = [await say(port, large), *[await say(port, said.HONEST) for _ in range(14)]]
            return [code for one in heard for code in statuses(one)], wire.codes

    codes, noted = asyncio.run(go())

    assert 200 not in codes[:1]
    assert "network.bytes" in noted
    assert noted.count("network.connections") >= 3


def _replies() -> Mapping[str, egress.Script]:
    """Hosts that are hostile themselves, or were taken over."""

    def reply(status: int, body: bytes = b"", **headers: str) -> egress.Script:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return lambda _seen: (status, named, body)

    token = SECRET.encode()
    return {
        "elsewhere": reply(302, location="https://evil.example/"),
        "to the metadata": reply(307, location="http://169.254.169.254/latest/"),
        "without a scheme": reply(302, location="//evil.example/v1/clients"),
        "with a user": reply(302, location=f"https://{HOST}@evil.example/"),
        "by a backslash": reply(302, location="/\\evil.example/"),
        "by many slashes": reply(302, location="https:///evil.example/"),
        "to a file": reply(301, location="file:///etc/passwd"),
        "to another port": reply(308, location=f"https://{HOST}:22/"),
        "to a script": reply(302, location="javascript:alert(1)"),
        "the token in the body": reply(200, b"you sent " + token),
        "the token in a header": reply(200, x_echo=SECRET),
        "the token in base64": reply(200, b"czNjcmV0LW9mLXRoZS1vcGVyYXRvcg=="),
        "the token in a reason": reply(401, b'{"bad token": "' + token + b'"}'),
        "packed": reply(200, b"\x1f\x8b" + bytes(30), content_encoding="gzip"),
    }


@pytest.mark.parametrize("name", list(_replies()))
def test_a_reply_leads_nowhere_else_and_gives_no_token_away(name: str) -> None:
    async def go() -> tuple[bytes, list[str]]:
        async with web(_replies()[name]) as (port, _, wire):
            heard = await say(port, said.HONEST)
        return heard, wire.codes

    heard, codes = asyncio.run(go())

    assert SECRET.encode() not in heard
    assert b"evil.example/" not in heard.partition(b"\r\n\r\n")[0]
    assert set(codes) <= {"network.redirect", "network.secret_echoed"}


@pytest.mark.parametrize("pieces", [1, 7, 21])
def test_a_token_in_pieces_is_held_back_all_the_same(pieces: int) -> None:
    text = b"x" * 100 + SECRET.encode() + b"y" * 100

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for at in range(0, len(text), pieces):
            part = text[at : at + pieces]
            writer.write(b"%x\r\n%s\r\n" % (len(part), part))
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    heard = asyncio.run(_against_raw(speak))

    assert SECRET.encode() not in heard


def _speaking(text: bytes) -> egress.Speak:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        await writer.drain()
        await reader.read(1)

    return speak


async def _against_raw(speak: egress.Speak) -> bytes:
    """Ask a host that says what it wants, in the clear, as declared."""
    port = egress.free_port()
    rule = egress.rule(port, "http", methods=("GET",), paths=(said.PREFIX,))
    rule = replace(rule, credential=egress.rule(port, secret="bearer").credential)
    async with egress.raw_server(port, speak), egress.broker(rule, limits=LIMITS):
        return await say(port, said.HONEST)


@pytest.mark.parametrize(
    "text",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\nfree bytes",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 9\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\nx-a: " + b"a" * 200_000,
        b"HTTP/1.1 200 OK\r\nx-a: 1\nx-b: 2\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00" * 1000,
        b"",
    ],
)
def test_a_host_that_speaks_nonsense_ends_the_request_and_nothing_else(text: bytes) -> None:
    heard = asyncio.run(_against_raw(_speaking(text)))

    assert b"free bytes" not in heard
    assert [code for code in statuses(heard) if code < 500] in ([], [200])


# --- TLS that passes untouched ------------------------------------------------------------------


def _greeting(name: str | None) -> bytes:
    """What a client of TLS says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize(
    "greeting",
    [
        _greeting("evil.example"),
        _greeting(f"x.{HOST}"),
        b"GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
        b"\x16\x03\x01\xff\xff" + bytes(100),
        b"\x16\x03\x01\x00\x00" * 50,
        b"\x80\x2e\x01\x00\x02" + bytes(60),
        b"SSH-2.0-x\r\n",
        _greeting(HOST)[:50],
        b"\x16",
    ],
    ids=[
        "another",
        "a child",
        "http",
        "too long",
        "empty records",
        "ssl 2",
        "ssh",
        "half",
        "a byte",
    ],
)
def test_tls_for_anybody_else_never_leaves(greeting: bytes) -> None:
    async def go() -> tuple[int, bytes]:
        met = 0

        async def speak(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            nonlocal met
            met += 1
            await reader.read()

        port = egress.free_port()
        async with egress.raw_server(port, speak), egress.broker(egress.rule(port), limits=LIMITS):
            heard = await say(port, greeting)
        return met, heard

    assert asyncio.run(go()) == (0, b"")
