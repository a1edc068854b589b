"""The webhook: one signed message for each change of turn, sent until it arrives or is given up."""

import asyncio
import base64
import hashlib
import hmac
import json
import stat
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import furniture
import pytest
from house import House

from toolvet.config import now
from toolvet.engine import doctor, tell, webhook
from toolvet.engine.services import Services
from toolvet.engine.webhook import Target, WebhookError

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@dataclass
class Receiver:
    """What came, and what is answered."""

    url: str = ""
    status: int = 200
    came: list[tuple[dict[str, str], bytes]] = field(
        default_factory=list[tuple[dict[str, str], bytes]]
    )


@contextmanager
def receiving() -> Generator[Receiver]:
    """Listen on loopback for as long as the block runs."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.came.append((headers, body))
            self.send_response(found.status)
            self.send_header("location", "http://127.0.0.1:9/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/hook?from=toolvet"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver(home: House, run: Run) -> Generator[Receiver]:
    """A receiver of a house that tells it."""
    with receiving() as found:
        run(home.services.store.write(lambda unit: tell.switch(unit, on=True)))
        yield found
        run(home.services.store.write(lambda unit: tell.switch(unit, on=False)))


def target(home: House, receiver: Receiver) -> Target:
    """Where messages go."""
    return webhook.target(receiver.url, home.services.paths.webhook_key)


def later(home: House, **span: float) -> Services:
    """The same services, some time later."""
    return replace(home.services, clock=lambda: now() + timedelta(**span))


def test_a_change_of_turn_arrives_once_signed_with_the_key_in_the_home(
    home: House, run: Run, receiver: Receiver
) -> None:
    async def play() -> None:
        view = await home.submit(home.members["bot"], furniture.renamed("told_of"))
        to = target(home, receiver)
        assert await webhook.send_due(home.services, to) == 1
        assert await webhook.send_due(home.services, to) == 0
        [(headers, body)] = receiver.came
        said = json.loads(body)
        assert said["type"] == "turn.changed"
        assert (said["data"]["proposal"], said["data"]["tool"]) == (view.id, "told_of")
        assert {one["name"] for one in said["data"]["people"]} == {"person", "ada", "ben"}
        key = home.services.paths.webhook_key
        secret = base64.b64decode(key.read_text().strip().removeprefix("whsec_"))
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        meant = base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{meant}"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600

    run(play())


def test_what_did_not_arrive_comes_again_under_the_same_id(
    home: House, run: Run, receiver: Receiver
) -> None:
    async def play() -> None:
        await home.submit(home.members["bot"], furniture.renamed("told_twice"))
        to = target(home, receiver)
        receiver.status = 500
        assert await webhook.send_due(home.services, to) == 0
        assert await webhook.send_due(home.services, to) == 0  # not before its time
        receiver.status = 200
        assert await webhook.send_due(later(home, seconds=10), to) == 1
        first, second = (headers["webhook-id"] for headers, _ in receiver.came)
        assert first == second

    run(play())


def test_a_redirect_is_not_followed_and_no_arrival(
    home: House, run: Run, receiver: Receiver
) -> None:
    async def play() -> None:
        await home.submit(home.members["bot"], furniture.renamed("told_elsewhere"))
        receiver.status = 302
        assert await webhook.send_due(home.services, target(home, receiver)) == 0
        assert len(receiver.came) == 1
        receiver.status = 204
        assert await webhook.send_due(later(home, minutes=1), target(home, receiver)) == 1

    run(play())


def test_after_three_days_it_is_given_up_and_the_doctor_says_so(
    home: House, run: Run, receiver: Receiver
) -> None:
    async def play() -> None:
        await home.submit(home.members["bot"], furniture.renamed("told_never"))
        to = target(home, receiver)
        receiver.status = 503
        for days in (0, 1, 2, 4):
            await webhook.send_due(later(home, days=days), to)
        receiver.status = 200
        assert await webhook.send_due(later(home, days=9), to) == 0
        lines = await doctor.doctor(home.services, await home.caller(home.person))
        assert [one.code for one in lines if one.area == "webhook"] == ["webhook.given_up"]

    run(play())


def test_without_a_webhook_no_message_is_kept(home: House, run: Run) -> None:
    async def play() -> None:
        before = await home.services.store.query(lambda view: view.notices.next_at())
        await home.submit(home.members["bot"], furniture.renamed("told_nobody"))
        after = await home.services.store.query(lambda view: view.notices.next_at())
        assert before == after

    run(play())


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "http://127.0.0.1.example.com/hook",
        "ftp://127.0.0.1/hook",
        "https://name:word@example.com/hook",
        "https://example.com/hook#part",
        "https://",
        "http://[::1",
        "https://example.com:port/",
        "example.com/hook",
        "file:///etc/passwd",
    ],
)
def test_messages_go_over_tls_or_stay_on_this_host(url: str, tmp_path: Path) -> None:
    with pytest.raises(WebhookError):
        webhook.target(url, tmp_path / "webhook.key")
    assert not (tmp_path / "webhook.key").exists()


@pytest.mark.parametrize(
    "url", ["https://example.com/hook", "http://localhost:8/", "http://[::1]:8/"]
)
def test_the_key_is_made_once(url: str, tmp_path: Path) -> None:
    key = tmp_path / "webhook.key"

    assert webhook.target(url, key).key == webhook.target(url, key).key
    key.write_text("whsec_short\n")
    with pytest.raises(WebhookError):
        webhook.target(url, key)


def test_a_signature_is_that_of_the_published_example() -> None:
    """Source: the Standard Webhooks specification, section on symmetric signatures."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'

    headers = webhook.signed(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_rounds_at_once_lose_nothing(home: House, run: Run, receiver: Receiver) -> None:
    async def play() -> None:
        await home.submit(home.members["bot"], furniture.renamed("told_at_once"))
        to = target(home, receiver)
        await asyncio.gather(*(webhook.send_due(home.services, to) for _ in range(2)))
        assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1

    run(play())
