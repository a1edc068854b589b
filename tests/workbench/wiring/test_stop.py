"""A signal ends the service cleanly and at once, whoever still listens."""

import asyncio
import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx2
import pytest
from house import make_home
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from toolvet.config import Settings
from toolvet.wiring.serve import GRACE_S

AT_MOST_S = GRACE_S / 2
"""An idle machine needs less than 2 s; streams that were waited for would take `GRACE_S`."""
SERVE = """
import sys
from pathlib import Path
from toolvet.config import Settings
from toolvet.wiring import serve
serve(Settings(home=Path(sys.argv[1]), config_dir=Path(sys.argv[2])), port=0)
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_home(tmp_path_factory.mktemp("stops"))


@contextmanager
def serving(settings: Settings) -> Generator["tuple[subprocess.Popen[bytes], int]"]:
    folders = [str(settings.home), str(settings.config_dir)]
    service = subprocess.Popen([sys.executable, "-I", "-c", SERVE, *folders])
    try:
        yield service, port_of(settings.paths.pid, service)
    finally:
        service.kill()
        service.wait()


def port_of(said: Path, service: "subprocess.Popen[bytes]") -> int:
    while service.poll() is None:
        with suppress(OSError, ValueError):
            return int(json.loads(said.read_text())["ports"][0])
        time.sleep(0.05)  # it is starting, and this file is how it says that it has
    raise AssertionError("the service ended at once")


def seconds_to_end(service: "subprocess.Popen[bytes]", number: signal.Signals) -> float:
    started = time.monotonic()
    service.send_signal(number)
    assert service.wait(GRACE_S * 3) == 0
    return time.monotonic() - started


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_open_event_streams_do_not_hold_the_service(
    settings: Settings, number: signal.Signals
) -> None:
    token = settings.paths.token.read_text().strip()
    with serving(settings) as (service, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        with closing(connection), connection.getresponse() as stream:
            first = stream.readline()

            taken = seconds_to_end(service, number)
            rest = stream.read()  # raises when it broke off

    assert first == b"event: hello\n"
    assert rest.endswith(b"\n\n")
    assert taken < AT_MOST_S


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
def test_open_mcp_sessions_do_not_hold_the_service(settings: Settings, mode: str) -> None:
    async def listen(service: "subprocess.Popen[bytes]", url: str, token: str) -> float:
        headers = {"authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,
        ):
            await client.list_tools()
            if mode == "legacy":  # its standing stream is open from the handshake on
                return await asyncio.to_thread(seconds_to_end, service, signal.SIGTERM)
            async with client.listen(tools_list_changed=True):
                return await asyncio.to_thread(seconds_to_end, service, signal.SIGTERM)

    with serving(settings) as (service, port):
        token = settings.paths.token.read_text().strip()
        taken = asyncio.run(listen(service, f"http://127.0.0.1:{port}/mcp", token))

    assert taken < AT_MOST_S
