"""Which words of a text are what, for colouring: keyword, string, comment. Pure; no terminal here.

A whole text is read at once, so that a string over many lines is a string on each of them. Made to
run in a thread beside the app: it gives way now and then, and stops when it is told to.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Literal

from pygments.lexers import get_lexer_by_name  # pyright: ignore[reportUnknownVariableType]
from pygments.token import Token

Word = Literal[
    "keyword", "string", "comment", "number", "function", "type", "decorator", "builtin", "key"
]

LONGEST_TEXT = 1_000_000
LONGEST_LINE = 2_000
"""Nobody reads such a line in colours, and a pattern may be slow on it."""
LONGEST_SECONDS = 5.0

_LEXERS = {
    ".cfg": "ini",
    ".css": "css",
    ".html": "html",
    ".ini": "ini",
    ".js": "javascript",
    ".json": "json",
    ".md": "markdown",
    ".py": "python",
    ".pyi": "python",
    ".sh": "bash",
    ".sql": "sql",
    ".toml": "toml",
    ".xml": "xml",
    ".yaml": "yaml",
    ".yml": "yaml",
}
_BREATHER = 500
"""Words between two moments in which the app may draw."""

_Type = tuple[str, ...]

_WORDS: dict[_Type, Word] = {
    Token.Comment: "comment",
    Token.Keyword: "keyword",
    Token.Keyword.Constant: "builtin",
    Token.Operator.Word: "keyword",
    Token.Literal.String: "string",
    Token.Literal.String.Interpol: "builtin",
    Token.Literal.Number: "number",
    Token.Literal.Date: "number",
    Token.Name.Function: "function",
    Token.Name.Class: "type",
    Token.Name.Exception: "type",
    Token.Name.Decorator: "decorator",
    Token.Name.Builtin: "builtin",
    Token.Name.Tag: "key",
    Token.Name.Attribute: "key",
    Token.Generic.Heading: "keyword",
    Token.Generic.Subheading: "keyword",
}


Span = tuple[int, int, Word]
"""A run of characters of one line, from, until, and what it is.

Bare tuples: a long file has 100,000 of them, and the garbage collector walks past any other object.
"""

LineSpans = tuple[Span, ...]
"""In order, apart from each other."""


def _never() -> bool:
    return False


def spans(
    path: str, text: str, *, is_stopped: Callable[[], bool] = _never
) -> tuple[LineSpans, ...]:
    """Find the words of a text to colour.

    Args:
        path: Its ending says which language it is.
        text: All of it.
        is_stopped: Asked now and then; True ends the work.

    Returns:
        A tuple for each line; fewer when the work was ended early, none for a text that is not
        coloured: an unknown language, or too long to read.
    """
    lexer = _LEXERS.get(PurePosixPath(path).suffix.lower())
    if lexer is None or len(text) > LONGEST_TEXT:
        return ()
    if max(map(len, text.split("\n"))) > LONGEST_LINE:
        return ()
    return tuple(map(tuple, _by_line(_tokens(lexer, text, is_stopped))))


def _tokens(lexer: str, text: str, is_stopped: Callable[[], bool]) -> Iterator[tuple[_Type, str]]:
    deadline = time.monotonic() + LONGEST_SECONDS
    # `get_tokens` would cut blank lines off the ends and change tabs: the places would not fit.
    found = get_lexer_by_name(lexer).get_tokens_unprocessed(text)
    for count, (_, kind, value) in enumerate(found):
        if count % _BREATHER == 0:
            if is_stopped() or time.monotonic() > deadline:
                return
            # Gives the interpreter to the thread that draws.
            time.sleep(0)
        yield kind, value


def _by_line(tokens: Iterator[tuple[_Type, str]]) -> list[list[Span]]:
    lines: list[list[Span]] = [[]]
    column = 0
    for kind, value in tokens:
        word = _word(kind)
        for index, part in enumerate(value.split("\n")):
            if index:
                lines.append([])
                column = 0
            if word and part and not part.isspace():
                _add(lines[-1], column, column + len(part), word)
            column += len(part)
    return lines


def _add(line: list[Span], start: int, end: int, word: Word) -> None:
    """Append a span; one of the same kind that touches it grows instead."""
    if line and line[-1][1:] == (start, word):
        start = line.pop()[0]
    line.append((start, end, word))


def _word(kind: _Type) -> Word | None:
    """Name a token type, or the nearest of its parents that has a name."""
    if kind not in _KNOWN:
        parents = (kind[:length] for length in range(len(kind), 0, -1))
        _KNOWN[kind] = next((_WORDS[parent] for parent in parents if parent in _WORDS), None)
    return _KNOWN[kind]


_KNOWN: dict[_Type, Word | None] = {}
