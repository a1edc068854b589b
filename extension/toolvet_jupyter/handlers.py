"""The routes under `toolvet/`: Jupyter says who may ask, the service says what may be done.

Every method is authenticated and authorized on the resource `toolvet`: `read` for looking,
`write` for remarks, `execute` for what leads to a decision. Who decided is the signature, never
the user that Jupyter knows: anything that runs as this user can be that user.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, cast

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from toolvet.errors import KNOWN, ToolvetError
from toolvet_jupyter import body
from toolvet_jupyter.names import SESSION_HEADER
from toolvet_jupyter.news import News
from toolvet_jupyter.pool import Pool

if TYPE_CHECKING:
    from toolvet_jupyter.sitting import Sitting

_authorized = cast("Callable[[str], Callable[[Any], Any]]", authorized)
Method = TypeVar("Method", bound=Callable[..., Awaitable[None]])

RESOURCE = "toolvet"
"""What a Jupyter authorizer is asked about."""

POOL = "toolvet_pool"
"""Where the server's settings hold the pool."""

NEWS = "toolvet_news"
"""Where they hold what tells pages of news."""

_PAGE = 50
_MAX_TOKEN = 512


def _reading():  # noqa: ANN202, RUF100
    # Loaded in a thread of the pool, by the first request: a server that nobody asks starts faster.
    from toolvet_jupyter import reading  # noqa: PLC0415

    return reading


def _deciding():  # noqa: ANN202, RUF100
    from toolvet_jupyter import deciding  # noqa: PLC0415  as above

    return deciding


def permitted(action: Literal["read", "write", "execute"]) -> Callable[[Method], Method]:
    """Let through who is logged in, and only when the authorizer lets them do this."""

    def decorate(method: Method) -> Method:
        return cast("Method", web.authenticated(_authorized(action)(method)))

    return decorate


class ToolvetHandler(APIHandler):
    """Asks the service in a thread, and answers with JSON or with the one error shape."""

    auth_resource: ClassVar[str] = RESOURCE

    async def answer(self, work: "Callable[[Sitting], object]") -> None:
        """Answer with what the work answers."""
        pool: Pool = self.settings[POOL]
        news: News = self.settings[NEWS]
        news.wake()
        self.set_header("Cache-Control", "no-store")
        try:
            said = await pool.run(self._session(), lambda at: body.write(work(at)))
        except KNOWN as error:
            status = error.status if isinstance(error, ToolvetError) else 400
            retry = error.retry_after_s if isinstance(error, ToolvetError) else None
            self._refuse(status, error.code, str(error), error.hint, retry)
        else:
            self.finish(said)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer what Jupyter refuses, or what is a mistake of ours, in the same shape."""
        raised = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(raised, web.HTTPError):
            self._refuse(status_code, "jupyter.refused", raised.log_message or self._reason)
        else:
            said = "the server made a mistake"
            self._refuse(status_code, "internal", said, "The Jupyter server's log says which.")

    def _session(self) -> str:
        token = self.request.headers.get(SESSION_HEADER, "")
        is_one = token.isascii() and token.isprintable() and len(token) < _MAX_TOKEN
        return token if is_one else "-"  # which no service knows

    def _refuse(
        self, status: int, code: str, message: str, hint: str = "", retry_s: float | None = None
    ) -> None:
        from toolvet_jupyter.wire import ErrorAnswer, ErrorBody  # noqa: PLC0415  see `_reading`

        self.set_status(status)
        if retry_s is not None:
            self.set_header("Retry-After", str(max(1, round(retry_s))))
        self.finish(body.write(ErrorAnswer(ErrorBody(code, message, hint, retry_s))))


class _Looking(ToolvetHandler):
    _track_activity = False  # the page looks by itself now and then: no sign of a person


class StatusHandler(_Looking):
    """Which service, and whose key."""

    @permitted("read")
    async def get(self) -> None:
        """Say which service this is."""
        await self.answer(lambda at: _reading().status(at))


class QueueHandler(_Looking):
    """What is open."""

    @permitted("read")
    async def get(self) -> None:
        """Get one page of the queue."""
        cursor = self.get_query_argument("cursor", None)
        limit = self.get_query_argument("limit", str(_PAGE))
        if not (limit.isascii() and limit.isdecimal() and len(limit) < 5):
            raise web.HTTPError(422, "limit is not a number")
        await self.answer(lambda at: _reading().queue(at, cursor, int(limit)))


class ReviewHandler(ToolvetHandler):
    """One proposal."""

    @permitted("read")
    async def get(self, proposal: str) -> None:
        """Open it: everything a reviewer sees, checked."""
        await self.answer(lambda at: _reading().review(at, proposal))


class KeyHandler(ToolvetHandler):
    """The sealed key."""

    @permitted("execute")
    async def get(self) -> None:
        """Hand it to the page, which asks for the passphrase."""
        await self.answer(lambda at: _deciding().sealed_key(at))


class StatementsHandler(ToolvetHandler):
    """What is going to be signed."""

    @permitted("execute")
    async def post(self) -> None:
        """Write a statement."""
        await self.answer(lambda at: _deciding().statement(at, self.request.body))


class LoginHandler(ToolvetHandler):
    """Sessions."""

    @permitted("execute")
    async def post(self) -> None:
        """Open one with a signed statement."""
        await self.answer(lambda at: _deciding().login(at, self.request.body))


class VoteHandler(ToolvetHandler):
    """Votes."""

    @permitted("execute")
    async def post(self, proposal: str) -> None:
        """Carry a signed one."""
        await self.answer(lambda at: _deciding().vote(at, proposal, self.request.body))


class RequestChangesHandler(ToolvetHandler):
    """Giving back."""

    @permitted("execute")
    async def post(self, proposal: str) -> None:
        """Give a proposal back, with words."""
        await self.answer(lambda at: _deciding().request_changes(at, proposal, self.request.body))


class RejectHandler(ToolvetHandler):
    """Closing."""

    @permitted("execute")
    async def post(self, proposal: str) -> None:
        """Close a proposal, with words."""
        await self.answer(lambda at: _deciding().reject(at, proposal, self.request.body))


class CommentHandler(ToolvetHandler):
    """Remarks."""

    @permitted("write")
    async def post(self, proposal: str) -> None:
        """Say something."""
        await self.answer(lambda at: _deciding().comment(at, proposal, self.request.body))


_PROPOSAL = r"/toolvet/proposals/(P-[1-9][0-9]{0,17})"

ROUTES: tuple[tuple[str, type[ToolvetHandler]], ...] = (
    (r"/toolvet/status", StatusHandler),
    (r"/toolvet/queue", QueueHandler),
    (r"/toolvet/key", KeyHandler),
    (r"/toolvet/statements", StatementsHandler),
    (r"/toolvet/login", LoginHandler),
    (_PROPOSAL, ReviewHandler),
    (_PROPOSAL + "/vote", VoteHandler),
    (_PROPOSAL + "/request-changes", RequestChangesHandler),
    (_PROPOSAL + "/reject", RejectHandler),
    (_PROPOSAL + "/comment", CommentHandler),
)
