"""Connections that are kept between requests do not cost a request its answer."""

import socket
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from toolvet.client import transport
from toolvet.client.client import Client
from toolvet.client.transport import HttpTransport
from toolvet.errors import UnreachableError

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@contextmanager
def forgetful_service(answer: bytes = ANSWER) -> Generator[str]:
    """Answer one request a connection and close it without having said so, as after idle time."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_a_connection_that_was_idle_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "KEPT_S", 0.0)
    with forgetful_service() as url:
        client = HttpTransport.url(url)
        answers = [client.request("POST", "/", {}, b"{}").status for _ in range(3)]
        client.close()

    assert answers == [200, 200, 200]


def test_a_request_that_may_have_been_done_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "KEPT_S", 60.0)
    with forgetful_service() as url:
        client = HttpTransport.url(url)
        client.request("POST", "/", {}, b"{}")
        with pytest.raises(UnreachableError):
            client.request("POST", "/", {}, b"{}")
        answered = client.request("GET", "/", {}, None)
        client.close()

    assert answered.status == 200


def test_an_answer_that_broke_off_is_no_answer() -> None:
    with forgetful_service(ANSWER.replace(b"length: 2", b"length: 3")) as url:
        client = HttpTransport.url(url)
        with pytest.raises(UnreachableError) as caught:
            client.request("GET", "/", {}, None)

    assert caught.value.code == "service.unreachable"


def chunked(*chunks: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


@pytest.mark.parametrize("piece", [1, 4, 1 << 18])
def test_lines_are_whole_however_they_arrive(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_PIECE", piece)
    answer = chunked(b'{"a":', b"1}\n", b'{"b":2}\n\n{"c"', b":3}") + b"0\r\n\r\n"
    with forgetful_service(answer) as url:
        client = HttpTransport.url(url)
        lines = list(client.lines("/", {}))
        client.close()

    assert lines == [b'{"a":1}', b'{"b":2}', b"", b'{"c":3}']


def test_a_stream_that_broke_off_is_not_taken_for_whole() -> None:
    with forgetful_service(chunked(b'{"a":1}\n')) as url:
        client = HttpTransport.url(url)
        with pytest.raises(UnreachableError):
            list(client.lines("/", {}))


def test_a_stream_of_events_ends_quietly_when_it_is_closed_from_another_thread() -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    hello = b'event: hello\ndata: {"index": 7}\n\n'
    with patient_service(head + f"{len(hello):x}\r\n".encode() + hello + b"\r\n") as url:
        events = Client(HttpTransport.url(url)).events()
        following = iter(events)
        assert next(following).index == 7

        waiting = threading.Thread(target=events.close)
        waiting.start()

        assert list(following) == []
        waiting.join()


@contextmanager
def patient_service(answer: bytes) -> Generator[str]:
    """Send the beginning of an answer, and no more until the client hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)
            connection.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        thread.join()
        listener.close()


def test_sessions_of_one_client_take_turns_on_its_connection() -> None:
    with busy_service() as url:
        first = Client(HttpTransport.url(url), "one")
        second = first.as_("two")
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(one.health) for one in (first, second) * 20]
            answers = [one.result() for one in asked]
        first.close()

    assert len(answers) == 40


@contextmanager
def busy_service() -> Generator[str]:
    """Answer every request in turn, on connections that are kept."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = b'{"ok":true,"service_id":"s","version":"1","pid":1}'
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
