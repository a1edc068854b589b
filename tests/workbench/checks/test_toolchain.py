"""The scanner's environment: made whole, or not there."""

from pathlib import Path

import pytest

from toolvet.checks import Toolchain
from toolvet.checks.errors import ToolchainError
from toolvet.checks.toolchain import REQUIREMENTS


def test_an_empty_folder_is_not_ready(tmp_path: Path) -> None:
    assert not Toolchain(tmp_path).is_ready


def test_what_was_made_is_used_as_it_is_until_it_is_removed(toolchain: Toolchain) -> None:
    said: list[str] = []

    toolchain.ensure(said.append)

    assert toolchain.is_ready
    assert toolchain.mypy_cache is not None
    assert said == []


def test_an_environment_that_cannot_be_made_is_an_error_with_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    tools = Toolchain(tmp_path / "tools")

    with pytest.raises(ToolchainError) as refused:
        tools.ensure()

    assert refused.value.code == "toolchain.unusable"
    assert refused.value.hint
    assert not tools.is_ready
    assert not tools.semgrep_folder.exists()


def test_an_unfinished_environment_counts_as_missing(tmp_path: Path) -> None:
    tools = Toolchain(tmp_path)
    tools.semgrep_packages.mkdir(parents=True)
    tools.semgrep.write_bytes(b"")

    assert not tools.is_ready


def test_the_requirements_name_hashes_and_no_host() -> None:
    text = REQUIREMENTS.read_text(encoding="utf-8")

    assert "--hash=sha256:" in text
    assert "://" not in text
    assert all("==" in line for line in text.splitlines() if line[:1].isalpha())


def test_every_program_has_a_version() -> None:
    assert set(Toolchain(Path("nowhere")).versions) == {
        "ruff",
        "mypy",
        "pytest",
        "hypothesis",
        "semgrep",
        "python",
        "uv",
        "platform",
    }
