r"""Differences as patches that apply to the byte, out and in again. Pure; no I/O.

The format is git's: `diff --git` with `new file mode`, so that an empty file can come and go; lines
end in `\n` alone, a carriage return is part of its line, and a last line without an end is marked.
What is no UTF-8 text cannot be in it; the patch says so, and is refused when it is applied. Nothing
is spelled out here: it is for programs, and every export was applied again before it is given out.

Source: https://git-scm.com/docs/diff-format#generate_patch_text_with_p
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from toolvet_reviews import digests
from toolvet_reviews.bundle import Files
from toolvet_reviews.diffs import HunkLine, line_hunks
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.line_blocks import split
from toolvet_reviews.words import one_line

if TYPE_CHECKING:
    from unidiff.patch import Hunk, PatchedFile

MAX_BYTES = 8 * 1024 * 1024
"""Of a patch that is read: more than two bundles hold."""
MOST_FILES = 200
"""Files of a patch that is read."""
_NOWHERE = "/dev/null"
_UNENDED = "\\ No newline at end of file"


class PatchError(ReviewError):
    """No patch, or one that does not fit what it is applied to."""

    code = "patch.invalid"
    hint = "A unified diff, made against exactly these files."


class PatchConflictError(PatchError):
    """A patch whose old lines are not those of the file."""

    code = "patch.conflict"
    hint = "Make the patch against this revision: nothing is applied with an offset or in part."


class NotTextError(PatchError):
    """A patch of files that are not UTF-8 text."""

    code = "patch.not_text"
    hint = "Fetch the files themselves: a patch cannot hold them."


class ExportError(ReviewError):
    """A difference that could not be written so that it applies to the byte."""

    code = "patch.export"
    hint = "Fetch the files themselves, and report this: it is a defect."


def export(old: Files, new: Files, *, context: int = 3) -> bytes:
    """Write the difference of two file trees as a patch.

    Args:
        old: Files before.
        new: Files after.
        context: Unchanged lines around a change.

    Returns:
        UTF-8. Files that are not text on either side are named in a line `Binary files … differ`.

    Raises:
        ExportError: Applied again it did not give the new files; nothing is given out.
    """
    texts = {path for path in old.keys() | new.keys() if _is_text(old.get(path), new.get(path))}
    before = {path: data for path, data in old.items() if path in texts}
    after = {path: data for path, data in new.items() if path in texts}
    patch = _written(before, after, context)
    _check_applies(before, after, patch)
    is_whole = len(before) == len(old) and len(after) == len(new)
    return patch if is_whole else _written(old, new, context)


def _check_applies(old: Files, new: Files, patch: bytes) -> None:
    try:
        found = apply(old, patch)
    except PatchError as error:
        raise ExportError(f"the patch cannot be applied again: {error}") from error
    if digests.file_tree(found) != digests.file_tree(new):
        raise ExportError("the patch, applied again, gives other bytes")


def _written(old: Files, new: Files, context: int) -> bytes:
    paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    lines = (line for path in paths for line in _file(path, old.get(path), new.get(path), context))
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _file(path: str, old: bytes | None, new: bytes | None, context: int) -> Iterator[str]:
    _check_path(path)
    yield f"diff --git a/{path} b/{path}"
    if old is None:
        yield "new file mode 100644"
    if new is None:
        yield "deleted file mode 100644"
    before = _NOWHERE if old is None else f"a/{path}"
    after = _NOWHERE if new is None else f"b/{path}"
    if not _is_text(old, new):
        yield f"Binary files {before} and {after} differ"
        return
    hunks = line_hunks((old or b"").decode(), (new or b"").decode(), context)
    if not hunks:
        return
    # A tab ends the name, as git writes it: a name may hold spaces.
    tab = "\t" if " " in path else ""
    yield f"--- {before}{tab if old is not None else ''}"
    yield f"+++ {after}{tab if new is not None else ''}"
    for hunk in hunks:
        yield hunk.header
        yield from _lines(hunk.lines)


def _lines(lines: Sequence[HunkLine]) -> Iterator[str]:
    for line in lines:
        yield f"{line.kind}{line.text}"
        if not line.ended:
            yield _UNENDED


def _check_path(path: str) -> None:
    """Refuse a name that a patch would have to quote; no bundle has one."""
    if not path or not path.isprintable() or '"' in path or "\\" in path:
        raise ExportError(f"no patch can name {one_line(path, 120)!r}")


def _is_text(*sides: bytes | None) -> bool:
    try:
        for data in sides:
            (data or b"").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


# --- reading ---------------------------------------------------------------------------------


def apply(files: Files, patch: bytes) -> dict[str, bytes]:
    """Apply a patch exactly: every old line must be where it says, nothing is searched for.

    Args:
        files: What it was made against.
        patch: A unified diff in UTF-8, of git or of `diff -u`.

    Returns:
        All files, those that are not in the patch too.

    Raises:
        NotTextError: It names files that are not text.
        PatchConflictError: A file is not as the patch expects it.
        PatchError: It is no patch that is understood.
    """
    result = dict(files)
    touched: set[str] = set()
    for one in _parsed(patch):
        path = _path(one)
        if path in touched:
            raise PatchError(f"the patch names {one_line(path, 120)} twice")
        touched.add(path)
        data = _applied(path, files.get(path), one)
        if data is None:
            del result[path]
        else:
            result[path] = data
    return result


def _parsed(patch: bytes) -> "Sequence[PatchedFile]":
    from unidiff.errors import UnidiffParseError  # noqa: PLC0415
    from unidiff.patch import PatchSet  # noqa: PLC0415 - few ever read a patch; nobody else loads it

    if len(patch) > MAX_BYTES:
        raise PatchError(f"expected at most {MAX_BYTES} bytes, got {len(patch)}")
    try:
        found = PatchSet(patch.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotTextError("the patch is not UTF-8") from error
    except (UnidiffParseError, ValueError) as error:
        raise PatchError(f"no patch: {one_line(str(error), 200)}") from error
    if len(found) > MOST_FILES:
        raise PatchError(f"expected at most {MOST_FILES} files, got {len(found)}")
    if not found and patch.strip():
        raise PatchError("no patch: it names no file")
    return found


def _path(one: "PatchedFile") -> str:
    names = {_name(name) for name in (one.source_file, one.target_file) if _name(name) != _NOWHERE}
    if one.is_binary_file:
        said = ", ".join(sorted(one_line(name, 120) for name in names))
        raise NotTextError(f"the patch says that {said} differs, and does not hold it")
    if len(names) != 1:
        raise PatchError("a file of the patch is renamed, or has no name")
    return names.pop()


def _name(name: str) -> str:
    if name == _NOWHERE:
        return name
    if name.startswith('"'):
        raise PatchError("a name is quoted: no bundle has such a file")
    return name[2:] if name[:2] in ("a/", "b/") else name


def _applied(path: str, old: bytes | None, one: "PatchedFile") -> bytes | None:
    shown = one_line(path, 120)
    if (one.source_file == _NOWHERE) != (old is None):
        said = "is there already" if old is not None else "is not there"
        raise PatchConflictError(f"{shown} {said}")
    try:
        lines = split((old or b"").decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotTextError(f"{shown} is not UTF-8 text") from error
    result: list[str] = []
    at = 0
    for hunk in one:
        start = hunk.source_start - (1 if hunk.source_length else 0)
        if start < at or start > len(lines):
            raise PatchConflictError(f"{shown} has no line {hunk.source_start} to change")
        result += lines[at:start]
        gone, come = _sides(hunk)
        if lines[start : start + len(gone)] != gone:
            raise PatchConflictError(f"{shown} is another one at line {start + 1}")
        result += come
        at = start + len(gone)
    result += lines[at:]
    if any(not line.endswith("\n") for line in result[:-1]):
        raise PatchConflictError(f"{shown}: a line without an end is not the last one")
    if one.target_file == _NOWHERE:
        if result:
            raise PatchConflictError(f"{shown} is taken away, and not all of it")
        return None
    return "".join(result).encode("utf-8")


def _sides(hunk: "Hunk") -> tuple[list[str], list[str]]:
    """Give the lines before and after, with their ends."""
    gone: list[str] = []
    come: list[str] = []
    sides = {" ": [gone, come], "-": [gone], "+": [come]}
    last: list[list[str]] = []
    for line in hunk:
        if line.line_type == "\\":
            for side in last:
                side[-1] = side[-1].removesuffix("\n")
            continue
        last = sides.get(line.line_type, [])
        for side in last:
            side.append(line.value)
    return gone, come
