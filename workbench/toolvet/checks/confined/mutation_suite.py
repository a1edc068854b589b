"""A worker of the mutation run: it loads the tool and its tests once, and forks for every job.

Loaded by its path, in a process that is about to import what was submitted. Whatever it says is a
claim. The child of a job gets the variant's code objects in place of those in use, runs what was
asked for, and ends; a fault that never ends is ended by its processor time.
"""

import gc
import json
import os
import random
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

_PROBE = "_toolvet_seen"
"""The name that `variants` gives to what collects probes."""
_MEMORY = 1 << 30
_CHUNK = 1 << 16
_MOST = 8 << 20
_LONGEST_RESULT = 1 << 16
_TEXT = 400

_Record = dict[str, Any]
_Say = Callable[[_Record], None]
_RunJob = Callable[[_Record, _Say], None]


# --- the worker --------------------------------------------------------------------------------


class _Server:
    """Takes jobs and answers them."""

    def __init__(self, swapping: Any, finder: Any, orders: int, answers: int) -> None:
        self._swapping, self._finder = swapping, finder
        self._orders, self._answers = orders, answers
        self._swapper: Any = None

    def say(self, record: _Record) -> None:
        """Answer."""
        _write(self._answers, record)

    def loop(self, ids: Sequence[str], run: _RunJob) -> NoReturn:
        """Serve for the rest of this process's life."""
        self._swapper = self._swapping.Swapper(self._finder)
        gc.collect()
        gc.freeze()
        self.say({"ids": [*ids]})
        rest = b""
        while data := os.read(self._orders, _CHUNK):
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                self.say(self._answer(json.loads(line), run))
        os._exit(0)

    def _answer(self, job: _Record, run: _RunJob) -> _Record:
        if self._swapper is None:
            return {"how": "broken"}
        try:
            swap = self._swapper.prepare(job["edits"])
        except self._swapping.UnswappableError:
            return {"how": "unswappable"}
        except (SyntaxError, ValueError):
            return {"how": "broken"}
        return self._forked(job, swap, run)

    def _forked(self, job: _Record, swap: Callable[[], None], run: _RunJob) -> _Record:
        reading, writing = os.pipe()
        folder = tempfile.mkdtemp()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._live(job, swap, run, writing, folder)
        os.close(writing)
        try:
            return _heard(reading, job["wall_s"])
        finally:
            _end(child)
            os.close(reading)
            shutil.rmtree(folder, ignore_errors=True)

    def _live(
        self, job: _Record, swap: Callable[[], None], run: _RunJob, writing: int, folder: str
    ) -> NoReturn:
        """Be the process of one job."""
        try:
            os.setsid()
            os.close(self._orders)
            os.close(self._answers)
            _confine(job["cpu_s"], folder)
            swap()
            run(job, lambda record: _write(writing, record))
            _write(writing, {"end": True})
        finally:
            os._exit(0)


def _confine(cpu_s: float, folder: str) -> None:
    gc.disable()
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s)
    _, hardest = resource.getrlimit(resource.RLIMIT_AS)
    if hardest == resource.RLIM_INFINITY or hardest > _MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, hardest))
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.chdir(folder)
    os.environ["TMPDIR"] = tempfile.tempdir = folder


def _write(descriptor: int, record: _Record) -> None:
    data = json.dumps(record).encode("utf-8", "replace") + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


def _heard(reading: int, wall_s: float) -> _Record:
    """Read what the child of a job says, until its end, its word for it, or its time is over."""
    outcomes: _Record = {}
    answer: _Record = {"how": "died", "outcomes": outcomes}
    until, rest, taken = time.monotonic() + wall_s, b"", 0
    while (left := until - time.monotonic()) > 0 and taken < _MOST:
        ready, _, _ = select.select([reading], [], [], left)
        data = os.read(reading, _CHUNK) if ready else b""
        if not data:
            break
        taken += len(data)
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            said = json.loads(line)
            if "end" in said:
                return {**answer, "how": "done"}
            outcomes[str(said.pop("test"))] = said
    return answer if time.monotonic() < until else {**answer, "how": "timeout"}


def _end(child: int) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    os.waitpid(child, 0)


def serve(
    swapping: Any, tool: str, given: _Record, edits: Sequence[_Record], channels: tuple[int, int]
) -> None:
    """Load the tool, with edits, and what judges it, and serve jobs.

    Args:
        swapping: The module `mutation_swap`.
        tool: Its folder.
        given: `modules`, and either `tests` (files) or `examples` with `entry`.
        edits: In force from the first import on.
        channels: Jobs come in at the first, as JSON lines, and are answered at the second.
    """
    sources: dict[str, bytes] = {}
    for path in given["modules"]:
        with open(os.path.join(tool, path), "rb") as handle:
            mine = [edit for edit in edits if edit["path"] == path]
            sources[path] = swapping.edited(handle.read(), mine)
    finder = swapping.Finder(tool, sources)
    sys.meta_path.insert(0, finder)
    server, probes = _Server(swapping, finder, *channels), swapping.Probes()
    sys.modules["builtins"].__dict__[_PROBE] = probes
    try:
        if given["tests"]:
            _with_tests(tool, given["tests"], server, probes)
        else:
            _with_examples(given, server, probes)
    except BaseException as error:  # noqa: BLE001 - whatever the tool raises is an answer
        server.say({"problem": f"{type(error).__name__}: {error}"[:_TEXT]})


