"""HTTP between a run and a declared host: filtered, with the credential added outside."""

import contextlib
from collections.abc import AsyncIterator

from toolvet.sandbox.broker import headers
from toolvet.sandbox.broker.doors import check_redirect
from toolvet.sandbox.broker.errors import Reason, RefusedError
from toolvet.sandbox.broker.guard import EchoGuard
from toolvet.sandbox.broker.http1 import HttpReply, HttpRequest, serve_http
from toolvet.sandbox.broker.passage import Passage
from toolvet.sandbox.broker.streams import Streams
from toolvet.sandbox.broker.upstream import Answered, Asked, Upstream
from toolvet_reviews.bundle import NetworkRule


async def pass_http(passage: Passage, inside: Streams) -> None:
    """Answer the requests of one connection with what the host says to them.

    Raises:
        RefusedError: A reply broke off; the connection must end as broken.
        OSError: The tool went away.
    """
    upstream = Upstream(passage)
    try:
        await serve_http(
            *inside,
            _Web(passage, upstream).answer,
            limits=passage.around.limits.http,
            on_refused=passage.note,
        )
    finally:
        upstream.abort()


class _Web:
    def __init__(self, passage: Passage, upstream: Upstream) -> None:
        self._passage = passage
        self._upstream = upstream

    async def answer(self, request: HttpRequest) -> HttpReply:
        """Forward one request, if a rule lets it through."""
        self._passage.settled.clear()
        try:
            await self._passage.around.meter.turn()
            rule = self._passage.door.admit(request.method, request.target, request.header("host"))
            return await self._forward(request, rule)
        except RefusedError as error:
            self._upstream.abort()
            self._passage.note(error, request.method, request.target)
            raise
        except BaseException:
            self._upstream.abort()
            gone = RefusedError(Reason.CLOSED, "the run ended")
            self._passage.note(gone, request.method, request.target)
            raise

    async def _forward(self, request: HttpRequest, rule: NetworkRule) -> HttpReply:
        added, secrets = self._credential(rule)
        sent = headers.towards(request.headers, rule, self._passage.door.authority, added)
        if request.length is None:
            sent.append(("transfer-encoding", "chunked"))
        answered = await self._upstream.exchange(
            Asked(request.method, request.target, sent, request.pieces(), request.has_body)
        )
        guard = EchoGuard(secrets)
        self._check(answered, guard, has_credential=added is not None)
        return HttpReply(
            answered.status,
            headers.back(answered.headers, has_credential=added is not None),
            self._body(request, guard),
            answered.length,
        )

    def _credential(self, rule: NetworkRule) -> tuple[tuple[str, str] | None, list[str]]:
        """Give the header to add, and what must not come back."""
        if rule.credential is None:
            return None, []
        secret = self._passage.around.reveal.secret(rule.credential, self._passage.door.host)
        added = headers.credential_header(rule.credential, secret)
        return added, [secret, added[1].partition(" ")[2]]

    def _check(self, answered: Answered, guard: EchoGuard, *, has_credential: bool) -> None:
        for name, value in answered.headers:
            guard.check(value)
            if name == "location" and 300 <= answered.status < 400:
                check_redirect(value, self._passage.door, self._passage.around.doors)
            if name == "content-encoding" and has_credential and value.lower() != "identity":
                raise RefusedError(Reason.ECHO, "a packed reply, in which no credential is seen")

    async def _body(self, request: HttpRequest, guard: EchoGuard) -> AsyncIterator[bytes]:
        """Carry the reply's body, and write down how the request ended."""
        error: RefusedError | None = RefusedError(Reason.CLOSED, "the tool went away")
        try:
            async with contextlib.aclosing(self._upstream.pieces()) as pieces:
                async for piece in pieces:
                    if passed := guard.feed(piece):
                        yield passed
            if passed := guard.end():
                yield passed
            error = None
        except RefusedError as met:
            error = met
            raise
        finally:
            if error is not None:
                self._upstream.abort()
            self._passage.settled.set()
            self._passage.note(error, request.method, request.target)
