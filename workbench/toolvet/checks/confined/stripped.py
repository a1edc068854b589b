"""Digests of Python files without docstrings and comments. Runs confined; stdlib only.

Everything else of a file counts, with the line and column it stands at. What stands under `Raises:`
in a docstring counts too, because checks hold runs against it. Whether anything could read the rest
is for `docs` to say.
"""

import ast
import hashlib
import io
import re
import tokenize
from collections.abc import Iterator
from typing import TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_RAISES = re.compile(r"[ \t]*Raises:[ \t]*\Z")
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def inspect(files: dict[str, str]) -> dict[str, Json]:
    """Digest each file; none at all if one has code behind a docstring, on its line.

    Args:
        files: Every Python file of a bundle, path to text that parses.

    Returns:
        Path to digest.
    """
    return {path: _digest(text, ast.parse(text)) for path, text in sorted(files.items())}


def _docstrings(tree: ast.Module) -> Iterator[tuple[ast.Expr, str]]:
    for node in ast.walk(tree):
        if isinstance(node, _Documented) and node.body:
            first = node.body[0]
            value = first.value if isinstance(first, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield cast("ast.Expr", first), value.value


def _digest(text: str, tree: ast.Module) -> str:
    """Digest the tokens of a file with their places, docstrings and comments left out."""
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    kept: list[str] = []
    for doc, value in _docstrings(tree):
        end = (doc.end_lineno or 0, doc.end_col_offset or 0)
        spans[doc.lineno, doc.col_offset] = end
        kept.append(f"{doc.lineno}-{end[0]}:{_promises(value)}")
    said = hashlib.sha256(repr(kept).encode("utf-8", "surrogatepass"))
    skipping: tuple[int, int] | None = None
    lines = text.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        start = _in_bytes(lines, token.start)
        if skipping is not None and start < skipping:
            continue
        if skipping is not None:
            is_after = token.type not in {tokenize.NEWLINE, tokenize.COMMENT, tokenize.NL}
            if is_after and start[0] == skipping[0]:
                raise ValueError(f"line {start[0]}: code behind a docstring")
            skipping = None
        if start in spans:
            skipping = spans[start]
        elif token.type not in {
            tokenize.COMMENT,
            tokenize.NL,
            tokenize.NEWLINE,
            tokenize.ENDMARKER,
        }:
            said.update(
                repr((token.type, token.string, token.start)).encode("utf-8", "surrogatepass")
            )
    return f"inert:{said.hexdigest()}"


def _in_bytes(lines: list[str], place: tuple[int, int]) -> tuple[int, int]:
    """A place as the parser counts it: columns in bytes of UTF-8."""
    line, column = place
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return line, len(text[:column].encode("utf-8", "surrogatepass"))


def _promises(doc: str) -> list[str]:
    """The lines under `Raises:`, against which checks hold runs."""
    found: list[str] = []
    inside, depth = False, 0
    for line in doc.split("\n"):
        indent = len(line) - len(line.lstrip())
        if _RAISES.match(line):
            inside, depth = True, indent
        elif inside and line.strip() and indent <= depth:
            inside = False
        if inside:
            found.append(line.strip())
    return found