# --- the author's tests ------------------------------------------------------------------------

PLUGINS = ("cacheprovider", "doctest", "faulthandler", "junitxml", "pastebin", "setuponly",
           "setupplan", "stepwise", "terminalreporter", "threadexception",
           "unraisableexception", "warnings")  # fmt: skip
"""Of pytest, what no test can ask for."""


def preload() -> None:
    """Import pytest once for all workers."""
    import importlib  # noqa: PLC0415

    from _pytest.config import default_plugins  # noqa: PLC0415 - only now is it on the path

    for name in default_plugins:
        if name not in PLUGINS:
            importlib.import_module(f"_pytest.{name}")


def flags(tool: str) -> list[str]:
    """Words for pytest."""
    return [
        "-q", "--noconftest", "-c", os.devnull, f"--rootdir={tool}", f"--confcutdir={tool}",
        "--import-mode=importlib", "--capture=sys", "--tb=no", "-o", "python_files=",
        *(word for name in PLUGINS for word in ("-p", f"no:{name}")),
    ]  # fmt: skip


class _Collected:
    """The plugin: serves jobs in place of running the tests."""

    def __init__(self, server: _Server, probes: Any) -> None:
        self._server, self._probes = server, probes

    def pytest_runtestloop(self, session: Any) -> bool:
        """Take over once everything was collected."""
        items = [*session.items]

        def run(job: _Record, say: _Say) -> None:
            self._run(items, job, say)

        if not session.testsfailed:
            self._server.loop([item.nodeid for item in items], run)
        return True

    def _run(self, items: list[Any], job: _Record, say: _Say) -> None:
        from _pytest.runner import runtestprotocol  # noqa: PLC0415 - only now is it on the path

        order = job["only"] or _ordered(items, job["order"])
        for turn, number in enumerate(order):
            following = items[order[turn + 1]] if turn + 1 < len(order) else None
            began = time.perf_counter()
            reports = runtestprotocol(items[number], log=False, nextitem=following)
            outcome = _outcome(reports)
            spent = round((time.perf_counter() - began) * 1e3, 2)
            say({"test": number, "is": outcome, "ms": spent, **self._probes.take()})
            if outcome != "passed" and not job["full"]:
                return


def _outcome(reports: Sequence[Any]) -> str:
    if any(report.failed for report in reports):
        return "failed"
    is_plain = all(report.passed and not hasattr(report, "wasxfail") for report in reports)
    return "passed" if is_plain else "skipped"


def _ordered(items: Sequence[Any], seed: str | None) -> list[int]:
    """Shuffle files, and the tests in each; without a seed they stay as they are written."""
    numbers = [*range(len(items))]
    if seed is None:
        return numbers
    chance = random.Random(seed)  # noqa: S311 - an order that can be had again, no secret
    places = {str(item.path): chance.random() for item in items}
    keys = {number: (places[str(items[number].path)], chance.random()) for number in numbers}
    return sorted(numbers, key=lambda number: keys[number])


def _with_tests(tool: str, tests: Sequence[str], server: _Server, probes: Any) -> None:
    import pytest  # noqa: PLC0415 - only now is it on the path

    words = [*flags(tool), *(f"{tool}/{path}" for path in tests)]
    pytest.main(words, plugins=[_Collected(server, probes)])
    server.say({"problem": "the tests cannot be collected"})


# --- examples ----------------------------------------------------------------------------------


def _with_examples(given: _Record, server: _Server, probes: Any) -> NoReturn:
    import base64  # noqa: PLC0415
    import importlib  # noqa: PLC0415

    from toolvet.sdk import schema  # noqa: PLC0415 - mounted only inside
    from toolvet.sdk.files import File  # noqa: PLC0415

    name, _, function = given["entry"].partition(":")
    interface = schema.interface(getattr(importlib.import_module(name), function))
    examples: list[_Record] = given["examples"]
    for example in examples:
        for file_name, data in example["files"]:
            File.from_bytes(file_name, base64.b64decode(data))

    def run(job: _Record, say: _Say) -> None:
        for number in job["only"] or range(len(examples)):
            began = time.perf_counter()
            said = _called(interface, examples[number]["arguments"])
            spent = round((time.perf_counter() - began) * 1e3, 2)
            say({"test": number, **said, "ms": spent, **probes.take()})

    server.loop([str(number) for number in range(len(examples))], run)


def _called(interface: Any, arguments: _Record) -> _Record:
    from toolvet.sdk import Context, convert  # noqa: PLC0415 - mounted only inside

    try:
        text = json.dumps(convert.call(interface, arguments, Context.for_tests()))
    except BaseException as error:  # noqa: BLE001 - whatever the tool raises is an answer
        code = getattr(error, "code", "")
        return {
            "is": "raised",
            "names": [type(error).__name__, code if isinstance(code, str) else ""],
        }
    return {"is": "gave", "result": text[:_LONGEST_RESULT]}
