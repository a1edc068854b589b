"""The HTTP API as any client meets it: one error shape, strict requests, tokens that stop."""

import asyncio
import json
import threading
from typing import Any

import httpx
import pytest
from inhabited import Inhabited

from toolvet.client.client import Client
from toolvet.client.errors import RemoteError
from toolvet.http.app import create_app
from toolvet_reviews.views import QueueItem

SMALL = '''
"""Adding."""


def add(a: int, b: int) -> int:
    """Add two integers.

    Args:
        a: One.
        b: The other.
    """
    return a + b
'''
EXAMPLES: list[Any] = [{"arguments": {"a": 1, "b": 2}, "result": 3}]
NESTED = b"[" * 100_000


def ask(
    living: Inhabited,
    method: str,
    path: str,
    *,
    token: str | None = None,
    headers: dict[str, str] | None = None,
    content: bytes | None = None,
) -> httpx.Response:
    """Send a request as it is, past the typed client."""
    house = living.house
    bearer = house.client.token if token is None else token
    sent = {"Content-Type": "application/json", **(headers or {})}
    if bearer:
        sent["Authorization"] = f"Bearer {bearer}"

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(house.services), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=sent, content=content)

    return living.run(go())


def refusal(response: httpx.Response) -> dict[str, Any]:
    """Read an error, which has one shape whatever went wrong."""
    body = response.json()
    assert list(body) == ["error"]
    assert set(body["error"]) == {"code", "message", "hint", "retry_after_s", "place"}
    found: dict[str, Any] = body["error"]
    return found


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "code"),
    [
        ("GET", "/api/v1/proposals/P-999", None, 404, "proposal.not_found"),
        ("GET", "/api/v1/proposals/seven", None, 404, "proposal.not_found"),
        ("GET", "/api/v1/nowhere", None, 404, "http.not_found"),
        ("DELETE", "/api/v1/queue", None, 405, "http.method"),
        ("GET", "/api/v1/queue?limit=0", None, 422, "request.invalid"),
        ("GET", "/api/v1/blobs/x", None, 404, "not_found"),
        ("POST", "/api/v1/proposals", b"{", 400, "json.syntax"),
        ("POST", "/api/v1/proposals", b'{"source":"a","source":"b"}', 400, "json.duplicate_key"),
        ("POST", "/api/v1/proposals", b'{"source":NaN}', 400, "json.number_range"),
        ("POST", "/api/v1/proposals", b'{"source":"\\ud800"}', 400, "json.lone_surrogate"),
        ("POST", "/api/v1/proposals", b'"\xff"', 400, "json.syntax"),
        ("POST", "/api/v1/proposals", NESTED, 400, "json.too_deep"),
        ("POST", "/api/v1/proposals", b'{"source":"a","sauce":1}', 422, "request.invalid"),
        ("POST", "/api/v1/proposals", b"{}", 422, "request.invalid"),
        ("POST", "/api/v1/proposals", b'{"files_b64":{"a.py":"?"}}', 400, "intake.encoding"),
        ("POST", "/api/v1/proposals", b'{"files":{"../../x":"a"}}', 400, "intake.path"),
        ("POST", "/api/v1/proposals", b'{"files":{}}', 400, "intake.empty"),
        ("POST", "/api/v1/login", b'{"envelope":"x"}', 403, "act.signature"),
        ("POST", "/api/v1/tools/none/call", b"{}", 404, "tool.not_found"),
        ("GET", "/api/v1/audit/consistency?old=5&new=99999", None, 404, "not_found"),
    ],
    ids=range(20),
)
def test_every_refusal_has_one_shape_and_a_code(
    living: Inhabited, method: str, path: str, content: bytes | None, status: int, code: str
) -> None:
    response = ask(living, method, path, content=content)

    assert (response.status_code, refusal(response)["code"]) == (status, code)


@pytest.mark.parametrize("token", ["", "tv_unknown", "\x00"])
def test_without_a_token_that_counts_nothing_is_answered(living: Inhabited, token: str) -> None:
    response = ask(living, "GET", "/api/v1/queue", token=token)

    assert response.status_code == 401
    assert refusal(response)["code"] == "auth.token"
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_body_over_the_cap_is_refused_however_it_is_sent(living: Inhabited) -> None:
    big = b'{"source":"' + b"#" * (9 * 1024 * 1024) + b'"}'

    declared = ask(living, "POST", "/api/v1/proposals", content=big)

    assert (declared.status_code, refusal(declared)["code"]) == (413, "http.too_large")


def test_a_seat_that_nobody_sits_at_is_refused(living: Inhabited) -> None:
    response = ask(living, "GET", "/api/v1/queue", headers={"X-Toolvet-Seat": "throne"})

    assert refusal(response)["code"] == "request.seat"


def test_health_and_metrics_need_no_token_and_name_no_secret(living: Inhabited) -> None:
    health = ask(living, "GET", "/healthz", token="")
    metrics = ask(living, "GET", "/metrics", token="")

    assert health.json()["ok"] is True
    assert "toolvet_log_entries" in metrics.text
    assert "token" not in metrics.text


