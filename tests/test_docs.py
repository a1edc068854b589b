"""Docs that cannot rot: what is written is held against the code, links against the files."""

import importlib.util
import os
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import typer.main
from typer.core import TyperGroup

from toolvet.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
NOT_OURS = {".venv", ".demo", ".git", "dist", "node_modules", ".hypothesis"}

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").is_dir(), reason="the docs are not here: this is the wheel's own test run"
)


def pages() -> list[Path]:
    """Find every page of the repository."""
    found: list[Path] = []
    for folder, below, files in os.walk(ROOT):
        below[:] = [one for one in below if one not in NOT_OURS]
        found += [Path(folder, file) for file in files if file.endswith(".md")]
    return sorted(found)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def generator() -> ModuleType:
    """Load the script that writes the reference."""
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs/make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_says_what_the_code_says() -> None:
    written = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")

    assert generator().reference() == written, "run `make docs` and commit what changed"


def test_a_setting_without_words_stops_the_reference() -> None:
    script = generator()

    with pytest.raises(script.UndocumentedError, match="TOOLVET_NEW"):
        script.complete("setting", script.SETTINGS, ["TOOLVET_HOME", "TOOLVET_NEW"])


def test_the_readme_shows_the_help_as_it_is() -> None:
    written = (ROOT / "README.md").read_text(encoding="utf-8")

    assert "\n```\nUsage: toolvet [OPTIONS] COMMAND" in written
    assert generator().readme(written) == written, "run `make docs` and commit what changed"


def test_no_line_of_a_help_is_cut_short() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    groups = [word for word, one in root.commands.items() if isinstance(one, TyperGroup)]

    for words in [(), *((word,) for word in groups)]:
        listed = generator().shown_help(*words).partition("Commands:")[2]
        assert listed
        assert "..." not in listed


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text)
    broken = [link for link in links if not leads_somewhere(page, link)]

    assert broken == []


def leads_somewhere(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    path, _, heading = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not heading or heading in headings(target)


def headings(page: Path) -> set[str]:
    """Find the anchors of a page, as its readers' renderers make them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", pages(), ids=name)
def test_no_page_names_a_place_of_one_machine_or_a_package_registry(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    places = re.findall(r"(?<![\w./])/(?:root|work|home|tmp|Users)/[\w.-]+", text)
    hosts = re.findall(r"(?:pypi|pythonhosted|npmjs|crates|rubygems)\.(?:org|com|io)", text)

    assert places + hosts == []


def test_every_make_target_a_page_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {
        (name(page), target)
        for page in pages()
        for target in re.findall(r"(?:`| {4})make ([a-z]+)", page.read_text(encoding="utf-8"))
    }

    assert {(page, target) for page, target in named if target not in targets} == set()
