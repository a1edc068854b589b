"""An export is held against its digests here: a service that lies writes nothing."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from furniture import ADD, MULTIPLY
from inhabited import Inhabited, inhabited

from toolvet.client.client import Client
from toolvet.client.errors import DifferenceError
from toolvet.client.export import NotAnExportError, export


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    with inhabited(tmp_path_factory.mktemp("house")) as found:
        bot = found.run(found.house.agent("bot"))
        found.run(found.house.publish(bot, ADD))
        found.run(found.house.publish(bot, MULTIPLY))
        yield found


@pytest.fixture
def client(living: Inhabited) -> Client:
    return living.house.client


def below(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def always(answer: object) -> Callable[..., object]:
    def answered(*_: object, **__: object) -> object:
        return answer

    return answered


def test_an_export_holds_every_served_tool_and_says_what_it_did(
    client: Client, tmp_path: Path
) -> None:
    told: list[str] = []

    done = export(client, tmp_path / "out", told.append)

    assert told == done.written == ["default/add", "default/multiply"]
    found = below(tmp_path / "out")
    assert found["default/add/bundle/add.py"].decode() == ADD["add.py"]
    said = json.loads(found["default/add/release.json"])["decision"]
    assert [one["verdict"] for one in said] == ["approve"]


def test_a_second_export_changes_nothing_and_git_stays(client: Client, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    export(client, tmp_path)
    (tmp_path / "LICENSE").write_text("mine")
    before = below(tmp_path)

    done = export(client, tmp_path)

    assert (done.written, done.removed) == ([], [])
    assert done.unchanged == ["default/add", "default/multiply"]
    assert below(tmp_path) == before


def test_a_changed_file_is_written_anew_and_what_is_served_no_more_goes(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(client, tmp_path)
    (tmp_path / "default" / "add" / "bundle" / "add.py").write_text("changed")
    only_add = [one for one in client.tools(everything=True) if one.name == "add"]
    monkeypatch.setattr(Client, "tools", always(only_add))

    done = export(client, tmp_path)

    assert (done.written, done.removed) == (["default/add"], ["default/multiply"])
    assert (tmp_path / "default" / "add" / "bundle" / "add.py").read_text() == ADD["add.py"]
    assert not (tmp_path / "default" / "multiply").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(client: Client, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(NotAnExportError) as error:
        export(client, tmp_path)

    assert error.value.code == "export.not_ours"
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.txt"]


def _other_bytes(real: Callable[[Client, str], bytes], wrong: bytes) -> Callable[..., bytes]:
    def blob(self: Client, digest: str) -> bytes:
        return real(self, digest).replace(b"first", wrong)

    return blob


def test_other_bytes_than_were_approved_are_not_written(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "blob", _other_bytes(Client.blob, b"worst"))

    with pytest.raises(DifferenceError):
        export(client, tmp_path / "out")

    assert below(tmp_path / "out") == {}


@pytest.mark.parametrize(
    "changes", [{"name": "other"}, {"toolset": ".."}, {"name": "../../escape"}, {"toolset": ""}]
)
def test_a_tool_under_another_name_or_place_is_not_written(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    lying = [replace(one, **changes) for one in client.tools(everything=True)]
    monkeypatch.setattr(Client, "tools", always(lying))

    with pytest.raises(DifferenceError):
        export(client, tmp_path / "out")

    assert below(tmp_path) == {}


def test_a_decision_about_another_release_is_not_passed_off_as_this_ones(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, multiply = (client.releases(name)[0] for name in ("add", "multiply"))
    other = client.show(multiply.proposal).votes[0]
    view = client.show(add.proposal)
    lying = replace(view, votes=(replace(other, release_digest=add.digest),))
    monkeypatch.setattr(Client, "show", always(lying))

    with pytest.raises(DifferenceError):
        export(client, tmp_path / "out")
