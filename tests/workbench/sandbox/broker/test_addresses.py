"""Names lead to the open internet, or where an operator said they may; checked, then dialled."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

import pytest

from toolvet.sandbox.broker import Reason, RefusedError
from toolvet.sandbox.broker.addresses import Dialer, is_public

HOST = "api.example.com"

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "100.64.0.1", "100.100.100.200", "169.254.169.254", "169.254.0.1", "192.0.0.192",
    "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "192.88.99.1", "168.63.129.16",
    "::", "::1", "::2", "::127.0.0.1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254",
    "ff02::1", "2001:db8::1", "2001::1", "100::1", "3fff::1", "5f00::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
    "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2a00:1450::5efe:7f00:1", "2a00:1450::200:5efe:a00:1",
]  # fmt: skip
OPEN = [
    "93.184.215.14",
    "8.8.8.8",
    "1.1.1.1",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "2a00:1450:4001:81c::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


def connect(
    *answers: Sequence[str],
    host: str = HOST,
    private: bool = False,
    port: int = 9,
) -> list[str]:
    """Connect once for each answer of a resolver of our own; give the codes, or where it led."""
    asked = iter(answers)

    async def resolver(_host: str, _port: int) -> Sequence[str]:
        return next(asked)

    async def go() -> list[str]:
        dialer = Dialer(frozenset({host} if private else ()), resolver, 2.0)
        outcomes: list[str] = []
        for _ in answers:
            try:
                connection = await dialer.connect(host, port)
            except RefusedError as error:
                outcomes.append(error.reason.value)
            else:
                outcomes.append(str(connection.getpeername()[0]))
                connection.close()
        return outcomes

    return asyncio.run(go())


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_on_the_open_internet_is_refused(address: str):
    assert not is_public(ipaddress.ip_address(address))
    assert connect([address]) == [Reason.ADDRESS]


@pytest.mark.parametrize("address", OPEN)
def test_an_address_of_the_open_internet_is_public(address: str):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
def test_a_host_that_is_declared_by_its_address_follows_the_same_rule(address: str):
    assert connect([address], host=address) == [Reason.ADDRESS]


def test_one_private_address_among_public_ones_spoils_the_answer():
    assert connect(["8.8.8.8", "127.0.0.1"]) == [Reason.ADDRESS]


def test_a_name_that_changes_its_address_is_looked_at_each_time():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])

        outcomes = connect(["127.0.0.1"], ["169.254.169.254"], private=True, port=port)

    assert outcomes == ["127.0.0.1", Reason.ADDRESS]


def test_what_was_checked_is_what_is_connected_to_and_the_name_is_asked_for_once():
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    async def go(port: int) -> str:
        connection = await Dialer(frozenset({HOST}), rebinding, 2.0).connect(HOST, port)
        with connection:
            return str(connection.getpeername()[0])

    with socket.create_server(("127.0.0.1", 0)) as server:
        assert asyncio.run(go(server.getsockname()[1])) == "127.0.0.1"
    assert asked == [HOST]


@pytest.mark.parametrize("address", [
    "169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254",
    "::ffff:100.100.100.200", "fe80::1", "224.0.0.1", "0.0.0.0", "::",
])  # fmt: skip
def test_an_operators_word_on_a_name_does_not_open_metadata_or_multicast(address: str):
    assert connect([address], private=True) == [Reason.ADDRESS]


def test_an_operators_word_opens_exactly_the_name_it_names():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])

        assert connect(["127.0.0.1"], private=True, port=port) == ["127.0.0.1"]
        assert connect(["127.0.0.1"], host="other.example.com", port=port) == [Reason.ADDRESS]


@pytest.mark.parametrize("answer", [[], ["not an address"], ["fe80::1%eth0"], ["8.8.8.8", "x"]])
def test_an_answer_that_is_no_address_leads_nowhere(answer: list[str]):
    assert connect(answer) == [Reason.UNRESOLVED]


def test_who_asks_for_a_name_meanwhile_gets_the_same_answer():
    asked: list[str] = []
    answer = asyncio.Event()

    async def slow(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        await answer.wait()
        return ["127.0.0.1"]

    async def go() -> list[str]:
        dialer = Dialer(frozenset(), slow, 2.0)
        tasks = [asyncio.create_task(dialer.connect(HOST, 9)) for _ in range(8)]
        while not asked:
            await asyncio.sleep(0)
        answer.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        return [outcome.reason for outcome in outcomes if isinstance(outcome, RefusedError)]

    assert asyncio.run(go()) == [Reason.ADDRESS] * 8
    assert asked == [HOST]


def test_a_name_that_does_not_exist_is_said_not_to():
    async def unknown(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    async def go() -> None:
        await Dialer(frozenset(), unknown, 2.0).connect(HOST, 9)

    with pytest.raises(RefusedError) as caught:
        asyncio.run(go())
    assert caught.value.reason is Reason.UNRESOLVED


def test_a_resolver_that_never_answers_is_given_up():
    async def silent(_host: str, _port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    async def go() -> None:
        await Dialer(frozenset(), silent, 0.05).connect(HOST, 9)

    with pytest.raises(RefusedError) as caught:
        asyncio.run(go())
    assert caught.value.reason is Reason.UNREACHABLE


def test_a_closed_port_is_unreachable_and_the_next_address_is_tried():
    with socket.create_server(("127.0.0.2", 0)) as server:
        port = int(server.getsockname()[1])

        assert connect(["127.0.0.1"], private=True, port=port) == [Reason.UNREACHABLE]
        assert connect(["127.0.0.1", "127.0.0.2"], private=True, port=port) == ["127.0.0.2"]
