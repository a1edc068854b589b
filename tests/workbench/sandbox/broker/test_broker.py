"""One run's broker: its caps, its end, and what it writes down."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import egress
import pytest
from egress import HOST, INSIDE, Wire

from toolvet.sandbox import Endpoint
from toolvet.sandbox.broker import (
    EVENTS_MAX,
    Broker,
    BrokerLimits,
    NetworkEvent,
    Reason,
    RefusedError,
    RulesError,
    endpoints_of,
)
from toolvet.sandbox.broker.events import REFUSED_MAX, EventLog, shown_path
from toolvet.sandbox.broker.limits import EACH_TOOL_MAX, Meter
from toolvet_reviews.bundle import Credential, NetworkRule


async def wait(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


def test_connections_beyond_the_cap_are_refused_and_the_others_stay():
    limits = replace(BrokerLimits(), open_connections=2, closing_s=0.1)

    def client(port: int) -> list[bool]:
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(socket.create_connection((INSIDE, port), 5)) for _ in "123"]
            for connection in held:
                connection.settimeout(0.3)
            return [_is_open(connection) for connection in held]

    async def go() -> tuple[list[bool], Wire]:
        port = egress.free_port()
        rule = egress.rule(port, "tcp")
        async with egress.raw_server(port, wait), egress.broker(rule, limits=limits) as wire:
            return await asyncio.to_thread(client, port), wire

    states, wire = asyncio.run(go())

    assert states == [True, True, False]
    assert [event.code for event in wire.events if event.verdict == "refused"] == [
        Reason.CONNECTIONS
    ]


def _is_open(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def test_a_run_has_only_so_many_connections_in_all():
    meter = Meter(replace(BrokerLimits(), connections=3))
    for _ in range(3):
        meter.enter()
        meter.leave()

    with pytest.raises(Exception, match="too many connections in one run"):
        meter.enter()


def test_the_runs_of_one_tool_leave_connections_for_those_of_others():
    limits = replace(BrokerLimits(), open_connections=EACH_TOOL_MAX)
    greedy, again, other = (Meter(limits, tool) for tool in ("a/greedy", "a/greedy", "b/other"))
    for _ in range(EACH_TOOL_MAX):
        greedy.enter()

    with pytest.raises(RefusedError, match="of one tool"):
        again.enter()
    other.enter()
    greedy.leave()
    again.enter()

    other.leave()
    for _ in range(EACH_TOOL_MAX):
        greedy.leave()
    assert Meter.everywhere == 0


def test_a_flood_of_connections_ends_with_nobody_listening():
    limits = replace(BrokerLimits(), connections=5, closing_s=0.1)

    def flood(port: int) -> int:
        for count in range(500):
            try:
                with socket.create_connection((INSIDE, port), 5):
                    pass
            except OSError:
                return count
        return 500

    async def go() -> tuple[int, Wire]:
        port = egress.free_port()
        rule = egress.rule(port, "tcp")
        async with egress.raw_server(port, wait), egress.broker(rule, limits=limits) as wire:
            return await asyncio.to_thread(flood, port), wire

    count, wire = asyncio.run(go())

    assert count < 500
    assert Reason.CONNECTIONS in wire.codes


def test_what_is_beyond_the_rate_waits_its_turn():
    async def go() -> float:
        meter = Meter(replace(BrokerLimits(), per_second=100))
        started = time.monotonic()
        for _ in range(110):
            await meter.turn()
        return time.monotonic() - started

    assert 0.05 < asyncio.run(go()) < 2


def test_closing_ends_what_is_open_and_says_so():
    async def go() -> tuple[bytes, Wire]:
        port = egress.free_port()
        limits = replace(BrokerLimits(), closing_s=0.05)
        async with egress.raw_server(port, wait):
            async with egress.broker(egress.rule(port, "tcp"), limits=limits) as wire:
                reader, writer = await asyncio.open_connection(INSIDE, port)
                writer.write(b"x")
                await asyncio.sleep(0.05)
            try:
                heard = await reader.read()
            except ConnectionResetError:
                heard = b""
            writer.close()
            with pytest.raises(OSError, match=r"refused|Connect call failed"):
                await asyncio.open_connection(INSIDE, port)
        return heard, wire

    heard, wire = asyncio.run(go())

    assert heard == b""
    assert wire.codes == [Reason.CLOSED]


def test_an_idle_kept_connection_does_not_hold_up_the_end():
    async def go() -> float:
        port = egress.free_port()
        limits = replace(BrokerLimits(), closing_s=5.0)
        rule = egress.rule(port, "http")
        async with egress.web_server(port, tls=""), egress.broker(rule, limits=limits) as wire:
            reader, writer = await asyncio.open_connection(INSIDE, port)
            writer.write(f"GET /x HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode())
            await reader.readuntil(b"GET /x")
            while not wire.events:
                await asyncio.sleep(0.005)
            started = time.monotonic()
            await wire.broker.close()
            took = time.monotonic() - started
            writer.close()
        return took

    assert asyncio.run(go()) < 1


def test_a_host_that_keeps_a_connection_does_not_hold_up_the_end_once_the_tool_is_done():
    arrived: list[bytes] = []

    async def keep(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        arrived.append(await reader.read())
        await asyncio.Event().wait()

    async def go() -> float:
        port = egress.free_port()
        limits = replace(BrokerLimits(), closing_s=5.0)
        server, rule = egress.raw_server(port, keep), egress.rule(port, "tcp")
        async with server, egress.broker(rule, limits=limits) as wire:
            _, writer = await asyncio.open_connection(INSIDE, port)
            writer.write(b"metric 1\n")
            writer.close()
            started = time.monotonic()
            await wire.broker.close()
            took = time.monotonic() - started
            while not arrived:
                await asyncio.sleep(0.005)
        return took

    assert asyncio.run(go()) < 1
    assert arrived == [b"metric 1\n"]


def test_a_connection_that_never_came_to_its_first_step_is_let_go():
    async def go() -> int:
        port = egress.free_port()
        limits = replace(BrokerLimits(), closing_s=0.0)
        async with egress.broker(egress.rule(port, "tcp"), limits=limits) as wire:
            client = socket.create_connection((INSIDE, port), 5)
            await wire.broker.close()
        client.settimeout(5)
        with client, contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""
        return Meter.everywhere

    assert asyncio.run(go()) == 0


def test_a_listener_that_nobody_declared_is_closed():
    async def go() -> bool:
        listener = socket.create_server((INSIDE, 0))
        made = Broker(
            [egress.rule(443)], credentials=lambda _name, _host: "", authority=egress.INSIDE_CA
        )
        made.open({Endpoint("evil.example.net", 443, INSIDE): listener})
        closed = listener.fileno() < 0
        await made.close()
        return closed

    assert asyncio.run(go())


def test_a_broker_that_was_never_opened_can_be_closed():
    made = Broker(
        [egress.rule(443)], credentials=lambda _name, _host: "", authority=egress.INSIDE_CA
    )

    asyncio.run(made.close())

    assert made.events == ()


def test_many_events_are_counted_and_the_first_are_kept():
    log = EventLog()
    for number in range(EVENTS_MAX + 5):
        log.add(NetworkEvent(HOST, number, "tcp", "", "", "forwarded"))

    assert [event.port for event in log.events] == list(range(EVENTS_MAX))
    assert log.missed == 5


def test_no_number_of_harmless_events_crowds_out_a_refused_one():
    log = EventLog()
    for number in range(EVENTS_MAX + 5):
        log.add(NetworkEvent(HOST, number, "tcp", "", "", "forwarded"))
    for number in range(REFUSED_MAX + 5):
        log.add(NetworkEvent(HOST, number, "tcp", "", "", "refused", "network.path"))

    assert [event.verdict for event in log.events].count("refused") == REFUSED_MAX
    assert (len(log.events), log.missed) == (EVENTS_MAX + REFUSED_MAX, 10)


@pytest.mark.parametrize(("target", "shown"), [
    ("/v1/x", "/v1/x"),
    ("/v1/x?token=1", "/v1/x?…"),
    ("/" + "a" * 500, "/" + "a" * 198 + "…"),
    ("/a\u202eb", "/a<U+202E>b"),
    ("/a\r\nHost: x", "/a<U+000D> Host: x"),
])  # fmt: skip
def test_a_path_is_shown_capped_and_harmless(target: str, shown: str):
    assert shown_path(target) == shown


def rule(
    host: str = HOST, port: int = 443, protocol: str = "https", secret: str = ""
) -> NetworkRule:
    credential = Credential(secret, "smtp-login", "me") if secret else None
    return NetworkRule(host, port, protocol, credential=credential)


@pytest.mark.parametrize("rules", [
    [rule(), rule(protocol="tcp")],
    [rule(protocol="http"), rule()],
    [rule(port=25, protocol="smtp", secret="A"), rule(port=25, protocol="smtp", secret="B")],
    [rule(port=25, protocol="smtp", secret="A"), rule(port=25, protocol="smtp")],
    [rule(port=port) for port in range(1, 34)],
])  # fmt: skip
def test_rules_that_contradict_each_other_are_refused(rules: Sequence[NetworkRule]):
    with pytest.raises(RulesError) as caught:
        Broker(rules, credentials=lambda _name, _host: "", authority=egress.INSIDE_CA)

    assert caught.value.code == "network.rules"


def test_each_name_gets_a_loopback_address_of_its_own_and_an_address_keeps_itself():
    rules = [rule("b.example"), rule("a.example"), rule("a.example", 80, "http"), rule("10.0.0.7")]

    assert endpoints_of(rules) == (
        Endpoint("10.0.0.7", 443, "10.0.0.7"),
        Endpoint("a.example", 80, "127.0.1.1"),
        Endpoint("a.example", 443, "127.0.1.1"),
        Endpoint("b.example", 443, "127.0.1.2"),
    )


def test_the_secret_is_in_no_repr():
    made = Broker(
        [rule(secret="TOKEN", protocol="smtp", port=25)],
        credentials=lambda _name, _host: egress.SECRET,
        authority=egress.INSIDE_CA,
    )

    assert egress.SECRET not in repr(made) + repr(vars(made))


def test_two_rules_about_one_host_add_up():
    async def go() -> tuple[list[int], list[egress.Seen], Wire]:
        port = egress.free_port()
        rules = [
            egress.rule(port, "http", methods=("GET",), paths=("/read",)),
            egress.rule(port, "http", methods=("POST",), paths=("/write",)),
        ]
        statuses: list[int] = []
        async with egress.web_server(port, tls="") as seen, egress.broker(*rules) as wire:
            for line in ("GET /read", "POST /write", "POST /read", "GET /write"):
                reader, writer = await asyncio.open_connection(INSIDE, port)
                head = f"{line} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n"
                writer.write(head.encode())
                statuses.append(int((await reader.readline())[9:12]))
                await reader.read()
                writer.close()
        return statuses, seen, wire

    statuses, seen, wire = asyncio.run(go())

    assert statuses == [200, 200, 403, 403]
    assert [request.path for request in seen] == ["/read", "/write"]
    assert wire.codes == ["forwarded", "forwarded", Reason.PATH, Reason.PATH]


def test_every_reason_is_explained():
    text = (Path(__file__).parents[4] / "docs" / "network.md").read_text()

    assert [reason for reason in Reason if f"| `{reason}` |" not in text] == []