def test_the_openapi_document_describes_every_route_with_its_views(living: Inhabited) -> None:
    document = create_app(living.house.services).openapi()

    schemas = document["components"]["schemas"]
    assert {"ProposalView", "QueueItem", "CallView", "ErrorBody"} <= set(schemas)
    described = {
        name for name, field in schemas["QueueItem"]["properties"].items() if field is not None
    }
    assert described == set(QueueItem.__dataclass_fields__)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (path, method)
    json.dumps(document)


def test_a_fault_of_ours_is_a_500_in_the_same_shape(
    living: Inhabited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolvet.engine.queue.queue", None)

    response = ask(living, "GET", "/api/v1/queue")

    assert (response.status_code, refusal(response)["code"]) == (500, "internal")


def test_an_author_sees_only_its_own_proposals_and_never_the_dossier(living: Inhabited) -> None:
    house = living.house
    one, other = living.run(house.agent("one")), living.run(house.agent("other"))
    view = house.of(one).submit_inline(SMALL, EXAMPLES)
    living.run(house.verdict(view.id))

    with pytest.raises(RemoteError) as unseen:
        house.of(other).show(view.id)
    with pytest.raises(RemoteError) as hidden:
        house.of(one).dossier(view.id)

    assert unseen.value.code == "proposal.not_found"
    assert hidden.value.code == "auth.forbidden"
    assert [item.id for item in house.of(one).whole_queue()] == [view.id]
    assert list(house.of(other).whole_queue()) == []


def test_proposals_are_listed_by_state_closed_ones_too(living: Inhabited) -> None:
    house = living.house
    author = house.of(living.run(house.agent("closer")))
    view = author.submit_inline(SMALL.replace("def add", "def add_closed"), EXAMPLES)
    living.run(house.verdict(view.id))
    author.withdraw(view.id, "not needed")

    assert [item.id for item in author.proposals(state="withdrawn").items] == [view.id]
    assert author.proposals(state="reviewing").items == ()
    assert [item.id for item in author.proposals().items] == [view.id]


def test_only_the_local_token_ends_the_service_or_pins_a_key(living: Inhabited) -> None:
    house = living.house
    agent = living.run(house.agent("stopper"))

    for refused in (
        lambda: house.of(agent).stop(),
        lambda: house.of(agent).pin_key("00" * 32, "00" * 64),
    ):
        with pytest.raises(RemoteError) as caught:
            refused()
        assert caught.value.code == "auth.forbidden"


def test_a_vote_that_nobody_signed_is_refused_with_a_code(living: Inhabited) -> None:
    house = living.house
    author = living.run(house.agent("hopeful"))
    renamed = SMALL.replace("def add", "def plus")
    view = house.of(author).submit_inline(renamed, EXAMPLES)
    living.run(house.verdict(view.id))

    with pytest.raises(RemoteError) as caught:
        house.of(author).vote(view.id, b'{"payload":"","payloadType":"","signatures":[]}')

    assert caught.value.code == "act.envelope"
    assert caught.value.status == 403


def test_the_event_stream_closes_when_its_token_is_revoked(living: Inhabited) -> None:
    house = living.house
    agent = living.run(house.agent("listener"))
    client = house.of(house.person)
    issued = client.issue_token(agent.name)
    heard: list[str] = []

    def listen() -> None:
        heard.append(ask(living, "GET", "/api/v1/events", token=issued.token).text)

    async def is_listening() -> None:
        while not house.services.feed._subscriptions:  # pyright: ignore[reportPrivateUsage]
            await asyncio.sleep(0.01)

    listener = threading.Thread(target=listen)
    listener.start()
    living.run(is_listening())
    client.revoke_token(issued.id)
    listener.join(20)

    assert not listener.is_alive()
    assert "event: hello" in heard[0]
    assert heard[0].rstrip().endswith("}")
    assert '"code": "auth.token"' in heard[0]


def test_a_revoked_token_opens_nothing_any_more(living: Inhabited) -> None:
    house = living.house
    agent = living.run(house.agent("gone"))
    client = house.of(house.person)
    issued = client.issue_token(agent.name)
    as_agent = house.client.as_(issued.token)
    as_agent.queue()

    client.revoke_token(issued.id)

    with pytest.raises(RemoteError) as caught:
        as_agent.queue()
    assert caught.value.code == "auth.token"


def test_exported_entries_are_the_log_line_by_line(living: Inhabited) -> None:
    client: Client = living.house.client

    records = list(client.audit_entries(0, 3))

    assert [record["index"] for record in records] == [0, 1, 2]
    newest = client.audit_log(limit=1).items[0]
    assert json.loads(str(newest["leaf"]))["verb"] == "export:audit"


def test_pages_of_the_queue_hold_each_item_once(living: Inhabited) -> None:
    house = living.house
    author = living.run(house.agent("busy"))
    client = house.of(author)
    names = [f"tool_{index}" for index in range(5)]
    sent = [client.submit_inline(SMALL.replace("def add", f"def {n}"), EXAMPLES).id for n in names]

    first = client.queue(limit=2)
    second = client.queue(cursor=first.next, limit=2)
    third = client.queue(cursor=second.next, limit=2)

    pages = [item.id for page in (first, second, third) for item in page.items]
    assert sorted(pages) == sorted(sent)
    assert third.next is None
    for proposal in sent:
        client.withdraw(proposal)
