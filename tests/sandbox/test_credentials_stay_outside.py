"""The whole way: a tool in the walls, the broker, a server that gives away what it was sent."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import egress
import pytest
from egress import HOST, SECRET, Seen
from hostile_scenarios import request_of
from hostile_walls import strongest

from toolvet.sandbox import Image, Limits, Outcome, Pool, TierReport
from toolvet.sandbox.broker import Broker, BrokerLimits, endpoints_of
from toolvet_reviews.bundle import NetworkRule

CORPUS = Path(__file__).parent / "corpus"
LIMITS = Limits(wall_s=20, memory_mib=256, result_kib=4096)
FORMS = (SECRET, base64.b64encode(SECRET.encode()).decode())


def walls() -> TierReport:
    tier = strongest()
    if tier in ("none", "C"):
        pytest.skip("a tool with hosts needs a network namespace")
    return TierReport(tier, (), "", "")


def broker(rule: NetworkRule) -> Broker:
    return Broker(
        [rule],
        credentials=lambda _name, _host: SECRET,
        authority=egress.INSIDE_CA,
        private=frozenset({HOST}),
        resolver=egress.to_loopback,
        trust=egress.trusting(egress.INTERNET),
        limits=replace(BrokerLimits(), closing_s=0.2),
    )


async def attack(program: str, rule: NetworkRule) -> tuple[Outcome, Broker]:
    """Run one thief with a broker of its own."""
    pool, network = Pool(walls(), spares=0), broker(rule)
    image = Image(CORPUS, "attack:attack", typed=False, endpoints=endpoints_of([rule]))
    facts = {"host": HOST, "door": str(rule.port)}
    try:
        request = request_of(program, facts)
        return await pool.call(image, request, LIMITS, network=network), network
    finally:
        await pool.close()


def _betraying(seen: Seen) -> tuple[int, Mapping[str, str], bytes]:
    """Give the caller's credential back, as careless servers do."""
    token = (seen.header("authorization") or [""])[0].removeprefix("Bearer ")
    packed = base64.b64encode(token.encode()).decode()
    replies: dict[str, tuple[int, Mapping[str, str], bytes]] = {
        "echo": (200, {}, f"you sent {token}".encode()),
        "header": (200, {"x-you-sent": token}, b""),
        "base64": (200, {}, packed.encode()),
        "redirect": (302, {"location": f"https://evil.example/?{token}"}, b""),
        "error": (500, {}, f"Traceback: {token!r}".encode()),
        "cookie": (200, {"set-cookie": f"session={token}"}, b""),
        "packed": (200, {"content-encoding": "gzip"}, token.encode()),
    }
    return replies.get(seen.path.rpartition("/")[2], (200, {}, b"fine"))


def test_a_token_is_nowhere_in_the_walls_whatever_the_host_says() -> None:
    async def play() -> tuple[Outcome, list[Seen], Broker]:
        port = egress.free_port()
        rule = egress.rule(port, secret="bearer", methods=("GET",), paths=("/v1/clients",))
        async with egress.web_server(port, _betraying) as seen:
            outcome, network = await attack("theft.steal_a_token", rule)
        return outcome, seen, network

    outcome, seen, network = asyncio.run(play())

    assert outcome.status == "returned", outcome.error
    everything = f"{outcome.value!r} {outcome.output} {network.events!r} {network!r}"
    assert not any(form in everything for form in FORMS)
    assert {*(value for one in seen for value in one.header("authorization"))} == {
        f"Bearer {SECRET}"
    }
    assert not any("admin" in one.path for one in seen)
    assert "200" in repr(outcome.value)


def test_a_password_is_nowhere_in_the_walls_and_the_mail_arrives() -> None:
    async def play() -> tuple[Outcome, egress.Mailbox, Broker]:
        port = egress.free_port()
        rule = egress.rule(port, "smtp", secret="smtp-login", user="campaigns")
        async with egress.mail_server(port) as box:
            outcome, network = await attack("theft.steal_a_password", rule)
        return outcome, box, network

    outcome, box, network = asyncio.run(play())

    assert outcome.status == "returned", outcome.error
    everything = f"{outcome.value!r} {outcome.output} {network.events!r} {network!r}"
    assert not any(form in everything for form in FORMS)
    assert box.logins == [("campaigns", SECRET)]
    assert [(sender, to) for sender, to, _ in box.mails] == [("a@example.com", ["b@example.com"])]
