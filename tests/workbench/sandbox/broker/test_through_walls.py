"""Unmodified clients behind real walls reach what was declared, and nothing else."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import cast

import egress
import pytest
from egress import SECRET

from toolvet.sandbox import Image, Limits, Outcome, Pool, TierReport, probe
from toolvet.sandbox.broker import Broker, NetworkEvent, endpoints_of
from toolvet_reviews.bundle import NetworkRule

SOURCE = """
import smtplib
import socket
import urllib.error
import urllib.request


def get(url):
    try:
        request = urllib.request.Request(url, headers={"Authorization": "Bearer forged"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return f"{answer.status} {answer.read().decode()}"
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.headers['x-toolvet-code']}"
    except OSError as error:
        return type(getattr(error, "reason", error)).__name__


def send(host, port):
    with smtplib.SMTP(host, port, timeout=5) as server:
        return str(server.sendmail("a@example.com", ["b@example.com"], "Subject: x\\n\\nhello"))


def reach(family, kind, place):
    try:
        with socket.socket(family, kind) as connection:
            connection.settimeout(2)
            if kind == socket.SOCK_DGRAM:
                connection.sendto(b"x", place)
            else:
                connection.connect(place)
            return "reached"
    except OSError as error:
        return type(error).__name__


def declared(api: int, plain: int, mail: int) -> list:
    return [
        get(f"https://api.example.com:{api}/v1/x"),
        get(f"http://api.example.com:{api}/v1/y"),
        get(f"https://api.example.com:{api}/admin"),
        get(f"https://plain.example.com:{plain}/z"),
        send("mail.example.com", mail),
    ]


def undeclared(api: int, service: int) -> dict:
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    return {
        "host": get("https://evil.example.net/"),
        "lookup": get("https://localhost.evil.example.net/"),
        "port": get(f"https://api.example.com:{api + 1}/"),
        "the host's own loopback": reach(socket.AF_INET, tcp, ("127.0.0.1", service)),
        "address": reach(socket.AF_INET, tcp, ("192.0.2.1", 443)),
        "metadata": reach(socket.AF_INET, tcp, ("169.254.169.254", 80)),
        "udp": reach(socket.AF_INET, udp, ("192.0.2.1", 53)),
        "udp to the broker": reach(socket.AF_INET, udp, ("127.0.1.1", 53)),
        "ipv6": reach(socket.AF_INET6, tcp, ("::1", service)),
        "unix": reach(socket.AF_UNIX, tcp, "/run/service.sock"),
        "raw": reach(socket.AF_INET, socket.SOCK_RAW, ("192.0.2.1", 0)),
    }


def itself() -> list:
    with socket.socket() as connection:
        try:
            connection.bind(("127.0.0.1", 0))
        except OSError as error:
            return [type(error).__name__]
    return []
"""


@pytest.fixture(scope="module")
def walls() -> TierReport:
    report = probe()
    if report.tier not in ("A", "B"):
        pytest.skip(f"a network needs namespaces: {report.reason}")
    return report


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("walled") / "tool"
    folder.mkdir(mode=0o755)
    (folder / "tool.py").write_text(SOURCE)
    (folder / "ca.pem").write_bytes(egress.INSIDE_CA.pem() + egress.INTERNET.pem())
    return folder


Call = Callable[[str, dict[str, int]], tuple[Outcome, tuple[NetworkEvent, ...]]]


async def _call(
    walls: TierReport,
    tool: Path,
    entry: str,
    rules: list[NetworkRule],
    arguments: dict[str, int],
    private: frozenset[str] | None = None,
) -> tuple[Outcome, tuple[NetworkEvent, ...]]:
    made = Broker(
        rules,
        credentials=lambda _name, _host: SECRET,
        authority=egress.INSIDE_CA,
        private=frozenset(rule.host for rule in rules) if private is None else private,
        resolver=egress.to_loopback,
        trust=egress.trusting(egress.INTERNET),
    )
    image = Image(
        tool, f"tool:{entry}", typed=False, endpoints=endpoints_of(rules), ca=tool / "ca.pem"
    )
    pool = Pool(walls)
    try:
        outcome = await pool.call(image, {**arguments}, Limits(), None, made)
    finally:
        await pool.close()
    return outcome, made.events


def test_declared_hosts_are_reached_by_ordinary_clients(walls: TierReport, tool: Path):
    async def go() -> tuple[Outcome, tuple[NetworkEvent, ...], egress.Mailbox]:
        api, plain, mail = (egress.free_port() for _ in range(3))
        rules = [
            egress.rule(api, secret="bearer", methods=("GET",), paths=("/v1",)),
            egress.rule(plain, host="plain.example.com"),
            egress.rule(mail, "smtp", host="mail.example.com", secret="smtp-login", user="me"),
        ]
        async with (
            egress.web_server(api),
            egress.web_server(plain, tls="plain.example.com"),
            egress.mail_server(mail, tls="mail.example.com") as box,
        ):
            places = {"api": api, "plain": plain, "mail": mail}
            outcome, events = await _call(walls, tool, "declared", rules, places)
        return outcome, events, box

    outcome, events, box = asyncio.run(go())

    assert outcome.value == [
        "200 GET /v1/x",
        "200 GET /v1/y",
        "403 network.path",
        "200 GET /z",
        "{}",
    ]
    assert len(box.mails) == 1
    assert [(event.host.split(".")[0], event.verdict) for event in events] == [
        ("api", "forwarded"), ("api", "forwarded"), ("api", "refused"), ("plain", "forwarded"),
        ("mail", "forwarded"),
    ]  # fmt: skip
    assert SECRET not in repr(outcome)


def test_nothing_else_is_reached(walls: TierReport, tool: Path):
    async def go() -> Outcome:
        api, service = egress.free_port(), egress.free_port()
        async with egress.web_server(service, tls=""):
            places = {"api": api, "service": service}
            outcome, _ = await _call(walls, tool, "undeclared", [egress.rule(api)], places)
        return outcome

    outcome = asyncio.run(go())

    assert outcome.status == "returned", outcome
    found = cast("dict[str, str]", outcome.value)
    assert len(found) == 11
    # which wall says no first is the walls' business
    assert set(found.values()) <= {
        "gaierror",
        "ConnectionRefusedError",
        "PermissionError",
        "OSError",
    }, found


def test_a_run_cannot_listen(walls: TierReport, tool: Path):
    outcome, _ = asyncio.run(_call(walls, tool, "itself", [egress.rule(443)], {}))

    assert outcome.value == ["PermissionError"]


@pytest.mark.parametrize("host", ["localhost", "10.9.8.7"])
def test_this_machine_and_an_address_can_be_declared_by_their_own_name(
    walls: TierReport, tool: Path, host: str
):
    folder = tool.parent / f"named-{host}"
    shutil.copytree(tool, folder)
    source = SOURCE.replace("api.example.com", host)
    (folder / "tool.py").write_text(
        source + f"\n\ndef ask(port: int):\n    return get(f'http://{host}:{{port}}/x')\n"
    )

    async def go() -> Outcome:
        port = egress.free_port()
        rule = NetworkRule(host, port, "http")
        async with egress.web_server(port, tls=""):
            allowed = frozenset({"localhost"})
            return (await _call(walls, folder, "ask", [rule], {"port": port}, allowed))[0]

    outcome = asyncio.run(go())

    allowed = host == "localhost"
    assert outcome.value == ("200 GET /x" if allowed else "403 network.private_address"), outcome
