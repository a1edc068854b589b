"""How the author's tests are run: in an order that can be had again, and not for ever."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

import toolvet.sdk
from toolvet.checks import Verified
from toolvet.checks.confinement import CONFINED


class Verify(Protocol):
    def __call__(self, files: Mapping[str, str], *names: str) -> Verified: ...


SPEC = """\
[tool]
name = "doubled"
summary = "Double a number."
entry = "doubled:doubled"

[effects]
kind = "pure"

[[examples]]
arguments = { number = 2 }
result = 4
"""
SOURCE = 'def doubled(number: int) -> int:\n    """Double a number."""\n    return number * 2\n'

_HURRIED = """
import runpy, sys
runner = sys.argv[1]
sys.argv = sys.argv[1:]
text = open(runner, encoding="utf-8").read().replace("_TEST_S = 10.0", "_TEST_S = 0.2")
exec(compile(text, runner, "exec"), {"__name__": "__main__", "__file__": runner})
"""


def told(folder: Path, seed: str, tests: str) -> list[dict[str, Any]]:
    """Run tests as the check does, without walls, in less time; return what was reported."""
    (folder / "test_it.py").write_text(tests, encoding="utf-8")
    reading, writing = os.pipe()
    sdk = Path(toolvet.sdk.__file__).parents[2]
    arguments = [str(CONFINED / "pytest_runner.py"), str(folder), str(sdk)]
    arguments += [sysconfig.get_path("purelib"), seed, str(folder / "test_it.py")]
    subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", _HURRIED, *arguments],
        pass_fds=(writing,), env={"TOOLVET_REPORT_FD": str(writing)}, cwd=folder,
        capture_output=True, check=False,
    )  # fmt: skip
    os.close(writing)
    with open(reading, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def order(folder: Path, seed: str) -> list[str]:
    tests = "".join(f"def test_{number}():\n    pass\n" for number in range(9))
    [collected] = [one["ids"] for one in told(folder, seed, tests) if one["kind"] == "collected"]
    return collected


def test_the_order_follows_from_the_seed(tmp_path: Path) -> None:
    first, again, other = (order(tmp_path, seed) for seed in "aab")

    assert first == again
    assert first != other
    assert sorted(first) == sorted(other)


def test_a_test_that_never_ends_is_interrupted_and_the_others_run(tmp_path: Path) -> None:
    tests = (
        "import time\ndef test_stuck():\n    while True:\n        try:\n            time.sleep(9)\n"
        "        except Exception:\n            pass\ndef test_fine():\n    pass\n"
    )

    said = told(tmp_path, "a", tests)

    calls = {one["id"].rpartition("::")[2]: one for one in said if one.get("when") == "call"}
    assert calls["test_fine"]["outcome"] == "passed"
    assert calls["test_stuck"]["outcome"] == "failed"
    assert "took longer than" in calls["test_stuck"]["text"]
    assert said[-1] == {"kind": "end", "status": 1}


CASES = {
    "a test that another one of its name replaces": (
        "from doubled import doubled\ndef test_a():\n    assert doubled(1) == 3\n"
        "def test_a():\n    assert doubled(1) == 2\n",
        "tests.shadowed",
    ),
    "an end with code 0 before pytest's": (
        "import os\ndef test_a():\n    os._exit(0)\n",
        "tests.ended",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_check_stops(verify: Verify, case: str) -> None:
    text, rule = CASES[case]
    files = {"tool.toml": SPEC, "doubled.py": SOURCE, "tests/test_doubled.py": text}

    [found] = [one for one in verify(files, "tests").evidence if one.check == "tests"]

    assert found.status == "failed"
    assert rule in {finding.rule for finding in found.findings}


def test_a_run_names_the_seed_of_its_order(verify: Verify) -> None:
    text = "from doubled import doubled\ndef test_a():\n    assert doubled(1) == 2\n"
    files = {"tool.toml": SPEC, "doubled.py": SOURCE, "tests/test_doubled.py": text}
    seeds: list[object] = []
    for source in (SOURCE, SOURCE, SOURCE.replace("* 2", "+ number")):
        verified = verify({**files, "doubled.py": source}, "tests")
        seeds += [e.measurements["order_seed"] for e in verified.evidence if e.check == "tests"]

    assert seeds[0] == seeds[1] != seeds[2]
