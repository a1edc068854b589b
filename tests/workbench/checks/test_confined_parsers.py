"""Our own parsers: what they see, and that nothing makes them lie or fall over."""

import pytest

from toolvet.checks.confined import effects, hygiene, letters, outline


def rules_of(source: str, *, is_test: bool = False) -> set[str]:
    found = hygiene.inspect(source, is_test)["findings"]
    shown = letters.inspect({"a.py": source})["a.py"]
    assert isinstance(found, list)
    assert isinstance(shown, list)
    return {str(item["rule"]) for item in (*found, *shown) if isinstance(item, dict)}


def groups_of(source: str) -> set[tuple[str, str]]:
    uses = effects.inspect(source)["uses"]
    assert isinstance(uses, list)
    return {(str(use["group"]), str(use["name"])) for use in uses if isinstance(use, dict)}


def test_an_outline_names_functions_classes_and_imports() -> None:
    source = (
        "import json\nfrom os import path\n\nclass A: ...\n\n"
        "async def f(a: int, *rest: str, b: bool = True, **more: int) -> int:\n"
        '    """Do it."""\n    return a\n\ndef _g(a): ...\n'
    )

    got = outline.outline(source)

    assert got["classes"] == ["A"]
    assert got["imports"] == ["json", "os"]
    assert got["functions"] == [
        {
            "name": "f", "line": 6, "end_line": 8, "doc": "Do it.", "is_async": True,
            "params": ["a", "b", "rest", "more"], "annotated": True,
        },
        {
            "name": "_g", "line": 10, "end_line": 10, "doc": "", "is_async": False,
            "params": ["a"], "annotated": False,
        },
    ]  # fmt: skip
    assert got["has_main_guard"] is False


@pytest.mark.parametrize(
    "source", ["def f(:", "x = (" * 300, "\0", "-" * 200_000, "if 1:\n" + " " * 9 + "\tx\n y"]
)
def test_text_that_does_not_parse_has_an_outline_that_says_so(source: str) -> None:
    assert set(outline.outline(source)) == {"error"}


HIDDEN = {
    "a bidirectional override": ("x = 'a\u202eb'\n", "invisible"),
    "a blank letter": ("x = 'a\u3164b'\n", "invisible"),
    "a zero width space": ("x = 1  # a\u200bb\n", "invisible"),
    "a form feed inside a line": ("x = (1,\x0c2)\n", "invisible"),
    "a coding cookie": ("# coding: latin-1\nx = 1\n", "coding"),
    "an unknown coding cookie": ("# coding: nonsense\nx = 1\n", "coding"),
    "a look-alike identifier": ("\uff45val = 1\n", "identifier"),
    "a Cyrillic letter": ("\u0430 = 1\n", "identifier"),
    "a syntax error": ("def f(:\n", "syntax"),
    "noqa": ("x = 1  # noqa: S307\n", "suppression"),
    "nosem": ("x = 1  # nosemgrep\n", "suppression"),
    "nosec": ("x = 1  #nosec\n", "suppression"),
    "type: ignore": ("x = 1  # type:ignore[x]\n", "suppression"),
    "pragma": ("x = 1  # pragma: no cover\n", "suppression"),
    "mypy settings": ("# mypy: ignore-errors\n", "suppression"),
    "no_type_check": ("from typing import no_type_check\n@no_type_check\ndef f(): ...\n", "suppression"),
}  # fmt: skip


@pytest.mark.parametrize("case", HIDDEN)
def test_a_reader_is_told_of(case: str) -> None:
    source, rule = HIDDEN[case]

    assert rule in rules_of(source)


def test_plain_text_with_accents_in_strings_is_fine() -> None:
    assert rules_of('"""Zähle Wörter."""\n\n\ndef f(a: str) -> str:\n    return a + "é"\n') == set()


DODGES = {
    "skip": "import pytest\ndef test_a():\n    pytest.skip('x')\n",
    "skip mark": "import pytest\n@pytest.mark.skip\ndef test_a(): ...\n",
    "xfail mark": "import pytest\n@pytest.mark.xfail\ndef test_a(): ...\n",
    "module mark": "import pytest\npytestmark = []\n",
    "_exit": "import os\ndef test_a():\n    os._exit(0)\n",
    "atexit": "import atexit\n",
    "pytest's inside": "from _pytest.runner import CallInfo\n",
    "gc": "import gc\n",
    "sys.modules": "import sys\nsys.modules['x'] = 1\n",
    "an object equal to everything": "class A:\n    def __eq__(self, other): return True\n",
    "__test__": "__test__ = False\n",
    "__eq__ by assignment": "class A:\n    __eq__ = lambda self, other: True\n",
    "a hook of pytest's": "def pytest_runtest_makereport(item, call): ...\n",
    "the report's descriptor": "import os\nos.write(3, b'{}')\n",
    "descriptors by their names": "PATH = '/proc/self/fd'\n",
    "tracing": "import sys\nsys.settrace(None)\n",
    "fork": "import os\nos.fork()\n",
    "the end of the process": "def test_a():\n    raise SystemExit(0)\n",
    "builtins": "import builtins\n",
    "the environment of the run": "import os\nx = os.environ\n",
}


