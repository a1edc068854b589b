"""The server that faces the tool reads a request in one way only, or not at all."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator

import pytest

from toolvet.sandbox.broker import (
    HttpLimits,
    HttpReply,
    HttpRequest,
    Reason,
    RefusedError,
    refusal,
    serve_http,
)

HEAD = b"GET /x HTTP/1.1\r\nHost: api.example.com\r\n"
QUICK = HttpLimits(head_s=0.15, idle_s=0.3)


class Talk:
    """What the server saw of one connection, and what it said."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        self.refused: list[tuple[str, str, str]] = []
        self.answer = b""
        self.broke = ""

    @property
    def codes(self) -> list[str]:
        parts = self.answer.split(b"\r\n\r\n")
        return [json.loads(part)["code"] for part in parts if part.startswith(b"{")]

    def statuses(self) -> list[int]:
        return [int(status) for status in re.findall(rb"HTTP/1.1 ([0-9]{3})", self.answer)]


async def _talk(*parts: bytes, limits: HttpLimits, body: object, hang_up: bool) -> Talk:
    ours, theirs = socket.socketpair()
    talk = Talk()

    async def answer(request: HttpRequest) -> HttpReply:
        data = await request.read(1 << 20)
        talk.seen.append((request.method, request.target, data))
        if isinstance(body, RefusedError):
            raise body
        return HttpReply(200, (("x-seen", request.header("host")),), body)  # type: ignore[arg-type]

    async def serve() -> None:
        reader, writer = await asyncio.open_connection(sock=ours, limit=1 << 16)
        try:
            await serve_http(
                reader,
                writer,
                answer,
                limits=limits,
                on_refused=lambda error, method, target: talk.refused.append(
                    (error.reason.value, method, target)
                ),
            )
        except RefusedError as error:
            talk.broke = error.reason.value
        finally:
            writer.close()
            await writer.wait_closed()

    task = asyncio.create_task(serve())
    reader, writer = await asyncio.open_connection(sock=theirs)
    for part in parts:
        writer.write(part)
        await asyncio.sleep(0.01)  # as a segment of its own
    if hang_up:
        writer.write_eof()
    try:
        talk.answer = await reader.read()
        await task
    except OSError:
        await task
    finally:
        writer.close()
    return talk


def talk(
    *parts: bytes, limits: HttpLimits = QUICK, body: object = b"fine", hang_up: bool = True
) -> Talk:
    return asyncio.run(_talk(*parts, limits=limits, body=body, hang_up=hang_up))


FRAMING = {
    "two lengths": b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "two different lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "a list of lengths": b"Content-Length: 5, 5\r\n\r\nhello",
    "a signed length": b"Content-Length: +5\r\n\r\nhello",
    "a length with an underscore": b"Content-Length: 1_0\r\n\r\nhellohello",
    "a length that overflows": b"Content-Length: 99999999999999999999\r\n\r\nhello",
    "a negative length": b"Content-Length: -1\r\n\r\n",
    "an empty length": b"Content-Length: \r\n\r\n",
    "length and coding": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a list of codings": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding in quotes": b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "headers named hop by hop": b"Connection: close, content-length\r\nContent-Length: 0\r\n\r\n",
    "two types": b"Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n",
    "two credentials": b"Authorization: a\r\nAuthorization: b\r\n\r\n",
    "a chunk whose size is no number": b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "a chunk with a wrong end": b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
    "a chunk that ends with LF": b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n",
    "a huge chunk size": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\nhello",
}
MALFORMED = {
    "a bare line feed": HEAD + b"X: y\n\r\n\r\n",
    "a line feed in a value": HEAD + b"X: a\nTransfer-Encoding: chunked\r\n\r\n",
    "a return in a value": HEAD + b"X: a\rTransfer-Encoding: chunked\r\n\r\n",
    "a NUL in a value": HEAD + b"X: a\0b\r\n\r\n",
    "a folded line": HEAD + b"X: a\r\n b\r\n\r\n",
    "a space before the colon": HEAD + b"Content-Length : 5\r\n\r\nhello",
    "a line without a colon": HEAD + b"Content-Length\r\n\r\n",
    "an empty name": HEAD + b": 5\r\n\r\n",
    "a name with a control character": HEAD + b"Transfer-Encoding\x0b: chunked\r\n\r\n",
    "HTTP/1.0": b"GET /x HTTP/1.0\r\nHost: api.example.com\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /x\r\n\r\n",
    "two spaces": b"GET  /x HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
    "a tab in the request line": b"GET\t/x HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
    "a method in small letters": b"get /x HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
    "a target with a blank": b"GET /x y HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
    "a target that is not ASCII": b"GET /\xc3\xa9 HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
    "an empty line first": b"\r\n" + HEAD + b"\r\n",
    "TLS": b"\x16\x03\x01\x00\x05hello\r\n\r\n",
}


