"""One exchange with the service: headers, JSON, and errors raised again by their code."""

import json
import threading
from collections.abc import Iterator, Mapping
from typing import TypeVar, cast
from urllib.parse import quote, urlencode

from toolvet.client.decode import decode
from toolvet.client.errors import AnswerError, RemoteError
from toolvet.client.shapes import API
from toolvet.client.transport import Answer, Transport
from toolvet_reviews.values import Seat

T = TypeVar("T")
PREFIX = f"/api/v{API}"

Query = Mapping[str, str | int | float | None]


class Exchange:
    """Sends requests with a token and a seat; safe to share between threads.

    Args:
        turn: Held while a request is under way; those who share a transport share it.
    """

    def __init__(
        self, transport: Transport, token: str, seat: Seat, turn: "threading.Lock | None" = None
    ) -> None:
        self.transport = transport
        self.token = token
        self.seat: Seat = seat
        self._turn = turn or threading.Lock()

    def as_(self, token: str) -> "Exchange":
        """The same way, with another token."""
        return Exchange(self.transport, token, self.seat, self._turn)

    def again(self) -> "Exchange":
        """The same place and token, on a connection of its own."""
        return Exchange(self.transport.again(), self.token, self.seat)

    def get(self, kind: type[T], path: str, query: Query | None = None) -> T:
        """Get a view."""
        return decode(kind, self._send("GET", _with(path, query)).json())

    def raw(self, path: str, query: Query | None = None) -> bytes:
        """Get bytes as they are."""
        return self._send("GET", _with(path, query)).body

    def post(self, kind: type[T], path: str, body: Mapping[str, object] | None = None) -> T:
        """Send JSON and get a view."""
        return decode(kind, self._send("POST", path, body or {}).json())

    def delete(self, kind: type[T], path: str, query: Query | None = None) -> T:
        """Take something away."""
        return decode(kind, self._send("DELETE", _with(path, query)).json())

    def lines(self, path: str, query: Query | None = None) -> Iterator[bytes]:
        """Stream newline-delimited JSON; a refusal is raised.

        Raises:
            RemoteError: The service refused, or broke off with an error.
        """
        with self._turn:
            for line in self.transport.lines(PREFIX + _with(path, query), self._headers()):
                if line.startswith(b'{"error":'):
                    raise _refusal(Answer(400, line))
                yield line

    def _send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Answer:
        headers, data = self._headers(), None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        with self._turn:
            answer = self.transport.request(method, PREFIX + path, headers, data)
        if answer.status >= 400:
            raise _refusal(answer)
        return answer

    def _headers(self) -> dict[str, str]:
        headers = {"X-Toolvet-Seat": self.seat, "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers


def part(text: str) -> str:
    """Quote one part of a path."""
    return quote(text, safe="")


def _with(path: str, query: Query | None) -> str:
    given = {name: value for name, value in (query or {}).items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _refusal(answer: Answer) -> RemoteError:
    top = answer.json()
    error = cast("dict[str, object]", top).get("error") if isinstance(top, dict) else None
    if not isinstance(error, dict):
        raise AnswerError(f"the service answered HTTP {answer.status} without an error of its own")
    said = cast("dict[str, object]", error)
    retry = said.get("retry_after_s")
    return RemoteError(
        str(said.get("code", "unknown")),
        str(said.get("message", "")),
        hint=str(said.get("hint", "")),
        status=answer.status,
        retry_after_s=float(retry) if isinstance(retry, (int, float)) else None,
    )
