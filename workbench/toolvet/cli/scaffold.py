"""The bundles that `toolvet new` writes: they pass verification as they are."""

import re
from pathlib import Path

from toolvet.cli.exits import UsageError

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

_MODULE = '''\
{script}"""{title}."""


def {name}(words: list[str]) -> dict[str, int]:
    """Count how often each word occurs.

    Args:
        words: Any number of words.
    """
    counts: dict[str, int] = {{}}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
'''

_SCRIPT = """\
# /// script
# [tool.toolvet]
# [[tool.toolvet.examples]]
# arguments = { words = ["a", "b", "a"] }
# result = { a = 2, b = 1 }
# ///
"""

_TOML = """\
[tool]
name = "{name}"
summary = "Count how often each word occurs."
entry = "{name}:{name}"

[effects]
kind = "pure"

[[examples]]
arguments = {{ words = ["a", "b", "a"] }}
result = {{ a = 2, b = 1 }}
"""

_TEST = """\
from {name} import {name}


def test_words_are_counted() -> None:
    assert {name}(["a", "b", "a"]) == {{"a": 2, "b": 1}}
"""


def write(folder: Path, name: str, *, folder_form: bool) -> list[Path]:
    """Write a new bundle; nothing that exists is touched.

    Raises:
        UsageError: Not a tool's name, or something of that name is there.
    """
    if not _NAME.fullmatch(name) or len(name) > 64 or name.startswith("toolvet_"):
        raise UsageError(f"not a tool's name: {name!r}", hint="snake_case, at most 64 characters.")
    files = _files(name, folder_form=folder_form)
    paths = [folder / path for path in files]
    taken = folder / (name if folder_form else f"{name}.py")
    if taken.exists():
        raise UsageError(f"{taken} is there already")
    try:
        for path, text in zip(paths, files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {taken}: {error.strerror}") from error
    return paths


def _files(name: str, *, folder_form: bool) -> dict[str, str]:
    title = name.replace("_", " ").capitalize()
    if not folder_form:
        return {f"{name}.py": _MODULE.format(script=_SCRIPT, title=title, name=name)}
    return {
        f"{name}/tool.toml": _TOML.format(name=name),
        f"{name}/{name}.py": _MODULE.format(script="", title=title, name=name),
        f"{name}/tests/test_{name}.py": _TEST.format(name=name),
    }
