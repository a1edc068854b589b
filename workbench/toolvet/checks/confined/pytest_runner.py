"""Run the author's tests and report each as a JSON line. Runs confined, in its own interpreter.

Started as `python -I -S pytest_runner.py TOOL SDK PACKAGES SEED FILE...`: two folders, then those that
packages are looked for in, divided as in PATH, and what the order of the tests is drawn from. What is
reported is a claim of the code that ran beside it; the caller compares it with the tests that are
written in the files, and the check `strength` finds out what it is worth.
"""

import importlib.util
import json
import os
import random
import signal
import sys
from collections.abc import Generator
from types import FrameType
from typing import Any

_FD = int(os.environ.pop("TOOLVET_REPORT_FD", "-1"))
_HOOK = os.environ.pop("TOOLVET_HOOK", "")
"""The file that notes which line asks for what; empty when nobody watches."""
_TEST_S = 10.0
"""How long one test may take."""
_write = os.write
_dumps = json.dumps


def _report(record: dict[str, object]) -> None:
    _write(_FD, (_dumps(record) + "\n").encode("utf-8", "replace"))


class TookTooLongError(BaseException):
    """A test ran out of time. No `except Exception` of a tool takes it for its own."""


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise TookTooLongError(f"took longer than {_TEST_S:.0f} s")


class Reporter:
    """The plugin; hooks are found by their names."""

    def __init__(self, seed: str) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - an order that can be had again, no secret

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Shuffle the files, and the tests in each."""
        places = {str(item.path): self._chance.random() for item in items}
        keys = {item: (places[str(item.path)], self._chance.random()) for item in items}
        items.sort(key=lambda item: keys[item])

    def pytest_runtest_protocol(self, item: Any) -> Generator[None, Any, Any]:
        """Interrupt a test that takes too long; again each second, should it not care."""
        del item
        signal.signal(signal.SIGALRM, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, _TEST_S, 1.0)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    def pytest_collection_finish(self, session: Any) -> None:
        """Name every test that was found."""
        _report({"kind": "collected", "ids": [item.nodeid for item in session.items]})

    def pytest_collectreport(self, report: Any) -> None:
        """Report a file that could not be collected."""
        if report.outcome != "passed":
            text = str(report.longrepr)[-2000:]
            _report(
                {
                    "kind": "uncollected",
                    "id": report.nodeid,
                    "outcome": report.outcome,
                    "text": text,
                }
            )

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Report one phase of one test."""
        record: dict[str, object] = {
            "kind": "report",
            "id": report.nodeid,
            "when": report.when,
            "outcome": report.outcome,
            "xfail": hasattr(report, "wasxfail"),
            "duration": round(report.duration, 6),
        }
        if report.failed:
            record["text"] = str(report.longrepr)[-2000:]
            crash = getattr(report.longrepr, "reprcrash", None)
            record["line"] = int(getattr(crash, "lineno", 0) or 0)
            record["path"] = str(getattr(crash, "path", ""))
            record["message"] = str(getattr(crash, "message", ""))[:500]
        _report(record)

    def pytest_sessionfinish(self, session: Any, exitstatus: Any) -> None:
        """Say that the run came to its end; without this line nothing counts."""
        _report({"kind": "end", "status": int(exitstatus)})


def main(tool: str, sdk: str, site_packages: str, seed: str, *files: str) -> int:
    """Run pytest in this process."""
    sys.dont_write_bytecode = True
    sys.path[:0] = [tool, sdk]
    sys.path += site_packages.split(os.pathsep)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import pytest  # noqa: PLC0415 - only now is it on the path

    pytest.hookimpl(wrapper=True)(Reporter.pytest_runtest_protocol)
    flags = [
        "-q",
        "-p",
        "no:cacheprovider",
        "--noconftest",
        "-c",
        "/dev/null",
        f"--rootdir={tool}",
        f"--confcutdir={tool}",
    ]
    flags += [
        "--import-mode=importlib",
        "--capture=fd",
        "--tb=short",
        "--color=no",
        "-o",
        "python_files=",
    ]
    hook = _watching(tool, sdk, site_packages) if _HOOK else None
    status = int(pytest.main([*flags, *files], plugins=[Reporter(seed)]))
    if hook is not None:
        _report({"kind": "seen", "claims": hook.claims()})
    return status


def _watching(tool: str, sdk: str, site_packages: str) -> Any:
    spec = importlib.util.spec_from_file_location("toolvet_hook", _HOOK)
    if spec is None or spec.loader is None:
        return None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    quiet = (sdk, *site_packages.split(os.pathsep), os.getcwd(), "/dev", sys.prefix)
    hook.install(tool, quiet)
    return hook


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
