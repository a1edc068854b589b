"""What passes untouched, passes to the declared host only."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import egress
import pytest
from egress import HOST, INSIDE, Wire

from toolvet.sandbox.broker import BrokerLimits, HttpLimits, Reason
from toolvet.sandbox.broker.streams import break_off

T = TypeVar("T")
SHORT = BrokerLimits(idle_s=0.2, closing_s=0.2, http=HttpLimits(head_s=0.2))


def through(
    client: Callable[[int], T],
    protocol: str,
    *,
    speak: egress.Speak,
    limits: BrokerLimits | None = None,
    **said: object,
) -> tuple[T, Wire]:
    async def go() -> tuple[T, Wire]:
        port = egress.free_port()
        rule = egress.rule(port, protocol, **said)
        async with egress.raw_server(port, speak), egress.broker(rule, limits=limits) as wire:
            result = await asyncio.to_thread(client, port)
        return result, wire

    return asyncio.run(go())


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data.upper())
        await writer.drain()


async def refuse_to_be_reached(
    _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
) -> None:
    raise AssertionError("the host was reached")


def converse(*parts: bytes) -> Callable[[int], bytes]:
    def client(port: int) -> bytes:
        with socket.create_connection((INSIDE, port), 5) as connection:
            try:
                for part in parts:
                    connection.sendall(part)
                connection.shutdown(socket.SHUT_WR)
                heard = b""
                while data := connection.recv(65536):
                    heard += data
            except OSError:
                return b""
            return heard

    return client


def over_tls(name: str) -> Callable[[int], str]:
    def client(port: int) -> str:
        context = egress.trusting(egress.INTERNET)
        try:
            with (
                socket.create_connection((INSIDE, port), 5) as plain,
                context.wrap_socket(plain, server_hostname=name) as connection,
            ):
                connection.sendall(b"GET /secret HTTP/1.1\r\nHost: api.example.com\r\n\r\n")
                return str(connection.recv(65536).decode())
        except OSError as error:
            return type(error).__name__

    return client


@pytest.mark.parametrize("size", [1, 200_000])
def test_tcp_passes_both_ways_as_it_is(size: int):
    heard, wire = through(converse(b"a" * size, b"b" * size), "tcp", speak=shout)

    assert heard == b"A" * size + b"B" * size
    assert [(event.verdict, event.up, event.down) for event in wire.events] == [
        ("forwarded", 2 * size, 2 * size)
    ]


def test_a_side_that_stops_talking_may_go_on_listening():
    async def after_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read()
        writer.write(b"got " + str(len(data)).encode())

    heard, _ = through(converse(b"x" * 1000), "tcp", speak=after_all)

    assert heard == b"got 1000"


def test_what_a_tool_sends_and_does_not_wait_for_arrives():
    arrived: list[bytes] = []

    async def keep(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        arrived.append(await reader.read())

    def client(port: int) -> None:
        with socket.create_connection((INSIDE, port), 5) as connection:
            connection.sendall(b"metric 1\n")

    through(client, "tcp", speak=keep)

    assert arrived == [b"metric 1\n"]


def test_tls_of_a_host_without_filter_is_end_to_end():
    async def go() -> tuple[str, list[egress.Seen], Wire]:
        port = egress.free_port()
        async with egress.web_server(port) as seen, egress.broker(egress.rule(port)) as wire:
            answer = await asyncio.to_thread(over_tls(HOST), port)
        return answer, seen, wire

    answer, seen, wire = asyncio.run(go())

    assert answer.startswith("HTTP/1.1 200")
    assert seen[0].path == "/secret"
    assert [(event.verdict, event.path) for event in wire.events] == [("forwarded", "")]


@pytest.mark.parametrize("name", ["evil.example.net", "api.example.com.evil.net", "example.com"])
def test_tls_for_another_host_goes_nowhere(name: str):
    _, wire = through(over_tls(name), "https", speak=refuse_to_be_reached)

    assert wire.codes == [Reason.TLS_NAME]


def test_tls_that_names_no_host_goes_nowhere():
    def client(port: int) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        with socket.create_connection((INSIDE, port), 5) as plain, pytest.raises(OSError):  # noqa: PT011
            context.wrap_socket(plain)

    _, wire = through(client, "https", speak=refuse_to_be_reached)

    assert wire.codes == [Reason.TLS_NAME]


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n", b"\x16\x03\x01", b"", b"\x16" * 200,
], ids=repr)  # fmt: skip
def test_what_is_declared_as_https_carries_nothing_but_tls(data: bytes):
    _, wire = through(converse(data), "https", speak=refuse_to_be_reached, limits=SHORT)

    assert wire.codes == [Reason.NOT_TLS]


def test_a_greeting_that_never_ends_is_given_up():
    def drip(port: int) -> bytes:
        with socket.create_connection((INSIDE, port), 5) as connection:
            connection.sendall(b"\x16\x03\x01\x02\x00\x01")
            connection.settimeout(2)
            try:
                return connection.recv(1)
            except ConnectionResetError:
                return b""

    heard, wire = through(drip, "https", speak=refuse_to_be_reached, limits=SHORT)

    assert heard == b""
    assert wire.codes == [Reason.TIMEOUT]


def test_a_connection_on_which_nothing_moves_is_ended():
    async def wait(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    def client(port: int) -> bytes:
        with socket.create_connection((INSIDE, port), 5) as connection:
            try:
                return connection.recv(1)
            except ConnectionResetError:
                return b""

    heard, wire = through(client, "tcp", speak=wait, limits=SHORT)

    assert (heard, wire.codes) == (b"", [Reason.TIMEOUT])


def test_more_bytes_than_the_cap_end_the_connection():
    limits = replace(SHORT, up_bytes=50_000)

    heard, wire = through(converse(b"x" * 100_000), "tcp", speak=shout, limits=limits)

    assert len(heard) <= 50_000
    assert wire.codes == [Reason.BYTES]


def test_a_host_that_breaks_off_is_not_a_clean_end():
    async def rudely(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        break_off(writer)

    def client(port: int) -> str:
        with socket.create_connection((INSIDE, port), 5) as connection:
            connection.sendall(b"x" * 1000)
            try:
                return repr(connection.recv(10))
            except OSError as error:
                return type(error).__name__

    heard, wire = through(client, "tcp", speak=rudely)

    assert heard == "ConnectionResetError"
    assert wire.events[0].verdict == "failed"


def test_nobody_there_is_a_failure_with_its_reason():
    async def go() -> tuple[bytes, Wire]:
        port = egress.free_port()
        async with egress.broker(egress.rule(port, "tcp")) as wire:
            heard = await asyncio.to_thread(converse(b"x"), port)
        return heard, wire

    heard, wire = asyncio.run(go())

    assert (heard, wire.codes) == (b"", [Reason.UNREACHABLE])
