"""One error shape for everything that goes wrong: known, badly asked, or a fault of ours."""

import logging
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from toolvet.errors import KNOWN, ToolvetError
from toolvet.http.answers import reply
from toolvet_reviews.errors import (
    MoveRefusedError,
    NotYoursError,
    ReviewError,
    StaleVoteError,
    UnmetError,
)
from toolvet_reviews.waivers import WaiverError

_log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[ReviewError], int], ...] = (
    (NotYoursError, 403),
    (MoveRefusedError, 409),
    (StaleVoteError, 409),
    (UnmetError, 409),
    (WaiverError, 409),
)
_HTTP_CODES = {404: "http.not_found", 405: "http.method", 413: "http.too_large"}


@dataclass(frozen=True)
class ErrorBody:
    """What went wrong."""

    code: str
    """Stable: `area.what`."""
    message: str
    """For people."""
    hint: str = ""
    """What to do next."""
    retry_after_s: float | None = None
    """When to try again; null when waiting does not help."""
    place: str = ""
    """File, field or JSON pointer it is about."""


@dataclass(frozen=True)
class ErrorAnswer:
    """The one error shape."""

    error: ErrorBody


def install(app: FastAPI) -> None:
    """Answer every error in the one shape."""
    for known in KNOWN:
        app.add_exception_handler(known, _known)
    app.add_exception_handler(RequestValidationError, _badly_asked)
    app.add_exception_handler(HTTPException, _by_framework)
    app.add_exception_handler(Exception, _fault)


def render(error: ReviewError | ToolvetError) -> Response:
    """Render a known error."""
    retry = error.retry_after_s if isinstance(error, ToolvetError) else None
    place = error.place if isinstance(error, ReviewError) else ""
    return refuse(
        status_of(error),
        ErrorBody(error.code, str(error), error.hint, retry_after_s=retry, place=place),
    )


def refuse(status: int, body: ErrorBody) -> Response:
    """Answer with an error."""
    response = reply(ErrorAnswer(body), status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if body.retry_after_s is not None:
        response.headers["Retry-After"] = str(max(1, round(body.retry_after_s)))
    return response


def status_of(error: ReviewError | ToolvetError) -> int:
    """Choose the HTTP status of a known error."""
    if isinstance(error, ToolvetError):
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


async def _known(_: Request, error: Exception) -> Response:
    if not isinstance(error, KNOWN):
        raise error
    return render(error)


async def _badly_asked(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    hint = "GET /api/v1/openapi.json describes every request."
    return refuse(422, ErrorBody("request.invalid", f"{place}: {first['msg']}", hint, place=place))


async def _by_framework(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    cause = error.__cause__  # what our strict JSON reader refused, FastAPI wraps once more
    if isinstance(cause, KNOWN):
        return render(cause)
    code = _HTTP_CODES.get(error.status_code, "http.refused")
    hint = "GET /api/v1/openapi.json describes every request."
    return refuse(error.status_code, ErrorBody(code, str(error.detail), hint))


async def _fault(_: Request, error: Exception) -> Response:
    _log.error("a request failed", exc_info=error)
    return refuse(
        500, ErrorBody("internal", "the service made a mistake", "Its log says which: service.log.")
    )
