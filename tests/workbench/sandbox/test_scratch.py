"""What untrusted code left in a folder of the host is removed, whatever it is."""

import os
import sys
from pathlib import Path

from toolvet.sandbox import scratch


def test_a_tree_deeper_than_the_stack_and_longer_than_a_path_is_removed() -> None:
    folder = scratch.make()
    handle = os.open(folder, os.O_RDONLY)
    for _ in range(sys.getrecursionlimit() + 2000):
        os.mkdir("a-name-of-some-length", dir_fd=handle)
        below = os.open("a-name-of-some-length", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(os.open("file", os.O_CREAT, 0o600, dir_fd=handle))
    os.close(handle)

    scratch.remove(folder)

    assert not folder.exists()


def test_closed_folders_links_and_pipes_are_removed_and_links_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o500)
    (kept.parent / "file").write_text("kept")
    folder = scratch.make()
    (folder / "closed" / "inner").mkdir(parents=True)
    (folder / "closed" / "inner" / "file").touch()
    (folder / "closed" / "inner").chmod(0o000)
    (folder / "closed").chmod(0o000)
    (folder / "link").symlink_to(kept)
    (folder / "dangling").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")

    scratch.remove(folder)

    assert not folder.exists()
    assert kept.stat().st_mode & 0o777 == 0o500
    assert (tmp_path / "file").read_text() == "kept"


def test_what_a_dead_process_left_is_swept() -> None:
    folder = scratch.make()
    dead = folder.with_name(folder.name.replace(f"-{os.getpid()}-", "-4194304-"))
    folder.rename(dead)
    (dead / "a" / "b").mkdir(parents=True)
    mine = scratch.make()

    scratch.sweep()

    assert not dead.exists()
    assert mine.exists()
    scratch.remove(mine)
