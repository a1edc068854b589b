"""Folders and secrets as a tool asks its context for them."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolvet.sdk import Context, HostError


class Wire:
    """A channel that answers like a service with one secret."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def tell(self, request: dict[str, Any]) -> None:
        self.asked.append(request)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request)
        return {"value": "made-up"}


def test_a_folder_is_where_the_run_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLVET_MOUNTS", json.dumps({"traces": "/mnt/traces"}))

    assert Context(Wire()).folder("traces") == Path("/mnt/traces")


@pytest.mark.parametrize("said", [None, "{}"])
def test_a_folder_that_is_not_declared_is_refused(
    monkeypatch: pytest.MonkeyPatch, said: str | None
) -> None:
    monkeypatch.delenv("TOOLVET_MOUNTS", raising=False)
    if said is not None:
        monkeypatch.setenv("TOOLVET_MOUNTS", said)

    with pytest.raises(HostError) as refused:
        Context(Wire()).folder("traces")

    assert refused.value.code == "mount.undeclared"


def test_a_secret_is_asked_for_when_it_is_needed() -> None:
    wire = Wire()
    ctx = Context(wire)
    before = list(wire.asked)

    assert (before, ctx.secret("DB_PASSWORD")) == ([], "made-up")
    assert wire.asked == [{"op": "secret", "name": "DB_PASSWORD"}]


def test_authors_tests_put_their_own_folders_and_values_in(tmp_path: Path) -> None:
    ctx = Context.for_tests()
    ctx.memory.folders["traces"] = tmp_path
    ctx.memory.secrets["DB_PASSWORD"] = "made-up"

    assert (ctx.folder("traces"), ctx.secret("DB_PASSWORD")) == (tmp_path, "made-up")
    assert "made-up" not in repr(ctx.memory)
    for ask in (ctx.folder, ctx.secret):
        with pytest.raises(HostError):
            ask("other")
