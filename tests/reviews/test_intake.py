"""Intake: what a bundle may hold, on any file system and for any tool that looks at it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import file_trees

from toolvet_reviews.errors import IntakeError
from toolvet_reviews.intake import Caps, check_files, problems

GOOD = {
    "tool.toml": b"[tool]\n",
    "campaign.py": b'"""Send."""\n',
    "tests/__init__.py": b"",
    "tests/test_campaign.py": "# -*- coding: utf-8 -*-\n# é\n".encode(),
    "tests/data/raw.bin": b"\x00\xff",
    "data/Sample Log.txt": b"\xef\xbb\xbf",
    "README.md": b"# Campaign\r\n",
}


def codes(files: dict[str, bytes], caps: Caps | None = None) -> list[str]:
    return [problem.code for problem in problems(files, caps or Caps())]


def test_a_usual_bundle_passes():
    check_files(GOOD)

    assert problems(GOOD) == []


@pytest.mark.parametrize("path", [
    "", "/etc/passwd", "../x.py", "a/../../x.py", "a//b.py", "a/", "./a.py", "a\\b.py", "C:/a.py",
    "a\x00.py", "a\n.py", "a\x7f.py", "é.py", "e\u0301.py", "a\u202e.py", "\ud800.py", "a" * 201,
    "/".join("a" * 9), "a .py ", "a.", "con.py", "pkg/NUL.txt", "lpt1", "-rf.py", " a.py", "a*.py",
    "a?.py", "a'b.py", "a:b.py", "~/a.py",
])  # fmt: skip
def test_a_path_that_some_file_system_reads_otherwise_is_refused(path: str):
    assert "intake.path" in codes({**GOOD, path: b""})


@pytest.mark.parametrize("path", [
    "__pycache__/a.txt", "pkg/__pycache__/a.cpython-311.pyc", "a.pyc", "a.PYC", "a.pyo", "a.so",
    "lib/a.cpython-311-x86_64-linux-gnu.so", "a.pyd", "a.dll", "a.dylib", "a.pth", "a.egg", "a.whl",
    "a.zip", "a.pyz", "sitecustomize.py", "usercustomize.py", "conftest.py", "tests/conftest.py",
    "Conftest.py", "pytest.ini", "tests/pytest.ini", "setup.py", "setup.cfg", "pyproject.toml",
    "tox.ini", "mypy.ini", ".semgrepignore", ".gitignore", "pkg/.hidden/a.py", ".env",
    "json.py", "email/__init__.py", "email/notes.txt", "typing.py", "_thread.py", "toolvet.py",
    "toolvet/sdk.py", "toolvet_reviews/errors.py", "toolvet_other.py", "pytest.py",
    "Json.py", "stubs.pyi", "this.py",
])  # fmt: skip
def test_a_file_that_runs_hides_or_shadows_by_its_name_is_refused(path: str):
    assert codes({**GOOD, path: b""}) == ["intake.forbidden_file"]


@pytest.mark.parametrize("path", ["pkg/json.py", "json.txt", "my_json.py", "tests/email.py"])
def test_a_name_that_shadows_nothing_passes(path: str):
    assert codes({**GOOD, path: b""}) == []


@pytest.mark.parametrize(("path", "data"), [
    ("a.py", b"\xff\xfea\x00"), ("a.py", b"\xef\xbb\xbfimport os"), ("a.py", b"a\x00"),
    ("a.py", b"\xc0\x80"), ("a.py", b"\xed\xa0\x80"), ("a.py", b"a\x1b[31m"), ("a.py", b"\x0b"),
    ("a.py", b"# coding: latin-1"), ("a.py", b"\n# vim: set fileencoding=utf-7 :"),
    ("a.py", b"#!/usr/bin/python\r# -*- coding: rot13 -*-"), ("tool.toml", b"\xff"),
    ("notes.txt", b"\xff"), ("tests/data/a.py", b"\xff"), ("data/a.py", b"# coding: utf-7"),
])  # fmt: skip
def test_text_that_could_be_read_two_ways_is_refused(path: str, data: bytes):
    assert codes({**GOOD, path: data}) == ["intake.encoding"]


@pytest.mark.parametrize(
    "data", [b"# coding: UTF-8", b"# coding: utf8", b"\n\n# coding: latin-1", b"x = '# coding: a'"]
)
def test_a_cookie_that_changes_nothing_passes(data: bytes):
    assert codes({**GOOD, "a.py": data}) == []


@pytest.mark.parametrize(("one", "other"), [
    ("pkg/a.py", "pkg/A.py"), ("pkg/a.py", "PKG/a.py"), ("pkg", "pkg/a.py"), ("PKG", "pkg/a.py"),
])  # fmt: skip
def test_two_paths_that_are_one_on_some_file_system_are_refused(one: str, other: str):
    assert "intake.path" in codes({**GOOD, one: b"", other: b""})


@pytest.mark.parametrize(
    "caps",
    [Caps(max_bytes=30), Caps(max_file_bytes=10), Caps(max_files=6), Caps(max_spec_bytes=6)],
)
def test_every_cap_holds(caps: Caps):
    assert "intake.too_large" in codes(GOOD, caps)


def test_fifty_megabytes_are_refused_at_once():
    assert set(codes({**GOOD, "data/huge.bin": b"\xff" * 50_000_000})) == {"intake.too_large"}


@pytest.mark.parametrize("files", [{}, {"README.md": b"hello"}, {"data/a.bin": b"\xff"}])
def test_a_bundle_without_anything_to_review_is_refused(files: dict[str, bytes]):
    assert codes(files) == ["intake.empty"]


def test_all_problems_are_told_at_once_and_the_first_is_raised():
    bad = {**GOOD, "../x": b"", "a.so": b"", "b.py": b"\xff"}

    found = codes(bad)

    assert found == ["intake.path", "intake.forbidden_file", "intake.encoding"]
    with pytest.raises(IntakeError) as caught:
        check_files(bad)
    assert caught.value.code == found[0]


def test_a_flood_of_problems_is_cut():
    assert len(problems({f"a{n}.so": b"" for n in range(1000)})) == 100


@given(st.dictionaries(st.text(max_size=20), st.binary(max_size=30), max_size=4))
def test_whatever_comes_has_an_answer_that_can_be_printed(files: dict[str, bytes]):
    for problem in problems(files):
        assert problem.code.startswith("intake.")
        assert str(problem).isascii()
        assert str(problem).isprintable()


@given(file_trees)
def test_raising_and_listing_agree(files: dict[str, bytes]):
    found = problems(files)

    if found:
        with pytest.raises(type(found[0])):
            check_files(files)
    else:
        check_files(files)
