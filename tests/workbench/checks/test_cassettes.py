"""What a bundle recorded of other systems: read strictly, played from the start in each run."""

import json
from pathlib import Path

import pytest

from toolvet.checks import cassettes
from toolvet.checks.cassettes import Playback, Request
from toolvet_reviews.values import Json, JsonObject

HOST = "https://api.example.com"


def recorded(*exchanges: JsonObject, **more: Json) -> dict[str, bytes]:
    text = {"schema": "toolvet/cassette/v1", "exchanges": [*exchanges], **more}
    return {"cassettes/api.json": json.dumps(text).encode()}


def exchange(request: JsonObject, **more: Json) -> JsonObject:
    whole: JsonObject = {"method": "GET", "url": f"{HOST}/v1/clients", **request}
    return {"request": whole, "reply": {"json": {"ok": True}}, **more}


def asked(
    path: str = "/v1/clients", query: str = "", body: bytes = b"", method: str = "GET"
) -> Request:
    return Request(method, HOST, path, query, body)


def answers(files: dict[str, bytes], request: Request) -> bool:
    played, findings = cassettes.read(files)
    assert findings == ()
    return Playback(played).answer(request) is not None


MATCHES: dict[str, tuple[JsonObject, Request, bool]] = {
    "the same request": ({}, asked(), True),
    "another path": ({}, asked("/v1/client"), False),
    "a path that is written otherwise": ({}, asked("/v1/%63lients"), False),
    "another method": ({}, asked(method="POST"), False),
    "a query nobody recorded": ({}, asked(query="page=1"), False),
    "a query in another order": ({"url": f"{HOST}/v1/clients?a=1&b=2"}, asked(query="b=2&a=1"), True),
    "any body where none is recorded": ({}, asked(body=b"x"), True),
    "the same JSON, written otherwise": ({"json": {"a": 1, "b": 2}}, asked(body=b'{"b":2, "a":1.0}'), True),
    "other JSON": ({"json": {"a": 1}}, asked(body=b'{"a":2}'), False),
    "the same text": ({"text": "abc"}, asked(body=b"abc"), True),
    "other text": ({"text": "abc"}, asked(body=b"abd"), False),
    "the same bytes": ({"base64": "AAE="}, asked(body=b"\x00\x01"), True),
    "the usual port spelled out": ({"url": f"{HOST}:443/v1/clients"}, asked(), True),
    "another port": ({"url": f"{HOST}:8443/v1/clients"}, asked(), False),
}  # fmt: skip


@pytest.mark.parametrize("case", MATCHES)
def test_a_recording_answers(case: str) -> None:
    request, given, fits = MATCHES[case]

    assert answers(recorded(exchange(request)), given) is fits


def test_replies_follow_each_other_and_the_last_one_lasts() -> None:
    replies: list[Json] = [{"status": 503}, {"status": 200, "text": "a"}]
    one: JsonObject = {
        "request": {"method": "GET", "url": f"{HOST}/v1/clients"},
        "replies": replies,
    }
    played, _ = cassettes.read(recorded(one))
    run = Playback(played)

    given = [run.answer(asked()) for _ in range(3)]

    assert [reply.status for reply in given if reply] == [503, 200, 200]
    again = Playback(played).answer(asked())
    assert again is not None
    assert again.status == 503


def test_a_json_reply_says_that_it_is_one() -> None:
    played, _ = cassettes.read(recorded(exchange({})))

    reply = Playback(played).answer(asked())

    assert reply is not None
    assert (dict(reply.headers), reply.body) == (
        {"content-type": "application/json"}, b'{"ok":true}',
    )  # fmt: skip


BROKEN: dict[str, dict[str, bytes]] = {
    "no JSON": {"cassettes/api.json": b"{"},
    "a name twice": {"cassettes/api.json": b'{"schema":"a","schema":"b"}'},
    "another schema": {"cassettes/api.json": b'{"schema":"toolvet/cassette/v2"}'},
    "a field nobody knows": recorded(exchange({"metod": "GET"})),
    "a reply that is missing": recorded({"request": {"method": "GET", "url": f"{HOST}/"}}),
    "a reply and replies": recorded(exchange({}, replies=[{}])),
    "no reply at all": recorded({"request": {"method": "GET", "url": HOST}, "replies": []}),
    "no address": recorded(exchange({"url": "api.example.com/v1"})),
    "another protocol": recorded(exchange({"url": "ftp://api.example.com/v1"})),
    "a password in the address": recorded(exchange({"url": "https://a:b@api.example.com/v1"})),
    "a port out of range": recorded(exchange({"url": "https://api.example.com:99999/v1"})),
    "a method nobody may use": recorded(exchange({"method": "CONNECT"})),
    "two bodies": recorded(exchange({"text": "a", "json": 1})),
    "no base64": recorded(exchange({"base64": "%%%"})),
    "a status that is none": recorded(exchange({}, reply={"status": 99})),
    "a header of two lines": recorded(exchange({}, reply={"headers": {"x-a": "b\r\nset-cookie: c"}})),
    "a header that frames": recorded(exchange({}, reply={"headers": {"Transfer-Encoding": "chunked"}})),
    "a header that is a number": recorded(exchange({}, reply={"headers": {"x-a": 1}})),
    "a mail that is taken": recorded(mail=[{"to": "a@example.com", "reply": "250 OK"}]),
    "a mail reply of two lines": recorded(mail=[{"to": "a@example.com", "reply": "450 a\r\n250 b"}]),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_cassette_that_cannot_be_played_is_a_finding(case: str) -> None:
    played, findings = cassettes.read(BROKEN[case])

    assert [finding.rule for finding in findings] == ["examples.cassette"]
    assert findings[0].path == "cassettes/api.json"
    assert played == cassettes.Cassettes()


def test_other_files_are_no_cassettes() -> None:
    assert cassettes.read({"data/api.json": b"{", "cassettes/read.me": b"{"}) == (
        cassettes.Cassettes(), (),
    )  # fmt: skip


def test_the_missing_entry_is_one_that_answers_the_request_once_it_is_added() -> None:
    request = asked(query="a=1&b=%C3%A9", body=b'{"to": "x"}', method="POST")

    entry = json.loads(cassettes.entry_for(request))

    assert answers(recorded(entry), request)
    assert not answers(recorded(entry), request._replace(body=b'{"to": "y"}'))


def test_the_cassette_of_the_docs_can_be_played() -> None:
    page = Path(__file__).parents[3] / "docs" / "effects.md"
    if not page.exists():
        pytest.skip("the docs are not here")
    [shown] = [
        block.partition("```")[0]
        for block in page.read_text(encoding="utf-8").split("```json")[1:]
        if "cassette/v1" in block
    ]

    played, findings = cassettes.read({"cassettes/docs.json": shown.encode()})

    assert findings == ()
    assert len(played.exchanges) == 2
    assert len(played.refusals) == 1
