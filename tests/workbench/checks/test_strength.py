"""Whether tests mean anything: suites that are real, thin, empty, and that fool themselves."""

from collections.abc import Mapping
from typing import Protocol

import pytest

from toolvet.checks import Verified
from toolvet_reviews.findings import Evidence


class Verify(Protocol):
    def __call__(self, files: Mapping[str, str], *names: str) -> Verified: ...


SPEC = """\
[tool]
name = "shares"
summary = "Split an amount of cents by weights."
entry = "shares:shares"

[effects]
kind = "pure"

[[examples]]
arguments = { cents = 100, weights = { a = 1, b = 3 } }
result = { a = 25, b = 75 }
"""

SOURCE = '''\
"""Split money."""

LEAST = 1


def shares(cents: int, weights: dict[str, int]) -> dict[str, int]:
    """Split an amount of cents by weights; what is left goes to the first names.

    Args:
        cents: What to split, not negative.
        weights: By name, each at least 1.

    Raises:
        ValueError: The amount is negative, or a weight is too small.
    """
    if cents < 0:
        raise ValueError("cents is negative")
    for weight in weights.values():
        if weight < LEAST:
            raise ValueError("a weight is too small")
    total = sum(weights.values())
    found = {name: _part(cents, weight, total) for name, weight in sorted(weights.items())}
    left = cents - sum(found.values())
    for name in list(found)[:left]:
        found[name] += 1
    return found


def _part(cents: int, weight: int, total: int) -> int:
    return cents * weight // total if total else 0
'''

TESTS = """\
import pytest

from shares import shares


def test_even_parts():
    assert shares(100, {"a": 1, "b": 3}) == {"a": 25, "b": 75}


def test_what_is_left_goes_to_the_first():
    assert shares(100, {"c": 1, "a": 1, "b": 1}) == {"a": 34, "b": 33, "c": 33}


def test_nobody():
    assert shares(100, {}) == {}


@pytest.mark.parametrize("cents", [-1, -100])
def test_negative(cents):
    with pytest.raises(ValueError, match="negative"):
        shares(cents, {"a": 1})


def test_small_weight():
    assert shares(0, {"a": 1}) == {"a": 0}
    with pytest.raises(ValueError, match="small"):
        shares(1, {"a": 0})
"""

GOOD = {"tool.toml": SPEC, "shares.py": SOURCE, "tests/test_shares.py": TESTS}


def strength(verify: Verify, files: Mapping[str, str]) -> Evidence:
    [found] = [one for one in verify(files, "strength").evidence if one.check == "strength"]
    return found


def rules(evidence: Evidence) -> set[str]:
    return {finding.rule for finding in evidence.findings if finding.severity != "note"}


def test_a_good_suite_notices_what_breaks_and_only_that(verify: Verify) -> None:
    found = strength(verify, GOOD)

    assert (found.status, rules(found)) == ("passed", set()), found
    measured = found.measurements
    assert measured["canaries"] == {"raises": "caught", "nothing": "caught", "input": "caught"}
    assert (measured["flaky"], measured["weak"], measured["not_swapped"]) == ([], False, 0)
    score, coverage = measured["score"], measured["branch_coverage"]
    assert isinstance(score, int)
    assert isinstance(coverage, int)
    assert score >= 80
    assert coverage >= 90


def test_a_fault_that_nobody_notices_is_shown_on_its_line(verify: Verify) -> None:
    thin = (
        "from shares import shares\n\n\ndef test_a():\n    assert shares(4, {'a': 1}) == {'a': 4}\n"
    )

    found = strength(verify, {**GOOD, "tests/test_shares.py": thin})

    lines = {f.line: f.snippet for f in found.findings if f.rule == "strength.survivor"}
    assert "found[name] += 1" in {text.strip() for text in lines.values()}
    assert all(SOURCE.splitlines()[line - 1] == text for line, text in lines.items())
    assert found.measurements["uncovered"] == {"shares.py": [16, 17, 19, 20, 25, 30]}


def test_a_pure_tool_with_examples_only_is_weak_and_not_refused(verify: Verify) -> None:
    block = (
        "# /// script\n# [[tool.toolvet.examples]]\n# arguments = { cents = 7, weights = { a = 1 } }\n"
        "# result = { a = 7 }\n# ///\n"
    )

    found = strength(verify, {"shares.py": block + SOURCE})

    assert found.status == "passed", found
    assert (found.measurements["weak"], found.measurements["by"]) == (True, "examples")
    assert found.summary.startswith("weak tests")
    assert found.measurements["score"] not in (None, 0, 100)


