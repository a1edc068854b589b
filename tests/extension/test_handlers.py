"""Nobody gets past Jupyter's own locks: each route is authenticated and authorized."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from at_jupyter import Desk, JupyterServer, jupyter
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from toolvet_jupyter.handlers import RESOURCE, ROUTES, ToolvetHandler

METHODS = ("get", "head", "post", "put", "patch", "delete")

READERS_ONLY = """
from jupyter_server.auth import Authorizer

class ReadersOnly(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != "toolvet" or action == "read"

class Nobody(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != "toolvet"

c = get_config()
c.ServerApp.authorizer_class = {name}
"""


def _nothing(_: Any) -> None: ...


def lacking(handlers: list[type[APIHandler]]) -> list[str]:
    """Name each method that lacks one of the two decorators, and each handler off the resource."""
    wanted = {
        web.authenticated(_nothing).__code__: "authenticated",
        authorized(_nothing).__code__: "authorized",
    }
    found = [
        f"{kind.__name__}: resource"
        for kind in handlers
        if getattr(kind, "auth_resource", None) != RESOURCE
    ]
    for kind in handlers:
        for name in METHODS:
            method = vars(kind).get(name)
            codes = _codes(method) if method else set(wanted)
            found += [f"{kind.__name__}.{name}: {wanted[code]}" for code in set(wanted) - codes]
    return found


def _codes(method: Callable[..., Any]) -> set[Any]:
    codes: set[Any] = set()
    layer: Any = method
    while layer is not None:
        codes.add(layer.__code__)
        layer = getattr(layer, "__wrapped__", None)
    return codes


def every_handler() -> list[type[APIHandler]]:
    found: list[type[APIHandler]] = []
    left: list[type[APIHandler]] = [ToolvetHandler]
    while left:
        kind = left.pop()
        found.append(kind)
        left += kind.__subclasses__()
    return found


def test_every_handler_is_authenticated_and_authorized() -> None:
    assert lacking(every_handler()) == []
    assert {kind for _, kind in ROUTES} <= set(every_handler())


def test_a_handler_that_forgets_a_lock_is_found() -> None:
    class Open(APIHandler):
        auth_resource = RESOURCE

        async def get(self) -> None: ...

        @web.authenticated
        async def post(self) -> None: ...

    assert sorted(lacking([Open])) == [
        "Open.get: authenticated",
        "Open.get: authorized",
        "Open.post: authorized",
    ]


def every_request() -> Iterator[tuple[str, str]]:
    for pattern, kind in ROUTES:
        path = pattern.replace("(P-[1-9][0-9]{0,17})", "P-1").lstrip("/")
        for name in METHODS:
            if name in vars(kind):
                yield name.upper(), path


def refused(server: JupyterServer, token: str | None = None) -> dict[str, str]:
    """Send each request there is; answer code by request for those that were refused with 403."""
    found: dict[str, str] = {}
    for method, path in every_request():
        body: dict[str, object] | None = {} if method != "GET" else None
        answer = server.ask(path, body, method=method, token=token)
        if answer.status == 403:
            found[f"{method} {path}"] = answer.code
    return found


def test_without_the_token_every_request_is_refused(server: JupyterServer) -> None:
    every = {f"{method} {path}" for method, path in every_request()}

    assert set(refused(server, token="")) == every
    assert set(refused(server, token="wrong")) == every


@pytest.fixture
def guarded(desk: Desk, tmp_path: Path) -> Callable[[str], Any]:
    def start(name: str) -> Any:
        config = tmp_path / "config"
        config.mkdir()
        (config / "jupyter_server_config.py").write_text(READERS_ONLY.replace("{name}", name))
        return jupyter(desk, tmp_path)

    return start


def test_an_authorizer_that_lets_nobody_in_closes_every_route(
    guarded: Callable[[str], Any],
) -> None:
    with guarded("Nobody") as server:
        assert set(refused(server)) == {f"{method} {path}" for method, path in every_request()}


def test_an_authorizer_can_let_people_look_and_nothing_else(guarded: Callable[[str], Any]) -> None:
    with guarded("ReadersOnly") as server:
        closed = set(refused(server))
        looked = server.ask("toolvet/queue").status

    assert looked == 200
    assert {name for name in closed if name.startswith("GET")} == {"GET toolvet/key"}
    assert len([name for name in closed if name.startswith("POST")]) == 6


def loaded_by(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_neither_jupyter_nor_the_client() -> None:
    loaded = loaded_by("import toolvet_jupyter")

    assert {"jupyter_server", "tornado", "traitlets", "toolvet"}.isdisjoint(loaded)


def test_a_jupyter_server_that_nobody_asks_loads_no_client() -> None:
    loaded = loaded_by("import toolvet_jupyter; toolvet_jupyter._jupyter_server_extension_points()")

    assert "toolvet_jupyter.handlers" in loaded
    assert {"toolvet.client", "toolvet_reviews.views", "cryptography"}.isdisjoint(loaded)
