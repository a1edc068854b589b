"""Patches: what goes out comes in again to the byte, and what does not fit is refused whole."""

import contextlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import patches
from toolvet_reviews.patches import (
    ExportError,
    NotTextError,
    PatchConflictError,
    PatchError,
    apply,
    export,
)

LINES = ["a = 1", "", "\r", "b(c)\r", "-- a/x", "++ b/x", "@@ -1 +1 @@", "\\ No newline at end", "\u2028", "\x0c", "diff --git a/x b/x", "é\u202e"]  # fmt: skip
"""Lines that patches are made of, and those that other readers end a line at."""

texts = st.lists(st.sampled_from(LINES), max_size=8).map("\n".join).map(str.encode)
trees = st.dictionaries(st.sampled_from(["tool.py", "tests/test a.py", "data/x.csv"]), texts)

OLD = {"tool.py": b"one\ntwo\nthree\nfour\nfive\n"}
NEW = {"tool.py": b"one\ntwo\n3\nfour\nfive\n"}


@given(trees, trees, st.integers(0, 3))
def test_a_patch_applied_gives_the_new_files_to_the_byte(
    old: dict[str, bytes], new: dict[str, bytes], context: int
):
    assert apply(old, export(old, new, context=context)) == new


@given(trees)
def test_equal_files_have_an_empty_patch(files: dict[str, bytes]):
    assert export(files, files) == b""
    assert apply(files, b"") == files


@given(trees, trees, trees)
def test_a_patch_never_applies_to_other_lines(
    old: dict[str, bytes], new: dict[str, bytes], other: dict[str, bytes]
):
    patch = export(old, new, context=100)
    touched = [path for path in old.keys() | new.keys() if old.get(path) != new.get(path)]

    try:
        result = apply(other, patch)
    except PatchError:
        return

    assert all(other.get(path) == old.get(path) for path in touched)
    assert all(result.get(path) == new.get(path) for path in touched)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {"empty.txt": b""}),
        ({"empty.txt": b""}, {}),
        ({"a": b"x"}, {"a": b"x\n"}),
        ({"a": b"x\r\ny\r\n"}, {"a": b"x\ny\n"}),
        ({"a": b"\n"}, {"a": b""}),
        ({"a b.py": b"1\n"}, {"a b.py": b"2\n", "c d.py": b"3"}),
    ],
)
def test_git_applies_it_to_the_same_bytes(
    tmp_path: Path, old: dict[str, bytes], new: dict[str, bytes]
):
    for path, data in old.items():
        (tmp_path / path).write_bytes(data)
    patch = export(old, new)

    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=patch, check=True
    )

    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == new


def test_what_is_no_text_is_named_and_refused_by_its_code():
    patch = export({"data/x.bin": b"\xff\x00", **OLD}, {"data/x.bin": b"\xfe", **NEW})

    assert b"Binary files a/data/x.bin and b/data/x.bin differ\n" in patch
    with pytest.raises(NotTextError) as refused:
        apply({"data/x.bin": b"\xff\x00", **OLD}, patch)
    assert refused.value.code == "patch.not_text"


@pytest.mark.parametrize(
    "files",
    [
        {"tool.py": b"one\ntwo\nTHREE\nfour\nfive\n"},
        {"tool.py": b"zero\none\ntwo\nthree\nfour\nfive\n"},
        {"tool.py": b"one\ntwo\nthree\nfour\n"},
        {"tool.py": b"one\r\ntwo\r\nthree\r\nfour\r\nfive\r\n"},
        {},
    ],
)
def test_a_patch_is_not_applied_with_an_offset_or_in_part(files: dict[str, bytes]):
    with pytest.raises(PatchConflictError) as refused:
        apply(files, export(OLD, NEW))

    assert refused.value.code == "patch.conflict"


@pytest.mark.parametrize(
    "patch",
    [
        b"nothing\n",
        b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n",
        b"+++ b/x\n@@ -0,0 +1 @@\n+a\n",
        b"@@ -0,0 +1 @@\n+a\n",
        b"--- a/x\n+++ b/y\n@@ -0,0 +1 @@\n+a\n",
        b'--- /dev/null\n+++ "b/x\\"y"\n@@ -0,0 +1 @@\n+a\n',
        b"--- /dev/null\n+++ /dev/null\n@@ -0,0 +1 @@\n+a\n",
        b"--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n",
        b"--- a/x\n+++ b/x\n@@ -1,99999999999 +1 @@\n-a\n+b\n",
        b"\\ No newline at end of file\n",
        b"\xff",
    ],
)
def test_what_is_no_patch_is_refused_with_a_code(patch: bytes):
    with pytest.raises(PatchError) as refused:
        apply({}, patch)

    assert refused.value.code.startswith("patch.")


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes):
    head = b"--- a/tool.py\n+++ b/tool.py\n@@ -1,5 +1,5 @@\n"
    for patch in (data, head + data):
        with contextlib.suppress(PatchError):
            apply(OLD, patch)


def test_a_line_without_an_end_in_the_middle_is_refused():
    patch = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n"

    with pytest.raises(PatchConflictError):
        apply({"x": b"a\nz\n"}, patch)


@pytest.mark.parametrize("path", ["a\nb", "a\tb", 'a"b', "a\\b", ""])
def test_a_name_that_a_patch_would_have_to_quote_is_not_exported(path: str):
    with pytest.raises(ExportError) as refused:
        export({}, {path: b"x"})

    assert refused.value.code == "patch.export"


def test_a_patch_larger_than_any_bundle_is_refused_unread():
    with pytest.raises(PatchError):
        apply({}, b"x" * (patches.MAX_BYTES + 1))
