"""Where declared names may lead: never back into this machine or the network that it is in."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import egress
import hostile_requests as said
import pytest
from hostile_talk import LIMITS, say, statuses

from toolvet.sandbox.broker import Reason, RefusedError
from toolvet.sandbox.broker.addresses import system_resolver

SHUT = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16",
    "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "::127.0.0.1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "fe80::1", "fc00::1", "fd00:ec2::254",
    "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "fec0::1", "2001:db8::1", "fe80::1%lo",
)  # fmt: skip

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


def _leading(*answers: Sequence[str]) -> egress.Resolver:
    """A name server that changes its mind."""
    left = list(answers)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def _through(resolver: egress.Resolver, times: int = 1) -> tuple[list[int], int, list[str]]:
    port = egress.free_port()
    rule = egress.rule(port, methods=("GET",))
    codes: list[int] = []
    quick = replace(LIMITS, connect_s=0.3)
    async with (
        egress.web_server(port) as seen,
        egress.broker(rule, resolver=resolver, private=frozenset(), limits=quick) as wire,
    ):
        for _ in range(times):
            codes += statuses(await say(port, said.HONEST))
    return codes, len(seen), wire.codes


@pytest.mark.parametrize("address", SHUT)
def test_a_name_that_leads_inwards_is_refused(address: str) -> None:
    codes, seen, noted = asyncio.run(_through(_leading([address])))

    assert seen == 0
    assert codes == [403] if "%" not in address else codes == [502]
    assert noted[0] in ("network.private_address", "network.unresolved")


def test_one_inward_address_among_public_ones_is_enough_to_refuse() -> None:
    codes, seen, noted = asyncio.run(_through(_leading(["203.0.114.9", "127.0.0.1"])))

    assert (codes, seen, noted) == ([403], 0, ["network.private_address"])


def test_a_name_that_changes_between_two_questions_gains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialled: list[str] = []

    async def dial(addresses: Sequence[object], _port: int) -> None:
        dialled.extend(map(str, addresses))  # nothing here may really reach out
        raise RefusedError(Reason.UNREACHABLE, "nobody answers there")

    monkeypatch.setattr("toolvet.sandbox.broker.addresses._first", dial)
    resolver = _leading(["203.0.114.9"], ["127.0.0.1"], ["::ffff:127.0.0.1"])

    codes, seen, noted = asyncio.run(_through(resolver, times=3))

    assert dialled == ["203.0.114.9"]
    assert (codes, seen) == ([502, 403, 403], 0)
    assert noted[1:] == ["network.private_address"] * 2


@pytest.mark.parametrize("name", ["2130706433", "0x7f.1", "127.1", "017700000001", "localhost"])
def test_other_spellings_of_this_machine_lead_here_and_are_refused(name: str) -> None:
    async def go() -> list[str]:
        port = egress.free_port()
        rule = egress.rule(port, "tcp", host=name)
        async with egress.web_server(port) as seen:
            async with egress.broker(
                rule, resolver=system_resolver, private=frozenset(), limits=LIMITS
            ) as wire:
                await say(port, b"x")
            assert seen == []
            return wire.codes

    assert set(asyncio.run(go())) <= {"network.private_address", "network.unresolved"}
