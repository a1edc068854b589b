"""Run variants of a tool against the author's tests or examples. Runs confined, in its own interpreter.

Started as `python -I -S mutation.py TOOL SDK PACKAGES` with orders as JSON on standard input. Each
job is a set of edits under a number; whether it is a fault, a canary or no change at all is known to
the caller only, so nothing in here can answer otherwise for one than for another.

This process never imports what was submitted. Workers are forked from it; each collects the tests
once and forks again for every job. All answers are claims of the code that ran beside them.
"""

import importlib.util
import json
import os
import select
import signal
import sys
import time
from typing import Any, NoReturn

_FULL_CPU_S = 10.0
_FULL_WALL_S = 12.0
_MOST_SLOW = 2
"""Runs of the whole suite that may take too long before nothing more is tried."""
_LEAST_S = 0.4
_CPU_FACTOR = 5.0
_WALL_FACTOR = 4.0
_LEAST_WALL_S = 1.0
_PATIENCE_S = 4.0
"""How much longer than a job may take before its worker counts as lost."""
_START_S = 25.0
_CHUNK = 1 << 16
_MOST_ANSWER = 8 << 20

_Record = dict[str, Any]


class _Worker:
    """One forked process that collected the tests."""

    def __init__(self, pid: int, orders: int, answers: int) -> None:
        self.pid, self._orders, self.answers = pid, orders, answers
        self._rest = b""
        self.job: _Record | None = None
        self.is_ready = False
        self.is_fresh = False
        self.due = time.monotonic() + _START_S

    def give(self, job: _Record) -> None:
        """Hand out a job."""
        self.job = job
        self.due = time.monotonic() + job["wall_s"] + _PATIENCE_S
        data = json.dumps(job).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._orders, data) :]
        except BrokenPipeError:
            return  # its end is read next

    def read(self) -> list[_Record] | None:
        """Take the answers that are there; None at the end of the worker."""
        data = os.read(self.answers, _CHUNK)
        *whole, self._rest = (self._rest + data).split(b"\n")
        if not data or len(self._rest) > _MOST_ANSWER:
            return None
        try:
            found: list[Any] = [json.loads(line) for line in whole]
        except (ValueError, RecursionError):
            return None
        return found if all(isinstance(one, dict) for one in found) else None

    def end(self) -> None:
        """Kill it with whatever it left running."""
        for kill in (os.killpg, os.kill):
            try:
                kill(self.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        os.waitpid(self.pid, 0)
        os.close(self._orders)
        os.close(self.answers)


class _Run:
    """All jobs of one order."""

    def __init__(self, tool: str, orders: _Record, report: int) -> None:
        self._tool, self._orders, self._report = tool, orders, report
        self._suite, self._swapping = _load("mutation_suite"), _load("mutation_swap")
        self._workers: list[_Worker] = []
        self._ids: list[str] | None = None
        self._full = [job for job in orders["jobs"] if job["full"]]
        self._fast = [job for job in orders["jobs"] if not job["full"]]
        self._fresh: list[_Record] = []
        self._fresh_room: int = orders["fresh"]
        self._running = self._slow = 0
        self._hits: dict[int, set[int]] | None = None
        self._ms: dict[int, float] = {}
        self._end = time.monotonic() + orders["seconds"]

    def go(self) -> None:
        """Run everything there is time for."""
        if self._orders["tests"]:
            self._suite.preload()
        for _ in range(self._orders["workers"]):
            self._start([])
        try:
            while self._hand_out() or self._running:
                if self._is_over() or not self._workers or self._slow >= _MOST_SLOW:
                    break
                self._wait()
        finally:
            for worker in self._workers:
                worker.end()
        left = [job["job"] for job in (*self._full, *self._fast, *self._fresh)]
        left += [worker.job["job"] for worker in self._workers if worker.job]
        self._say({"kind": "end", "left": left})

    def _is_over(self) -> bool:
        """Tell whether the time for faults is up; runs of the whole suite are waited for."""
        is_whole = self._full or any(one.job and one.job["full"] for one in self._workers)
        return not is_whole and time.monotonic() > self._end

    def _say(self, record: _Record) -> None:
        data = json.dumps(record).encode() + b"\n"
        while data:
            data = data[os.write(self._report, data) :]

    # --- workers ------------------------------------------------------------------------------

    def _start(self, edits: list[_Record]) -> _Worker:
        orders_out, orders_in = os.pipe()
        answers_out, answers_in = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._become(edits, orders_out, answers_in)
        os.close(orders_out)
        os.close(answers_in)
        worker = _Worker(pid, orders_in, answers_out)
        self._workers.append(worker)
        return worker

    def _become(self, edits: list[_Record], orders: int, answers: int) -> NoReturn:
        try:
            os.setsid()
            for descriptor in range(3, max(orders, answers) + 64):
                if descriptor not in (orders, answers):
                    _close(descriptor)
            given = {name: self._orders[name] for name in ("modules", "tests", "examples", "entry")}
            suite, swapping, tool = self._suite, self._swapping, self._tool
            self.__dict__.clear()  # the other variants are nobody's business in there
            suite.serve(swapping, tool, given, edits, (orders, answers))
        finally:
            os._exit(1)

    def _wait(self) -> None:
        places = {worker.answers: worker for worker in self._workers}
        readable, _, _ = select.select([*places], [], [], 0.25)
        for place in readable:
            self._hear(places[place])
        now = time.monotonic()
        for worker in [*self._workers]:
            if worker.due < now and (worker.job or not worker.is_ready):
                self._lose(worker)

    def _lose(self, worker: _Worker) -> None:
        """Go on without a worker; what it was at came to nothing."""
        self._workers.remove(worker)
        if worker.job is not None:
            self._answer(worker, {"how": "lost"})
        elif not worker.is_ready:
            self._say({"kind": "trouble", "text": "a worker ended before the tests were collected"})
        worker.end()

    def _hear(self, worker: _Worker) -> None:
        answers = worker.read()
        if answers is None:
            self._lose(worker)
            return
        for answer in answers:
            if not worker.is_ready:
                self._begin(worker, answer)
            elif worker.job is not None:
                self._answer(worker, answer)

    def _begin(self, worker: _Worker, answer: _Record) -> None:
        ids = answer.get("ids")
        if worker.is_fresh:
            worker.is_ready = True
            if ids == self._ids and worker.job is not None:
                worker.give(worker.job)
            else:  # it does not even load: whoever imports it notices
                self._answer(worker, {"how": "died", "outcomes": {}})
            return
        if not isinstance(ids, list) or ids != (self._ids or ids):
            text = str(answer.get("problem", "the tests are not the same each time"))
            self._say({"kind": "trouble", "text": text[:500]})
            self._workers.remove(worker)
            worker.end()
            return
        if self._ids is None:
            self._ids = ids
            self._say({"kind": "collected", "ids": ids})
        worker.is_ready = True

    def _answer(self, worker: _Worker, answer: _Record) -> None:
        job, worker.job = worker.job, None
        self._running -= 1
        if job is None:
            return
        if answer.get("how") == "unswappable" and not job["full"] and self._fresh_room > 0:
            self._fresh_room -= 1
            self._fresh.append(job)
        else:
            self._say({**answer, "kind": "job", "job": job["job"]})
        if job["probe"]:
            self._learn(answer)
        self._slow += job["full"] and answer.get("how") in ("timeout", "lost")
        if worker.is_fresh and worker in self._workers:
            self._workers.remove(worker)
            worker.end()

    def _learn(self, answer: _Record) -> None:
        """Remember which blocks each test enters, and how long it takes."""
        if answer.get("how") != "done":
            return
        outcomes: dict[str, Any] = answer["outcomes"]
        self._hits = {int(test): {*said["blocks"]} for test, said in outcomes.items()}
        self._ms = {int(test): float(said["ms"]) for test, said in outcomes.items()}

    # --- jobs ---------------------------------------------------------------------------------

    def _hand_out(self) -> bool:
        """Give idle workers something to do; False when nothing is left."""
        idle = [one for one in self._workers if one.is_ready and one.job is None]
        while idle and self._full:
            self._give(idle.pop(), self._full.pop(0), None)
        if self._full or any(w.job and w.job["full"] for w in self._workers):
            return True
        while idle and self._fast:
            job = self._fast.pop(0)
            tests = self._tests_of(job)
            if not tests:
                self._say({"kind": "job", "job": job["job"], "how": "untouched", "outcomes": {}})
                continue
            self._give(idle.pop(), job, tests)
        while self._fresh and self._running < self._orders["workers"]:
            job = self._fresh.pop(0)
            self._timed(job, [*range(len(self._ids or []))])
            job["only"] = []
            job["edits"], edits = [], job["edits"]
            worker = self._start(edits)
            worker.job, worker.is_fresh = job, True
            self._running += 1
        return bool(self._full or self._fast or self._fresh)

    def _give(self, worker: _Worker, job: _Record, tests: list[int] | None) -> None:
        self._timed(job, tests)
        self._running += 1
        worker.give(job)

    def _timed(self, job: _Record, tests: list[int] | None) -> None:
        """Say how long a job may take: a few times what its tests took on the tool as it is."""
        job["only"], job["cpu_s"], job["wall_s"] = tests or [], _FULL_CPU_S, _FULL_WALL_S
        if tests and self._ms:
            spent_s = sum(self._ms.get(test, 50.0) for test in tests) / 1e3
            job["cpu_s"] = _LEAST_S + _CPU_FACTOR * spent_s
            job["wall_s"] = _LEAST_WALL_S + _WALL_FACTOR * spent_s

    def _tests_of(self, job: _Record) -> list[int]:
        """Choose the tests that can notice: those that enter the block that was changed."""
        every = [*range(len(self._ids or []))]
        if self._hits is None or job["block"] is None:
            return every
        hits = self._hits
        return [test for test in every if job["block"] in hits.get(test, ())]


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        return


def _load(name: str) -> Any:
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"toolvet_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(tool: str, sdk: str, site_packages: str) -> int:
    """Read the orders and carry them out."""
    report = int(os.environ.pop("TOOLVET_REPORT_FD"))
    sys.dont_write_bytecode = True
    sys.path[:0] = [tool, sdk]
    sys.path += site_packages.split(os.pathsep)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    orders: _Record = json.loads(sys.stdin.buffer.read())
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    _Run(tool, orders, report).go()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