@pytest.mark.parametrize("case", DODGES)
def test_a_test_file_may_not_use(case: str) -> None:
    assert "test-dodge" in rules_of(DODGES[case], is_test=True)


def test_tests_are_named_as_pytest_names_them() -> None:
    source = (
        "def test_a(): ...\nasync def test_b(): ...\ndef helper(): ...\n"
        "class TestX:\n    def test_c(self): ...\n    def other(self): ...\n"
    )

    assert hygiene.inspect(source, is_test=True)["tests"] == ["test_a", "test_b", "TestX::test_c"]


EFFECTS = {
    "an import": ("import socket\n", ("network", "socket")),
    "a module below a known one": ("import urllib.request as r\n", ("network", "urllib.request")),
    "an alias of a function": ("from os import system as s\n", ("processes", "os.system")),
    "an attribute by alias": ("import os as o\no.popen('x')\n", ("processes", "os.popen")),
    "open": ("def f():\n    return open('x')\n", ("files", "open")),
    "open under another name": ("o = open\n", ("files", "open")),
    "a path": ("from pathlib import Path\nPath('x').read_text()\n", ("files", "pathlib.Path")),
    "the environment": ("import os\nos.environ['x']\n", ("environment", "os.environ")),
    "eval by name": ("e = eval\n", ("dynamic", "eval")),
    "eval through builtins": (
        "import builtins\nbuiltins.eval('1')\n",
        ("dynamic", "builtins.eval"),
    ),
    "__builtins__": ("__builtins__['eval']\n", ("dynamic", "__builtins__")),
    "an import by text": ("import importlib\n", ("dynamic", "importlib")),
    "a star import": ("from os import *\n", ("dynamic", "from os import *")),
    "ctypes": ("import ctypes\n", ("inner", "ctypes")),
    "subclasses": ("().__class__.__bases__[0].__subclasses__()\n", ("inner", "__subclasses__")),
    "the clock": (
        "from datetime import datetime\ndatetime.now()\n",
        ("clock", "datetime.datetime.now"),
    ),
    "random values": ("import random\nrandom.choice([1])\n", ("random", "random.choice")),
    "a collection": ("def f(ctx: Context):\n    ctx.store['a'].get('k')\n", ("store", "a")),
    "a collection by value": ("def f(ctx: Context, n: str):\n    ctx.store[n]\n", ("store", "*")),
    "code from a test file": ("from tests.helper import run\n", ("tests", "tests.helper")),
    "code from a test file nearby": ("from . import test_x\n", ("tests", "test_x")),
    "a database file": ("import sqlite3\nsqlite3.connect('a.db')\n", ("files", "sqlite3.connect")),
    "another tool": ("def f(c: sdk.Context):\n    c.call('x', a=1)\n", ("tool", "x")),
}


@pytest.mark.parametrize("case", EFFECTS)
def test_an_effect_is_seen_through(case: str) -> None:
    source, use = EFFECTS[case]

    assert use in groups_of(source)


HARMLESS = {
    "a method called open": "def f(log: File) -> None:\n    with log.open() as file:\n        file.read()\n",
    "a function of its own called open": "def open(x): ...\nopen(1)\n",
    "a pure path": "from pathlib import PurePath\nPurePath('x').name\n",
    "a seeded generator": "import random\nrandom.Random(1).random()\n",
    "parsing a date": "from datetime import datetime\ndatetime.fromisoformat('2026-01-01')\n",
    "a database in memory": "import sqlite3\nsqlite3.connect(':memory:')\n",
    "a local value called code": "def f(code: str) -> str:\n    return code\n",
    "re.compile": "import re\nre.compile('a')\n",
    "getattr of a written name": "getattr(object(), 'name', None)\n",
}


@pytest.mark.parametrize("case", HARMLESS)
def test_nothing_is_said_of(case: str) -> None:
    assert groups_of(HARMLESS[case]) == set()


def test_a_name_built_at_run_time_is_reported() -> None:
    assert {group for group, _ in groups_of("def f(o, n):\n    return getattr(o, n)\n")} == {
        "built-name"
    }
