"""Suites that forge their own results: none of them passes both checks of tests."""

from collections.abc import Mapping
from typing import Protocol

import pytest

from toolvet.checks import Verified


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

SOURCE = '''\
"""Doubling."""


def doubled(number: int) -> int:
    """Double a number."""
    return number * 2
'''

_RECORDS = """\
import json, os
IDS = ["tests/test_doubled.py::test_a"]
LINES = [{"kind": "collected", "ids": IDS}]
LINES += [{"kind": "report", "id": IDS[0], "when": when, "outcome": "passed", "xfail": False}
          for when in ("setup", "call", "teardown")]
LINES += [{"kind": "end", "status": 0}]
def test_a():
    assert 1 == 2
def say(descriptor, *lines):
    try:
        os.write(descriptor, b"".join(json.dumps(line).encode() + b"\\n" for line in lines))
    except OSError:
        pass
"""
FORGERS = {
    "records written to every descriptor": _RECORDS
    + "for number in range(3, 64):\n    say(number, *LINES)\nos._exit(0)\n",
    "a worker that answers for itself": _RECORDS
    + """\
import sys
if "pytest" in sys.modules and not hasattr(sys.modules["__main__"], "Reporter"):
    ANSWER = {"how": "done", "outcomes": {"0": {"is": "passed", "ms": 1, "blocks": [], "ways": []}}}
    pairs = [n for n in range(3, 64) if os.path.exists(f"/proc/self/fd/{n}") or n < 16]
    for number in pairs:
        say(number, {"ids": IDS})
    while True:
        for number in pairs:
            try:
                os.set_blocking(number, False)
                if os.read(number, 65536):
                    for other in pairs:
                        say(other, ANSWER)
            except OSError:
                pass
else:
    for number in range(3, 64):
        say(number, *LINES)
    os._exit(0)
""",
    "a patched runner": "import __main__, sys\nold = getattr(__main__, '_report', None)\n"
    "def report(record):\n    if record['kind'] == 'report': record['outcome'] = 'passed'\n"
    "    old(record)\nif old: __main__._report = report\ndef test_a():\n    assert 1 == 2\n",
    "a run that is doubled": "import os\nfrom doubled import doubled\ndef test_a():\n    os.fork()\n"
    "    assert doubled(2) == 4\ndef test_b():\n    pass\n",
    "a killed parent": "import os, signal\nfrom doubled import doubled\ndef test_a():\n"
    "    assert doubled(2) == 4\n    os.kill(os.getppid(), signal.SIGTERM)\n"
    "    os.kill(os.getpid(), signal.SIGKILL)\n",
    "records from a thread": _RECORDS.replace("    assert 1 == 2\n", "    later()\n    assert 1 == 2\n")
    + "import threading\ndef later():\n    def run():\n        for n in range(3, 64): say(n, *LINES)\n"
    "    threading.Thread(target=run, daemon=True).start()\n",
    "a file of results": "from doubled import doubled\ndef test_a():\n"
    "    open('/tmp/report.json', 'w').write('{}')\n    open('/tmp/junit.xml', 'w').write('ok')\n"
    "    assert doubled(2) == 5\n",
    "a tracer that skips the assertion": "import sys\nfrom doubled import doubled\n"
    "def test_a():\n    try:\n        assert doubled(2) == 5\n    finally:\n        return\n",
}  # fmt: skip


BUNDLE = {"tool.toml": SPEC, "doubled.py": SOURCE}


@pytest.mark.parametrize("trick", FORGERS)
def test_a_forged_run_never_passes_both_checks(verify: Verify, trick: str) -> None:
    verified = verify({**BUNDLE, "tests/test_doubled.py": FORGERS[trick]}, "tests", "strength")

    status = {evidence.check: evidence.status for evidence in verified.evidence}
    assert "failed" in {status["tests"], status["strength"]} or "unknown" in {
        status["tests"],
        status["strength"],
    }, [(e.check, e.status, e.summary) for e in verified.evidence]
