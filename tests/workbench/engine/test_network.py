"""Declared hosts of a published tool: reached through the broker, with the operator's secret."""

import asyncio
import json
import logging
import os
from collections.abc import Generator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import egress
import pytest
from bound import Operator, manifest_with
from house import House, Member, new_house

from toolvet.engine import network
from toolvet.engine.needs import SecretMissingError
from toolvet.sandbox.broker import RulesError
from toolvet.sandbox.broker import broker as broker_module
from toolvet.storage import View
from toolvet_reviews import policy
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import SecretView

SECRET = "tok3n-that-no-tool-sees"
HOST = "localhost"

SOURCE = '''"""Ask a service how many clients there are."""

import http.client
from typing import Annotated

from toolvet.sdk import Context, Pattern


class ServiceError(Exception):
    """The service did not answer."""


Path = Annotated[str, Pattern("^(/[a-z0-9]+)+([?][a-z0-9=]+)?$")]


def count_clients(path: Path, ctx: Context) -> str:
    """Ask a service how many clients there are.

    Args:
        path: What to ask for.

    Returns:
        What it said.

    Raises:
        ServiceError: It did not answer.
    """
    connection = http.client.HTTPSConnection("localhost", PORT, timeout=10)
    try:
        connection.request("GET", path, headers={"Authorization": "Bearer forged"})
        answer = connection.getresponse()
        return f"{answer.status} {answer.read().decode()}"
    except OSError as error:
        raise ServiceError(str(error)) from error
    finally:
        connection.close()
'''
SPEC = """[tool]
name = "count_clients"
toolset = "growth"
summary = "Ask a service how many clients there are."
entry = "clients:count_clients"

[effects]
kind = "read"
network = [{ host = "localhost", port = PORT, protocol = "https", methods = ["GET"], paths = ["/v1/clients"], credential = { secret = "CLIENTS_TOKEN", as = "bearer" } }]

[[examples]]
arguments = { path = "/v1/clients" }
result = "200 three"
"""
TESTS = """import http.client

import pytest
from clients import ServiceError, count_clients

from toolvet.sdk import Context


class Answer:
    status = 200

    def read(self) -> bytes:
        return b"three"


class Service:
    is_down = False

    def __init__(self, host: str, port: int, timeout: float) -> None:
        assert (host, port, timeout) == ("localhost", PORT, 10)

    def request(self, method: str, path: str, headers: dict[str, str]) -> None:
        assert (method, path) == ("GET", "/v1/clients")
        assert headers == {"Authorization": "Bearer forged"}
        if self.is_down:
            raise OSError("down")

    def getresponse(self) -> Answer:
        return Answer()

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.client, "HTTPSConnection", Service)


def test_it_tells_what_the_service_said() -> None:
    assert count_clients("/v1/clients", Context.for_tests()) == "200 three"


def test_a_service_that_is_down_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Service, "is_down", True)
    with pytest.raises(ServiceError, match="down"):
        count_clients("/v1/clients", Context.for_tests())
"""


def bundle(port: int) -> dict[str, str]:
    cassette = {
        "schema": "toolvet/cassette/v1",
        "exchanges": [
            {
                "request": {"method": "GET", "url": f"https://localhost:{port}/v1/clients"},
                "reply": {"text": "three"},
            }
        ],
    }
    return {
        "clients.py": SOURCE.replace("PORT", str(port)),
        "tool.toml": SPEC.replace("PORT", str(port)),
        "tests/test_clients.py": TESTS.replace("PORT", str(port)),
        "cassettes/clients.json": json.dumps(cassette),
    }


@dataclass
class Desk:
    """A house with one published tool that reaches a host, and the loop it lives on."""

    house: House
    operator: Operator
    agent: Member
    port: int
    runner: asyncio.Runner

    async def _call(self, path: str, script: egress.Script | None) -> tuple[Any, list[egress.Seen]]:
        how: dict[str, Any] = {"script": script} if script else {}
        async with egress.web_server(self.port, tls=HOST, **how) as seen:
            answer = await self.house.call(self.agent, "growth__count_clients", {"path": path})
        return answer, seen

    def call(self, path: str, script: egress.Script | None = None) -> tuple[Any, list[egress.Seen]]:
        return self.runner.run(self._call(path, script))

    def allow(self, *names: str) -> None:
        self.runner.run(self._allow(names))

    async def _allow(self, names: tuple[str, ...]) -> None:
        text = policy.preset("solo").replace("private = []", f"private = {json.dumps(names)}")
        house = self.house

        def apply() -> None:
            envelope = house.pen(house.person).apply_policy(text)
            house.of(house.person).apply_policy(envelope, text)

        await asyncio.to_thread(apply)

    def set_secret(self, value: str) -> SecretView:
        return self.runner.run(
            self.operator.set_secret("CLIENTS_TOKEN", value, tools=["growth/*"], hosts=[HOST])
        )

    def recorded(self) -> list[Json]:
        """What the record of the last call says of its network."""
        self.runner.run(self.house.services.recorder.flush())
        return self.house.services.store.query_sync(_last_network)

    def everything(self) -> str:
        """Every payload of the log."""
        self.runner.run(self.house.services.recorder.flush())
        size = len(self.house.services.store.query_sync(lambda view: view.entries()))
        return repr(self.house.services.store.query_sync(lambda view: view.payload_texts(0, size)))