SUITES = {
    "no assertion": (
        "from shares import shares\ndef test_a():\n    shares(4, {'a': 1})\n"
        "def test_b():\n    result = shares(5, {'a': 2})\n",
        "strength.vacuous",
    ),
    "always equal": (
        "from shares import shares\nclass Same:\n    def __eq__(self, other): return True\n"
        "def test_a():\n    assert shares(4, {'a': 1}) == Same()\n",
        "strength.vacuous",
    ),
    "another function in its place": (
        "import shares as tool\ndef test_a(monkeypatch):\n"
        "    monkeypatch.setattr(tool, 'shares', lambda *_: {'a': 4})\n"
        "    assert tool.shares(4, {'a': 1}) == {'a': 4}\n",
        "strength.forged",
    ),
    "every error is fine": (
        "from shares import shares\ndef test_a():\n    try:\n        assert shares(4, {'a': 1})\n"
        "    except Exception:\n        pass\n",
        "strength.forged",
    ),
    "a copy of the code": (
        "from shares import shares\ndef split(cents, weights):\n    return dict(weights)\n"
        "def test_a():\n    assert split(1, {'a': 1}) == {'a': 1}\n",
        "strength.forged",
    ),
    "patched reports": (
        "from _pytest.runner import CallInfo\nold = CallInfo.from_call\n"
        "def quiet(func, when, reraise=None):\n"
        "    def safe():\n        try:\n            func()\n        except Exception:\n            pass\n"
        "    return old(safe, when, reraise)\n"
        "CallInfo.from_call = quiet\ndef test_a():\n    assert 1 == 2\n",
        "strength.forged",
    ),
    "code that is put back": (
        "from shares import shares\nkept = shares.__code__\n"
        "def test_a():\n    shares.__code__ = kept\n    shares.__globals__['_part'].__code__ = part\n"
        "    assert shares(4, {'a': 1}) == {'a': 4}\npart = shares.__globals__['_part'].__code__\n",
        "strength.forged",
    ),
    "the code itself is compared": (
        "import hashlib\nfrom shares import shares\nkept = shares.__code__.co_code\n"
        "def test_a():\n    assert shares.__code__.co_code == kept\n"
        "    assert shares(4, {'a': 1}) == {'a': 4}\n",
        "strength.reads-code",
    ),
    "most tests check nothing": (
        "from shares import shares\ndef quiet():\n    try:\n        return shares(4, {'a': 1})\n"
        "    except Exception:\n        return {'a': 4}\n"
        "def test_a():\n    assert quiet() == {'a': 4}\n"
        "def test_b():\n    assert quiet()['a'] == 4\n"
        "def test_c():\n    assert shares(4, {'a': 1}) == {'a': 4}\n",
        "strength.forged",
    ),
    "an order it needs": (
        "from shares import shares\nseen = []\n"
        + "".join(
            f"def test_{n}():\n    seen.append({n})\n    assert seen == list(range({n + 1}))\n"
            f"    assert shares(4, {{'a': 1}}) == {{'a': 4}}\n"
            for n in range(2)
        ),
        "strength.order",
    ),
}  # fmt: skip


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_is_stopped_that_relies_on(verify: Verify, suite: str) -> None:
    text, rule = SUITES[suite]

    found = strength(verify, {**GOOD, "tests/test_shares.py": text})

    assert found.status == "failed", found
    assert rule in rules(found), found
    assert all(f.line for f in found.findings if f.severity == "error"), found


FIXTURES = """\
import asyncio
import logging
import unittest

import pytest

from kit.marks import marked

SEEN = []


@pytest.fixture(scope="module")
def shared():
    SEEN.append(1)
    return SEEN


@pytest.fixture(params=[1, 2])
def times(request):
    return request.param


def run(text, times=1):
    from kit.shout import shout
    return asyncio.run(shout(text, times))


def test_files(tmp_path, shared):
    (tmp_path / "a").write_text(run("a"))
    assert (tmp_path / "a").read_text() == "A!"
    assert len(shared) == 1


def test_times(times, shared):
    assert run("a", times) == "A" + "!" * times


def test_output(capsys, caplog):
    with caplog.at_level(logging.INFO):
        run("x")
    assert "shout" in capsys.readouterr().err
    assert caplog.messages == ["shouting"]


class TestCase(unittest.TestCase):
    def setUp(self):
        self.word = "b"

    def test_word(self):
        self.assertEqual(run(self.word), "B!")


class TestPlain:
    @pytest.mark.parametrize("n", [0, 3])
    def test_n(self, n, monkeypatch):
        assert marked("c", n) == "c" + "!" * n
        monkeypatch.setattr("kit.marks.MARK", "?")
        assert run("c", n) == "C" + "?" * n
"""
SHOUT = '''\
"""Shouting."""

import logging
import sys

from kit.marks import marked

_log = logging.getLogger(__name__)


async def shout(text: str, times: int = 1) -> str:
    """Shout a text.

    Args:
        text: Any text.
        times: How many marks.
    """
    _log.info("shouting")
    print("shout", file=sys.stderr)
    return marked(text.upper(), times)
'''
MARKS = (
    'MARK = "!"\n\n\ndef marked(text: str, times: int) -> str:\n    return text + MARK * times\n'
)


def test_what_pytest_offers_works_in_every_variant(verify: Verify) -> None:
    spec = SPEC.partition("[[examples]]")[0].replace("shares:shares", "kit.shout:shout")
    spec += '[[examples]]\narguments = { text = "a" }\nresult = "A!"\n'
    files = {"tool.toml": spec, "kit/__init__.py": "", "kit/marks.py": MARKS, "kit/shout.py": SHOUT}

    found = strength(verify, {**files, "tests/test_shout.py": FIXTURES})

    assert (found.status, rules(found)) == ("passed", set()), found
    assert found.measurements["flaky"] == []
    assert found.measurements["branch_coverage"] == 100


def test_tests_that_fail_are_told_of_by_their_own_check_only(verify: Verify) -> None:
    text = TESTS.replace("== {}", "== {1: 2}")

    found = {
        e.check: e
        for e in verify({**GOOD, "tests/test_shares.py": text}, "tests", "strength").evidence
    }

    assert found["tests"].status == "failed"
    assert rules(found["strength"]) == set()
    assert found["strength"].not_looked_at == (
        "tests/test_shares.py::test_nobody, which failed each time",
    )
