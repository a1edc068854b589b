"""What is read from disk as a bundle, and what is refused before it is sent."""

import os
from pathlib import Path

import pytest

from toolvet.client import bundles
from toolvet.client.errors import BundlePathError


def test_a_folder_is_read_with_relative_posix_paths(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tool.toml").write_bytes(b"x")
    (tmp_path / "tests" / "test_x.py").write_bytes(b"y")

    assert bundles.read(tmp_path) == {"tests/test_x.py": b"y", "tool.toml": b"x"}


def test_a_single_file_goes_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "add.py").write_bytes(b"z")

    assert bundles.read(tmp_path / "add.py") == {"add.py": b"z"}


def test_an_empty_folder_is_read_as_nothing_and_left_to_intake(tmp_path: Path) -> None:
    assert bundles.read(tmp_path) == {}


@pytest.mark.parametrize("where", ["link.py", "folder/link", "folder"])
def test_links_are_never_followed(tmp_path: Path, where: str) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (tmp_path / "secret").write_text("s")
    link = bundle / where
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "secret" if where != "folder" else tmp_path)

    with pytest.raises(BundlePathError) as caught:
        bundles.read(bundle)

    assert caught.value.code == "intake.link"


def test_a_link_as_the_bundle_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(BundlePathError):
        bundles.read(tmp_path / "link")


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")

    with pytest.raises(BundlePathError) as caught:
        bundles.read(tmp_path)

    assert caught.value.code == "intake.link"


def test_a_file_of_fifty_megabytes_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "big.py").open("wb") as file:
        file.truncate(50 * 1024 * 1024)

    with pytest.raises(BundlePathError) as caught:
        bundles.read(tmp_path)

    assert caught.value.code == "intake.too_large"


def test_many_files_together_are_too_large_too(tmp_path: Path) -> None:
    for index in range(5):
        (tmp_path / f"part{index}.py").write_bytes(b"#" * (1024 * 1024))

    with pytest.raises(BundlePathError):
        bundles.read(tmp_path)


def test_a_missing_path_says_so(tmp_path: Path) -> None:
    with pytest.raises(BundlePathError) as caught:
        bundles.read(tmp_path / "nowhere")

    assert caught.value.code == "bundle.path"