def _last_network(view: View) -> list[Json]:
    last = view.entries(verbs=["call:run"])[-1].index
    [body] = [row.body for row in view.payloads(last) if row.name == "network"]
    assert body is not None
    return cast("list[Json]", json.loads(body))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Desk]:
    folder = tmp_path_factory.mktemp("network")
    roots = folder / "roots.pem"
    roots.write_bytes(egress.INTERNET.pem())
    stack = AsyncExitStack()
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(roots))
        broker_module.host_trust.cache_clear()
        home = runner.run(stack.enter_async_context(new_house(folder)))
        opened = Desk(
            home, Operator(home), runner.run(home.agent("bot")), egress.free_port(), runner
        )
        runner.run(home.publish(opened.agent, bundle(opened.port)))
        runner.run(home.grant(opened.agent))
        yield opened
        runner.run(stack.aclose())
    broker_module.host_trust.cache_clear()


def test_a_tool_reaches_its_host_with_a_secret_it_never_sees(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.allow(HOST)
    with pytest.raises(SecretMissingError) as missing:
        desk.call("/v1/clients")
    assert "toolvet secret set CLIENTS_TOKEN --tool growth/count_clients" in missing.value.hint

    before = desk.set_secret(SECRET)
    with caplog.at_level(logging.DEBUG):
        answer, seen = desk.call("/v1/clients?page=2")

    assert answer.status == "succeeded", answer
    assert answer.result == "200 GET /v1/clients?page=2"
    assert seen[0].header("authorization") == [f"Bearer {SECRET}"]
    assert SECRET not in repr(answer) + caplog.text + desk.everything()
    [event] = desk.recorded()
    assert isinstance(event, dict)
    assert (event["host"], event["path"], event["verdict"]) == (HOST, "/v1/clients?…", "forwarded")

    desk.runner.run(desk.operator.rotate(before, "another-token-from-now-on"))
    _, seen = desk.call("/v1/clients")
    assert seen[0].header("authorization") == ["Bearer another-token-from-now-on"]


def test_what_an_approved_tool_was_not_granted_is_refused_and_recorded(desk: Desk) -> None:
    desk.allow(HOST)
    desk.set_secret(SECRET)

    answer, seen = desk.call("/admin")

    assert json.loads(answer.result.removeprefix("403 "))["code"] == "network.path"
    assert seen == []
    [event] = desk.recorded()
    assert isinstance(event, dict)
    assert (event["verdict"], event["code"]) == ("refused", "network.path")


def test_a_redirect_out_of_what_was_declared_is_refused(desk: Desk) -> None:
    desk.allow(HOST)
    desk.set_secret(SECRET)

    answer, _ = desk.call("/v1/clients", lambda _: (302, {"location": "http://10.0.0.1/"}, b""))

    assert json.loads(answer.result.removeprefix("502 "))["code"] == "network.redirect"


def test_a_name_that_leads_to_this_machine_needs_the_operators_word(desk: Desk) -> None:
    desk.allow()
    desk.set_secret(SECRET)

    answer, seen = desk.call("/v1/clients")

    assert json.loads(answer.result.removeprefix("502 ").removeprefix("403 "))["code"] == (
        "network.private_address"
    )
    assert seen == []


def declaring(*rules: JsonObject) -> JsonObject:
    return {"kind": "read", "network": [*rules]}


def test_a_release_without_hosts_has_no_network(desk: Desk) -> None:
    services = desk.house.services

    assert network.network_of(services, manifest_with(declaring()), "call") == ((), None, None)


def test_a_secret_for_another_host_is_not_given(desk: Desk) -> None:
    desk.set_secret(SECRET)
    said: JsonObject = {
        "host": "evil.example.net",
        "port": 443,
        "protocol": "https",
        "credential": {"secret": "CLIENTS_TOKEN", "as": "bearer"},
    }

    with pytest.raises(SecretMissingError):
        network.network_of(desk.house.services, manifest_with(declaring(said)), "call")


def test_declarations_that_contradict_each_other_are_refused(desk: Desk) -> None:
    place: JsonObject = {"host": "a.example", "port": 443}

    with pytest.raises(RulesError):
        network.network_of(
            desk.house.services,
            manifest_with(declaring(place | {"protocol": "https"}, place | {"protocol": "tcp"})),
            "call",
        )


def test_runs_trust_the_systems_authorities_and_the_brokers(tmp_path: Path) -> None:
    old = tmp_path / "ca" / "old.pem"
    old.parent.mkdir()
    old.write_text("left over")
    os.utime(old, (0, 0))

    path = network.authorities(tmp_path / "ca")

    assert network.authority().pem() in path.read_bytes()
    assert b"PRIVATE" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o644
    assert network.authorities(tmp_path / "ca") == path
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_folder_that_cannot_be_written_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("in the way")

    with pytest.raises(network.AuthoritiesError) as caught:
        network.authorities(tmp_path / "ca")

    assert caught.value.code == "network.authorities"
