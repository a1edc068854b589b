"""Google docstrings: summary, description, arguments and errors. Pure; no I/O.

The text is an author's claim and may be hostile: one pass over the lines, and nothing raises.
Source: https://google.github.io/styleguide/pyguide.html, section 3.8.
"""

import inspect
from typing import NamedTuple

_ARGS = frozenset({"args", "arguments", "parameters"})
_RAISES = frozenset({"raises"})
_SECTIONS = (
    _ARGS
    | _RAISES
    | frozenset(
        {
            "returns",
            "yields",
            "attributes",
            "example",
            "examples",
            "note",
            "notes",
            "source",
            "todo",
        }
    )
)
_LONGEST_NAME = 200


class _Part(NamedTuple):
    title: str
    """Lower case; empty for the text before and between sections."""
    lines: list[str]


def summary(doc: str) -> str:
    """Give the first line that says something; empty when none does."""
    for line in inspect.cleandoc(doc).split("\n"):
        if line.strip():
            return line.strip()
    return ""


def description(doc: str) -> str:
    """Give the whole text without its arguments and errors, which go elsewhere."""
    kept = [
        "\n".join(part.lines).strip() for part in _parts(doc) if part.title not in _ARGS | _RAISES
    ]
    return "\n\n".join(text for text in kept if text)


def args(doc: str) -> dict[str, str]:
    """Give each described argument's text; white space folded."""
    return _items(doc, _ARGS)


def raises(doc: str) -> dict[str, str]:
    """Give each described error's text; white space folded."""
    return _items(doc, _RAISES)


def _parts(doc: str) -> list[_Part]:
    parts = [_Part("", [])]
    for line in inspect.cleandoc(doc).split("\n"):
        title = _title(line)
        if title:
            parts.append(_Part(title, [line]))
        elif line.strip() and not line[0].isspace() and parts[-1].title:
            parts.append(_Part("", [line]))
        else:
            parts[-1].lines.append(line)
    return parts


def _title(line: str) -> str:
    """Give the section a line opens, or nothing."""
    title = line.rstrip().removesuffix(":").lower()
    return title if line.rstrip().endswith(":") and title in _SECTIONS else ""


def _items(doc: str, titles: frozenset[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for part in _parts(doc):
        if part.title in titles:
            _collect(part.lines[1:], found)
    return {name: " ".join(" ".join(words).split()) for name, words in found.items()}


def _collect(lines: list[str], found: dict[str, list[str]]) -> None:
    """Read `name (type): text` entries; deeper lines carry the last one on."""
    indent = -1
    current: list[str] | None = None
    for line in lines:
        text = line.strip()
        if not text:
            continue
        depth = len(line) - len(line.lstrip())
        if indent < 0:
            indent = depth
        name = _name(text) if depth <= indent else ""
        if name:
            current = found.setdefault(name, [])
            text = text.partition(":")[2] if "(" not in text else _after(text)
        if current is not None:
            current.append(text)


def _name(text: str) -> str:
    head, colon, _ = text.partition(":")
    name = head.partition("(")[0].strip().lstrip("*")
    plain = name.replace(".", "_").replace("\\", "")
    return name if colon and len(name) <= _LONGEST_NAME and plain.isidentifier() else ""


def _after(text: str) -> str:
    """Give what follows the first colon outside brackets."""
    depth = 0
    for index, mark in enumerate(text):
        depth += (mark in "([{") - (mark in ")]}")
        if mark == ":" and depth <= 0:
            return text[index + 1 :]
    return text.partition(":")[2]
