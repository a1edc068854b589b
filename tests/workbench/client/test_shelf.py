"""Folders of tools are written whole: a reader sees the old one or the new one."""

import errno
import os
import threading
from pathlib import Path

import pytest

from toolvet.client import shelf as shelves
from toolvet.client.shelf import FolderError, Shelf
from toolvet_reviews.errors import ReviewError

OLD = {"release.json": b"old", **{f"bundle/{n}.py": b"old" for n in range(20)}}
NEW = {"release.json": b"new", **{f"bundle/deep/{n}.py": b"new" for n in range(20)}}


def put(shelf: Shelf, files: dict[str, bytes]) -> None:
    before = shelf.put("default", "slug", files)
    if before is not None:
        shelf.discard(before)


def left(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir() if one.name.startswith("."))


def test_a_tool_is_written_and_replaced_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with Shelf(tmp_path) as shelf:
        put(shelf, OLD)
        assert shelf.read("default", "slug") == OLD
        put(shelf, NEW)

        assert shelf.read("default", "slug") == NEW
        assert shelf.tools() == [("default", "slug")]
    assert left(tmp_path) == []


def test_a_reader_never_sees_half_a_tool(tmp_path: Path) -> None:
    over = threading.Event()
    seen: set[frozenset[bytes]] = set()

    def read() -> None:
        while not over.is_set():
            folder = os.open(tmp_path / "default" / "slug", os.O_RDONLY)
            try:
                below = os.listdir(folder)  # of one folder, whatever lies at its path by now
                seen.add(frozenset(one.encode() for one in below))
            finally:
                os.close(folder)

    with Shelf(tmp_path) as shelf:
        put(shelf, OLD)
        reader = threading.Thread(target=read)
        reader.start()
        for number in range(100):
            before = shelf.put("default", "slug", NEW if number % 2 else OLD)
            assert before is not None  # kept until the end: who opened it reads on
        over.set()
        reader.join()
        shelf.claim()
    assert seen == {frozenset((b"release.json", b"bundle"))}
    assert left(tmp_path) == []


def test_where_names_cannot_be_exchanged_the_tool_is_replaced_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object) -> bool:
        return False

    monkeypatch.setattr(shelves, "_exchange", cannot)
    with Shelf(tmp_path) as shelf:
        put(shelf, OLD)
        put(shelf, NEW)

        assert shelf.read("default", "slug") == NEW
    assert left(tmp_path) == []


def test_a_link_in_the_way_is_replaced_and_nothing_behind_it_is_touched(tmp_path: Path) -> None:
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "root"
    elsewhere.mkdir()
    (elsewhere / "mine.txt").write_text("mine")
    (root / "default").mkdir(parents=True)
    (root / "default" / "slug").symlink_to(elsewhere)

    with Shelf(root) as shelf:
        put(shelf, OLD)

        assert shelf.read("default", "slug") == OLD
    assert [one.name for one in elsewhere.iterdir()] == ["mine.txt"]


def test_a_toolset_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "root"
    elsewhere.mkdir()
    root.mkdir()
    (root / "default").symlink_to(elsewhere)

    with Shelf(root) as shelf, pytest.raises(FolderError):
        shelf.put("default", "slug", OLD)
    assert list(elsewhere.iterdir()) == []
    assert left(root) == []


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root").symlink_to(tmp_path)

    with pytest.raises(FolderError):
        Shelf(tmp_path / "root")


def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    with Shelf(tmp_path / "root") as shelf, pytest.raises(ReviewError):
        shelf.put("..", "slug", OLD)


def test_a_full_disk_leaves_the_old_tool_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Shelf(tmp_path) as shelf:
        put(shelf, OLD)

        real = os.open

        def full(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            if flags & os.O_CREAT:
                raise OSError(errno.ENOSPC, "no space")
            return real(path, flags, mode, dir_fd=dir_fd)

        with monkeypatch.context() as patched:
            patched.setattr(os, "open", full)
            with pytest.raises(FolderError):
                shelf.put("default", "slug", NEW)

        assert shelf.read("default", "slug") == OLD
    assert left(tmp_path) == []


def test_two_writers_never_work_in_one_folder(tmp_path: Path) -> None:
    with Shelf(tmp_path) as one, Shelf(tmp_path) as other:
        one.claim()
        with pytest.raises(FolderError):
            other.claim()


def test_a_file_is_replaced_at_once_even_where_a_link_lay(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    (tmp_path / "index.json").symlink_to("target")

    with Shelf(tmp_path) as shelf:
        shelf.write("index.json", b"new")

    assert (tmp_path / "target").read_text() == "mine"
    assert (tmp_path / "index.json").read_bytes() == b"new"
