"""Folders under the names of tools: what may be bound, and what a release is given."""

import asyncio
import os
from collections.abc import Generator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bound import Operator, manifest_with
from house import House, new_house

from toolvet.client.errors import RemoteError
from toolvet.engine.mounts import MountFolderError, mounts_of
from toolvet.engine.needs import MountUnboundError
from toolvet.sandbox import Mount
from toolvet_reviews.manifest import Manifest


@dataclass
class Desk:
    """A house, its operator, and the loop it lives on."""

    house: House
    runner: asyncio.Runner

    def bind(self, name: str, folder: object, tools: str = "growth/*", **how: Any) -> Any:
        work = Operator(self.house).bind(name, folder, tools=[tools], **how)
        return self.runner.run(work)

    def refused(self, folder: object) -> str:
        with pytest.raises(RemoteError) as refusal:
            self.bind("refused", folder)
        return refusal.value.code

    def given(self, release: Manifest) -> tuple[Mount, ...]:
        return mounts_of(self.house.services, release)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Desk]:
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        folder = tmp_path_factory.mktemp("mounts")
        yield Desk(runner.run(stack.enter_async_context(new_house(folder))), runner)
        runner.run(stack.aclose())


def declaring(name: str, mode: str = "read") -> Manifest:
    return manifest_with({"kind": "write", "files": [{"name": name, "mode": mode}]})


def test_a_release_is_given_what_it_declares(desk: Desk, tmp_path: Path) -> None:
    desk.bind("traces", tmp_path)

    assert desk.given(declaring("traces")) == (Mount("traces", tmp_path, writable=False),)
    assert desk.given(manifest_with({"kind": "pure", "files": []})) == ()


@pytest.mark.parametrize(
    ("declared", "granted", "writable"),
    [("read", False, False), ("write", False, False), ("read", True, False), ("write", True, True)],
)
def test_a_folder_is_writable_when_declared_and_granted(
    desk: Desk, tmp_path: Path, declared: str, granted: bool, writable: bool
) -> None:
    desk.bind("scratch", tmp_path, writes=granted)

    [mount] = desk.given(declaring("scratch", declared))

    assert mount.writable is writable


def test_what_is_not_bound_for_a_tool_is_named_with_the_command(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(MountUnboundError) as unbound:
        desk.given(declaring("nowhere"))
    desk.bind("theirs", tmp_path, tools="other/*")
    with pytest.raises(MountUnboundError) as not_ours:
        desk.given(declaring("theirs"))

    assert "toolvet mount bind nowhere FOLDER --tool growth/campaign" in unbound.value.hint
    assert not_ours.value.hint == "An operator runs: toolvet mount bind theirs"


def test_an_unbound_folder_is_given_to_nobody(desk: Desk, tmp_path: Path) -> None:
    desk.bind("leaving", tmp_path)
    client = desk.house.of(desk.house.person)
    desk.runner.run(asyncio.to_thread(client.unbind_mount, "leaving", "done with it"))

    with pytest.raises(MountUnboundError):
        desk.given(declaring("leaving"))


@pytest.mark.parametrize(
    "folder", ["/", "/etc", "/etc/ssl", "/proc/self", "/sys/kernel", "/dev/shm", "/usr", "/home"]
)
def test_folders_of_the_host_itself_are_never_bound(desk: Desk, folder: str) -> None:
    assert desk.refused(folder) == "mount.folder"


def test_neither_the_home_nor_what_holds_it_is_bound(desk: Desk) -> None:
    home = desk.house.settings.home

    assert [desk.refused(path) for path in (home, home / "run", home.parent)] == [
        "mount.folder"
    ] * 3


def test_a_folder_is_a_real_one(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / ".ssh").mkdir()
    wrong = ("missing", "link", "up/real", "file", ".ssh")

    assert [desk.refused(tmp_path / name) for name in wrong] == ["mount.folder"] * 5


def test_what_was_put_in_place_of_a_folder_is_not_shown(desk: Desk, tmp_path: Path) -> None:
    inside = tmp_path / "mine"
    inside.mkdir()
    desk.bind("swapped", inside)
    os.rename(inside, tmp_path / "aside")
    (tmp_path / "mine").symlink_to("/etc")

    with pytest.raises(MountFolderError):
        desk.given(declaring("swapped"))


def test_a_table_changed_past_the_log_binds_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.bind("logged", tmp_path)

    def forge(unit: Any) -> None:
        [row] = [row for row in unit.mounts.all() if row.name == "logged"]
        unit.mounts.set(type(row)(**{**vars(row), "folder": "/etc", "mode": "write"}))

    desk.runner.run(desk.house.services.store.write(forge))

    assert desk.given(declaring("logged", "write")) == (Mount("logged", tmp_path, writable=False),)
