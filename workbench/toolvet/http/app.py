"""The HTTP application of one service."""

from collections import Counter

from fastapi import APIRouter, FastAPI

from toolvet.client.shapes import API
from toolvet.config import VERSION
from toolvet.engine.services import Services
from toolvet.http import errors, metrics
from toolvet.http.answers import described
from toolvet.http.errors import ErrorAnswer
from toolvet.http.routers import (
    audit,
    bindings,
    compare,
    dead,
    decisions,
    events,
    grants,
    history,
    keys,
    operations,
    principals,
    proposals,
    queue,
    threads,
    tools,
    trials,
    waivers,
)
from toolvet.http.strict import BodyCap

PREFIX = f"/api/v{API}"
_PARTS = (
    operations,
    queue,
    proposals,
    compare,
    threads,
    decisions,
    trials,
    waivers,
    principals,
    keys,
    grants,
    bindings,
    tools,
    dead,
    audit,
    history,
    events,
)


def create_app(services: Services) -> FastAPI:
    """Build the application; `toolvet.wiring` mounts the MCP endpoint beside it."""
    app = FastAPI(
        title="Toolvet",
        version=VERSION,
        description="The gate between tools that agents write and the place where they run.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # the pages FastAPI offers load scripts from elsewhere
        redoc_url=None,
    )
    app.state.services = services
    app.state.answers = Counter[str]()
    app.include_router(operations.public)
    app.include_router(_api())
    errors.install(app)
    app.add_middleware(BodyCap)
    app.add_middleware(metrics.Counting, answers=app.state.answers)
    return app


def _api() -> APIRouter:
    refused = {"default": {"model": described(ErrorAnswer), "description": "Refused"}}
    api = APIRouter(prefix=PREFIX, responses={**refused})
    for part in _PARTS:
        api.include_router(part.router)
    return api
