"""Texts that no run can tell apart: the digest without them, and everything that might read them."""

from collections.abc import Mapping
from typing import Protocol

import pytest

from toolvet.checks import Verified
from toolvet.checks.confined import docs, stripped


class Verify(Protocol):
    def __call__(self, files: Mapping[str, str], *names: str) -> Verified: ...


SOURCE = '''"""Count words."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import MaxLen

Text = Annotated[str, MaxLen(100)]


@dataclass(frozen=True)
class Count:
    """A word."""

    word: str  # as it was written
    times: int


def count(text: Text) -> list["Count"]:
    """Count words.

    Args:
        text: Any text.

    Raises:
        ValueError: It is empty.
    """
    if not text:
        raise ValueError("empty")
    return [Count(word, text.split().count(word)) for word in sorted(set(text.split()))]
'''


def doubt(files: dict[str, str]) -> str:
    return str(docs.inspect(files)["doubt"])


def digest(source: str) -> str:
    return str(stripped.inspect({"a.py": source})["a.py"])


def test_an_ordinary_tool_cannot_read_its_docstrings() -> None:
    assert doubt({"a.py": SOURCE}) == ""


TOLD_APART = {
    "a docstring by its name": 'def f():\n    """D."""\n    return f.__doc__\n',
    "an attribute by text": 'def f():\n    """D."""\n    return getattr(f, "_" * 2 + "doc" + "_" * 2)\n',
    "the names of an object": "x = vars\n",
    "the names of the module": "def f():\n    return globals()\n",
    "a class that matches by text": 'A = type("A", (), {"_" "_match_args_" "_": ("x",)})\n',
    "type under another name": "t = type\n",
    "a pattern": "def f(o):\n    match o:\n        case object(__doc__=d):\n            return d\n",
    "a format made at run time": "def f(o, s):\n    return s.format(o)\n",
    "a format that reads an attribute": 'def f(o):\n    return "{0.__doc__}".format(o)\n',
    "format as a function": "def f(o, s):\n    return str.format(s, o)\n",
    "a module of a module": 'import json\ndef f():\n    return json.codecs.open("a.py")\n',
    "a module out of a module": "from json import codecs\n",
    "a module as a value": "import json\nm = json\n",
    "a module below a module": "import json as j\ndef f():\n    return j.decoder\n",
    "an annotation that is code": "def f(x: \"eval('1')\") -> int:\n    return 1\n",
    "an annotation of a text made at run time": 'from typing import Optional\nS = "ge" + "tattr"\ndef f(x: Optional[S]) -> int:\n    return 1\n',
    "an annotation by way of a list": 'S = "a"\nT = list[S]\ndef f(x: T) -> int:\n    return 1\n',
    "an annotation out of a parameter": "def g(T):\n    def f(x: T): ...\n",
    "a metaclass": 'def M(n, b, ns):\n    return ns\nclass A(metaclass=M):\n    """D."""\n',
    "a file": 'def f():\n    return open("a.py").read()\n',
    "a path": "from pathlib import Path\n",
    "inspection": "import inspect\n",
    "a traceback": "def f():\n    try:\n        1/0\n    except Exception as e:\n        return e.__traceback__\n",
    "a generator's frame": "def f(g):\n    return g.gi_frame\n",
    "a code object": "def f(g):\n    return g.co_consts\n",
    "attributes copied by name": "from functools import update_wrapper\n",
    "wraps with names": "from functools import wraps\ndef d(f, names):\n    return wraps(f, names)\n",
    "wraps as an attribute": "import functools\ndef d(f, n):\n    return functools.wraps(f, n)\n",
    "wraps under another name": "from functools import wraps as w\ndef d(f, n):\n    return w(f, n)\n",
    "a File of its own": 'from toolvet.sdk import File\nx = File("a", "b", 1)\n',
    "File under another name": 'from toolvet.sdk import File as F\nx = F("a", "b", 1)\n',
    "a dataclass made of texts": "from dataclasses import make_dataclass\n",
    "evaluated annotations": "import typing\ndef f(o):\n    return typing.get_type_hints(o)\n",
    "everything of a module": "from json import *\n",
    "help": "h = help\n",
    "a printer of files": 'license._Printer__filenames = ["a.py"]\n',
    "an attribute getter": "from operator import attrgetter\n",
    "a formatter": "import string\ndef f(s, o):\n    return string.Formatter().vformat(s, (o,), {})\n",
    "a dunder in bytes": 'x = b"__doc__".decode()\n',
    "annotations that are set": "def f(): ...\nf.__annotations__ = {}\n",
    "a file by way of io": 'import io\ndef f():\n    return io.open("a.py")\n',
    "pickled names": "import pickle\n",
    "a module's names, by a sibling": "from b import json\n",
}