@pytest.mark.parametrize("rest", FRAMING.values(), ids=FRAMING)
def test_a_body_that_two_parsers_may_frame_differently_is_refused(rest: bytes):
    found = talk(b"POST /x HTTP/1.1\r\nHost: api.example.com\r\n" + rest)

    assert found.seen == []
    assert found.codes == [Reason.FRAMING]
    assert found.statuses() == [400]


@pytest.mark.parametrize("request_bytes", MALFORMED.values(), ids=MALFORMED)
def test_a_head_that_is_not_strictly_one_is_refused(request_bytes: bytes):
    found = talk(request_bytes)

    assert found.seen == []
    assert found.codes == [Reason.MALFORMED]


@pytest.mark.parametrize("headers", [b"", b"Host: a.example\r\nHost: b.example\r\n"])
def test_a_request_names_its_host_exactly_once(headers: bytes):
    found = talk(b"GET /x HTTP/1.1\r\n" + headers + b"\r\n")

    assert found.seen == []
    assert found.codes[0] in (Reason.HOST, Reason.FRAMING)


@pytest.mark.parametrize("header", [b"Upgrade: websocket", b"Upgrade: h2c", b"HTTP2-Settings: x"])
def test_no_connection_is_upgraded(header: bytes):
    found = talk(HEAD + header + b"\r\n\r\n")

    assert (found.seen, found.codes) == ([], [Reason.UPGRADE])


def test_a_smuggled_request_is_never_answered():
    smuggled = b"GET /admin HTTP/1.1\r\nHost: api.example.com\r\n\r\n"

    found = talk(
        b"POST /x HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled
    )

    assert found.seen == []
    assert found.statuses() == [400]


def test_what_follows_a_refusal_is_not_read_as_a_request():
    found = talk(HEAD + b"X: a\0\r\n\r\n" + HEAD + b"\r\n")

    assert (found.seen, found.statuses()) == ([], [400])


def test_pipelined_requests_are_answered_in_order_and_each_is_seen():
    found = talk(
        b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
        b"POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n"
        b"GET /c HTTP/1.1\r\nHost: h\r\n\r\n"
    )

    assert found.seen == [("POST", "/a", b"abc"), ("POST", "/b", b"xyz"), ("GET", "/c", b"")]
    assert found.statuses() == [200, 200, 200]


def test_a_request_in_single_bytes_is_the_same_request():
    found = talk(
        *(bytes([byte]) for byte in b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"), limits=HttpLimits()
    )

    assert found.seen == [("GET", "/x", b"")]


def test_trailers_are_dropped():
    found = talk(
        HEAD.replace(b"GET", b"POST")
        + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nAuthorization: forged\r\n\r\n"
    )

    assert found.seen == [("POST", "/x", b"a")]


def test_a_head_that_comes_drop_by_drop_is_given_up():
    found = talk(HEAD, hang_up=False)

    assert found.codes == [Reason.TIMEOUT]
    assert found.statuses() == [408]


def test_a_body_that_stops_ends_the_connection():
    found = talk(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhel", hang_up=False)

    assert found.codes == [Reason.CLOSED]


def test_a_body_in_thousands_of_tiny_chunks_is_refused():
    found = talk(
        b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 5000
    )

    assert found.codes == [Reason.FRAMING]


@pytest.mark.parametrize("head", [
    HEAD + b"X: " + b"a" * 40_000 + b"\r\n\r\n",
    HEAD + b"X: y\r\n" * 10_000 + b"\r\n",
    HEAD + b"X: " + b"a" * 200_000,
])  # fmt: skip
def test_a_head_that_is_too_large_is_refused(head: bytes):
    found = talk(head)

    assert found.seen == []
    assert found.codes == [Reason.TOO_LARGE]


def test_a_client_that_asks_first_is_told_to_go_on():
    found = talk(
        b"POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", b"ok"
    )

    assert found.answer.startswith(b"HTTP/1.1 100")
    assert found.seen == [("POST", "/x", b"ok")]


def test_a_reply_to_head_has_a_length_and_no_body():
    found = talk(b"HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n")

    assert b"content-length: 4" in found.answer
    assert found.answer.endswith(b"\r\n\r\n")


def test_a_refusal_of_the_answerer_says_its_code_and_ends_the_connection():
    no = RefusedError(Reason.PATH, "not declared")

    found = talk(HEAD + b"\r\n" + HEAD + b"\r\n", body=no)

    assert found.codes == [Reason.PATH]
    assert found.statuses() == [403]
    assert b"x-toolvet-code: network.path" in found.answer
    assert refusal(no).close


def test_a_reply_that_breaks_off_does_not_look_complete():
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise RefusedError(Reason.UPSTREAM, "gone")

    found = talk(HEAD + b"\r\n", body=broken())

    assert found.broke == Reason.UPSTREAM
    assert b"half" in found.answer
    assert not found.answer.endswith(b"0\r\n\r\n")


def test_refusals_are_told_with_the_words_of_the_request():
    found = talk(b"GET http://evil.example.net/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")

    assert found.refused == [(Reason.FRAMING, "GET", "http://evil.example.net/")]
