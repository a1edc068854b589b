"""From changed files to the bundles they belong to."""

from pathlib import Path

import pytest

from toolvet.cli.changed import bundles_of
from toolvet.cli.exits import UsageError

SMALL = '# /// script\n# [tool.toolvet]\n# toolset = "ops"\n# ///\ndef f() -> int:\n    return 1\n'


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Two bundles in folders, one inside the other, and single files."""
    for path, text in {
        "tools/send/tool.toml": "",
        "tools/send/send.py": "",
        "tools/send/tests/test_send.py": "",
        "tools/send/vendored/tool.toml": "",
        "tools/send/vendored/other.py": "",
        "tools/small.py": SMALL,
        "tools/noted.py": "def g() -> int:\n    return 1\n",
        "tools/noted.examples.json": "[]",
        "tools/library.py": "x = 1\n",
        "tools/odd.py": b"\xff".decode("latin-1"),
        "README.md": "",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="latin-1")
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "bundles"),
    [
        (("tools/send/send.py",), ["tools/send"]),
        (("tools/send/tests/test_send.py", "tools/send/tool.toml"), ["tools/send"]),
        (("tools/send/gone.py",), ["tools/send"]),
        (("tools/send/vendored/other.py",), ["tools/send/vendored"]),
        (("tools/small.py",), ["tools/small.py"]),
        (("tools/noted.py", "tools/noted.examples.json"), ["tools/noted.py"]),
        (("tools/library.py", "README.md", "tools/odd.py", "tools/away.py"), []),
    ],
    ids=["module", "tests", "deleted", "inner", "small", "sidecar", "others"],
)
def test_a_changed_file_counts_for_the_bundle_it_belongs_to(
    repo: Path, changed: tuple[str, ...], bundles: list[str]
) -> None:
    found = bundles_of([repo / path for path in changed], repo)

    assert found == [repo / path for path in bundles]


def test_nothing_above_the_top_is_looked_at(repo: Path) -> None:
    (repo / "tool.toml").write_text("")

    assert bundles_of([repo / "tools" / "library.py"], repo / "tools") == []


def test_metadata_that_cannot_be_read_is_said_and_not_passed_over(repo: Path) -> None:
    (repo / "broken.py").write_text("# /// script\n# [tool.toolvet\n# ///\n")

    with pytest.raises(UsageError):
        bundles_of([repo / "broken.py"], repo)
