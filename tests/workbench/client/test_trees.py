"""Reading what others write: nothing followed, nothing half, nothing huge."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolvet.client import trees
from toolvet.client.errors import BundlePathError
from toolvet.errors import ToolvetError
from toolvet_reviews.intake import Caps

CAPS = Caps(max_bytes=1000, max_files=5)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    descriptor = trees.open_folder(tmp_path)
    yield descriptor
    os.close(descriptor)


def refusal(folder: int, name: str) -> str:
    _, seen = trees.glimpse(folder, name, CAPS)
    assert seen is not None
    with pytest.raises(ToolvetError) as error:
        trees.read(folder, name, CAPS)
    assert error.value.code == seen.code
    return seen.code


def test_a_file_is_read_under_its_name_and_a_folder_under_the_paths_below_it(
    tmp_path: Path, folder: int
) -> None:
    (tmp_path / "one.py").write_text("1")
    (tmp_path / "many" / "tests").mkdir(parents=True)
    (tmp_path / "many" / "tool.toml").write_text("2")
    (tmp_path / "many" / "tests" / "test_it.py").write_text("3")

    assert trees.read(folder, "one.py", CAPS)[1] == {"one.py": b"1"}
    assert trees.read(folder, "many", CAPS)[1] == {"tool.toml": b"2", "tests/test_it.py": b"3"}


def test_a_link_is_refused_wherever_it_lies(tmp_path: Path, folder: int) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link.py").symlink_to("secret")
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool" / "data").symlink_to(tmp_path)

    assert refusal(folder, "link.py") == "intake.link"
    assert refusal(folder, "tool") == "intake.link"


def test_what_is_no_file_is_refused_and_never_opened(tmp_path: Path, folder: int) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{folder}/door.py")

        assert refusal(folder, "pipe.py") == "intake.link"
        assert refusal(folder, "door.py") == "intake.link"


def test_a_huge_file_is_refused_by_its_size_alone(tmp_path: Path, folder: int) -> None:
    with (tmp_path / "huge.py").open("wb") as file:
        file.truncate(2**42)

    assert refusal(folder, "huge.py") == "intake.too_large"


def test_too_many_files_or_folders_are_refused(tmp_path: Path, folder: int) -> None:
    for number in range(6):
        (tmp_path / "files").mkdir(exist_ok=True)
        (tmp_path / "files" / f"{number}.py").touch()
    for number in range(40):
        (tmp_path / "folders" / str(number)).mkdir(parents=True)

    assert refusal(folder, "files") == "intake.too_large"
    assert refusal(folder, "folders") == "intake.too_large"


def test_a_deep_tree_is_refused(tmp_path: Path, folder: int) -> None:
    (tmp_path / "deep" / "/".join("abcdefghijkl")).mkdir(parents=True)

    assert refusal(folder, "deep") == "intake.too_deep"


def test_what_cannot_be_read_is_said_and_not_waited_for(tmp_path: Path, folder: int) -> None:
    with pytest.raises(trees.ChangingError):
        trees.read(folder, "missing.py", CAPS)
    with pytest.raises(BundlePathError):
        trees.read(folder, "a" * 300, CAPS)


def test_a_mark_changes_with_every_change_below(tmp_path: Path, folder: int) -> None:
    below = tmp_path / "tool" / "data"
    below.mkdir(parents=True)
    (below / "a").write_text("1")

    def mark() -> trees.Mark:
        return trees.glimpse(folder, "tool", CAPS)[0]

    marks = [mark()]
    (below / "a").write_text("12")
    marks.append(mark())
    (below / "b").touch()
    marks.append(mark())
    os.replace(below / "b", below / "c")
    marks.append(mark())
    (below / "c").chmod(0o600)
    marks.append(mark())

    assert len(set(marks)) == len(marks)
    assert mark() == marks[-1]