@pytest.mark.parametrize("case", TOLD_APART)
def test_there_is_a_doubt_about(case: str) -> None:
    assert doubt({"a.py": TOLD_APART[case], "b.py": "import json\n"})


HARMLESS = {
    "a compiled pattern": "import re\nP = re.compile('a')\n",
    "the type of a value": "def f(x: object) -> str:\n    return type(x).__name__\n",
    "a written format": "def f(x: int) -> str:\n    return '{:>5}'.format(x)\n",
    "an f-string": "def f(x: int) -> str:\n    return f'{x:03}'\n",
    "a main guard": "if __name__ == '__main__':\n    print(1)\n",
    "a decorator": (
        "from functools import wraps\ndef d(f):\n    @wraps(f)\n    def g():\n        return f()\n"
        "    return g\n"
    ),
    "a file that is given": (
        "from toolvet.sdk import File\ndef f(log: File) -> int:\n    return log.size\n"
    ),
    "text in memory": "import io\nx = io.StringIO('a')\n",
    "a sibling": "from b import limit\nx = limit\n",
    "union types": "def f(x: int | None, y: list[dict[str, float]]) -> None: ...\n",
}


@pytest.mark.parametrize("case", HARMLESS)
def test_there_is_no_doubt_about(case: str) -> None:
    assert doubt({"a.py": HARMLESS[case], "b.py": "limit = 3\n"}) == ""


def test_tests_may_use_what_neither_hands_out_frames_nor_files() -> None:
    honest = (
        "import pytest\nfrom a import f\n@pytest.mark.parametrize('x', [1])\n"
        "def test_f(x: int) -> None:\n    with pytest.raises(ValueError, match='a'):\n        f(x)\n"
    )
    hostile = {
        "a folder": "def test_f(tmp_path): ...\n",
        "the frames of an error": "def test_f(e):\n    e.traceback\n",
        "no rewriting": '"""PYTEST_DONT_REWRITE"""\n',
        "a hook": "def pytest_generate_tests(m): ...\n",
        "pytest's inside": "from pytest import Item\n",
    }

    assert doubt({"a.py": "def f(): ...\n", "tests/test_a.py": honest}) == ""
    for case, source in hostile.items():
        assert doubt({"a.py": "", "tests/test_a.py": source}), case


def test_a_docstring_and_a_comment_change_no_digest() -> None:
    other = SOURCE.replace("Count words.", "Tally words!").replace(
        "# as it was", "# the way it was"
    )

    assert other != SOURCE
    assert digest(other) == digest(SOURCE)


CHANGES = {
    "a constant": ('"empty"', '"void!"'),
    "a line more": ('"""A word."""', '"""A\n    word."""'),
    "a column": ("        raise", "         raise"),
    "a promised error": ("ValueError: It is empty.", "KeyError: It is empty."),
    "no docstring": ('    """A word."""\n\n', "    pass\n\n"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_everything_else_changes_the_digest(case: str) -> None:
    before, after = CHANGES[case]
    changed = SOURCE.replace(before, after)

    assert changed != SOURCE
    assert digest(changed) != digest(SOURCE)


def test_code_behind_a_docstring_has_no_digest() -> None:
    with pytest.raises(ValueError, match="code behind a docstring"):
        digest('"""Doc."""; x = 1\n')


def test_intake_hands_the_digests_to_checks_that_run_the_tool(verify: Verify) -> None:
    spec = '[tool]\nname = "count"\nsummary = "Count words."\nentry = "a:count"\n'

    [evidence] = verify({"tool.toml": spec, "a.py": SOURCE}, "intake").evidence

    assert evidence.measurements["inert"] == {"a.py": digest(SOURCE)}


def test_a_doubt_leaves_every_file_to_its_bytes(verify: Verify) -> None:
    spec = '[tool]\nname = "count"\nsummary = "Count words."\nentry = "a:count"\n'
    reads = "from a import count\nX = count.__doc__\n"

    [evidence] = verify({"tool.toml": spec, "a.py": SOURCE, "b.py": reads}, "intake").evidence

    assert evidence.measurements["inert"] == {}
