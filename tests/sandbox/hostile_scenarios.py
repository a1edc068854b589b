"""Attacks that take more than one call. Each says what was wrong, or nothing."""

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from hostile_promises import told

from toolvet.errors import ToolvetError
from toolvet.sandbox import Image, Limits, Outcome, Pool, TierReport
from toolvet_reviews.values import Json, JsonObject, Tier

CORPUS = Image(Path(__file__).parent / "corpus", "attack:attack", typed=False)
LIMITS = Limits(wall_s=8, cpu_s=8, memory_mib=512, scratch_mib=8, result_kib=1024)
SHORT = Limits(wall_s=0.7, cpu_s=5, memory_mib=256, scratch_mib=8)

Scenario = Callable[["Stage"], Awaitable[str]]


@dataclass(frozen=True)
class Stage:
    """Where a scenario plays."""

    tier: Tier
    folder: Path
    """Its own; open to every user."""

    @contextlib.asynccontextmanager
    async def pool(self, spares: int = 1) -> AsyncGenerator[Pool]:
        """Open a pool of its own."""
        pool = Pool(TierReport(self.tier, (), "", ""), spares=spares)
        try:
            yield pool
        finally:
            await pool.close()

    def tool(self, name: str, source: str) -> Image:
        """Write a tool whose function is `run`."""
        folder = self.folder / name.replace(" ", "-")
        folder.mkdir()
        (folder / "tool.py").write_text(source)
        for one in (self.folder, folder):
            one.chmod(0o755)
        return Image(folder, "tool:run", typed=False)


def request_of(program: str, facts: dict[str, str]) -> JsonObject:
    """Write the arguments of one attack."""
    return {"program": program, "facts": {**facts}}


async def _attack(pool: Pool, program: str, limits: Limits = LIMITS, **facts: str) -> Outcome:
    return await pool.call(CORPUS, request_of(program, facts), limits)


def _did(outcome: Outcome) -> Json:
    return outcome.value.get("did") if isinstance(outcome.value, dict) else None


async def until(true: Callable[[], object], patience_s: float = 10) -> bool:
    """Wait for something that another process does."""
    late = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > late:
            return False
        await asyncio.sleep(0.02)
    return True


def below(process: int) -> list[int]:
    """Every descendant of a process that still runs."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):
            children = Path(f"/proc/{process}/task/{thread}/children").read_text().split()
            for child in map(int, children):
                found += [child, *below(child)]
    return [one for one in found if _runs(one)]


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


async def nothing_is_left(stage: Stage) -> str:
    """State, files, environment, threads, working folder, mask."""
    async with stage.pool() as pool:
        seen = [_did(await _attack(pool, "leaks.leave")) for _ in range(3)]
    return "" if isinstance(seen[0], dict) and seen[0] == seen[1] == seen[2] else f"{seen}"


async def chances_differ(stage: Stage) -> str:
    """No two calls draw the same."""
    async with stage.pool(spares=2) as pool:
        drawn = [_did(await _attack(pool, "leaks.chances")) for _ in range(4)]
    for name in ("random", "seeded later", "uuid", "uuid by time", "secrets", "urandom"):
        values = {str(one[name]) for one in drawn if isinstance(one, dict)}
        if len(values) != len(drawn):
            return f"{name}: {values}"
    return ""


async def threads_are_ones_own(stage: Stage) -> str:
    """One call takes all the threads it can get; its neighbour needs one."""
    async with stage.pool(spares=0) as pool:
        greedy = asyncio.ensure_future(_attack(pool, "leaks.hold_threads"))
        modest = await _attack(pool, "leaks.start_a_thread")
        await greedy
    return "" if _did(modest) == 1 else told(modest)


async def many_at_once_have_threads(stage: Stage) -> str:
    """More calls of one tool than a call may have threads."""
    async with stage.pool(spares=0) as pool:
        calls = (_attack(pool, "leaks.start_a_thread") for _ in range(40))
        found = await asyncio.gather(*calls)
    failed = [one for one in found if _did(one) != 1]
    return f"{len(failed)} of 40: {told(failed[0])}" if failed else ""


async def neighbours_are_safe(stage: Stage) -> str:
    """A call looks for those that run beside it."""
    async with stage.pool(spares=1) as pool:
        beside = [asyncio.ensure_future(_attack(pool, "leaks.work_beside")) for _ in range(3)]
        await asyncio.sleep(0.3)
        robbed = await _attack(pool, "leaks.rob_neighbours")
        worked = [await one for one in beside]
    if _did(robbed) != []:
        return f"robbed: {told(robbed)}"
    hurt = [one for one in worked if _did(one) != "mine"]
    return told(hurt[0]) if hurt else ""


async def answers_stay_with_their_calls(stage: Stage) -> str:
    """Many calls that answer more than once, at the same moment."""
    async with stage.pool() as pool:
        calls = (_attack(pool, "leaks.echo", word=f"w{n}") for n in range(24))
        found = await asyncio.gather(*calls)
    wrong = [one for n, one in enumerate(found) if one.value != f"w{n}"]
    return told(wrong[0]) if wrong else ""


async def lingerers_end(stage: Stage) -> str:
    """Threads that go on after the answer end with the call."""
    before = set(below(os.getpid()))
    async with stage.pool(spares=0) as pool:
        await _attack(pool, "processes.standard_input")
        quiet = len(set(below(os.getpid())) - before)
        for _ in range(3):
            await _attack(pool, "processes.linger_in_a_thread")
        ended = await until(lambda: len(set(below(os.getpid())) - before) <= quiet)
    return "" if ended else "a call goes on after its answer"


async def descriptors_do_not_grow(stage: Stage) -> str:
    """Of the service, by calls that end badly."""
    async with stage.pool(spares=0) as pool:
        await _attack(pool, "processes.standard_input")
        await asyncio.sleep(0.2)
        before = len(os.listdir("/proc/self/fd"))
        for program in ("bombs.segfault", "lies.close_the_channel", "lies.answer_and_flood") * 6:
            await _attack(pool, program)
        held = await until(lambda: len(os.listdir("/proc/self/fd")) <= before + 2)
        after = len(os.listdir("/proc/self/fd"))
    return "" if held else f"{before} before, {after} after"


IMPORTS = {
    "ends at import": "import os\nos._exit(0)\n",
    "leaves at import": "import sys\nsys.exit(0)\n",
    "sleeps at import": "import time\ntime.sleep(5)\n",
    "spins at import": "import time\nlate = time.monotonic() + 5\nwhile time.monotonic() < late: pass\n",
    "crashes at import": "import ctypes\nctypes.string_at(0)\n",
    "closes its channel at import": "import os, time\nos.close(3)\ntime.sleep(5)\n",
    "answers at import": (
        'import os, struct\nbody = b\'{"is":"returned","value":"early"}\'\n'
        'os.write(3, struct.pack(">I", len(body)) + body)\n'
    ),
    "takes memory at import": "kept = bytearray(300 << 20)\n",
    "starts standard programs at import": (
        "import unittest.__main__\nimport venv.__main__\nimport lib2to3.__main__\n"
    ),
    "does not compile": "def f(:\n",
    "is deeply nested": "x = " + "(" * 5000 + ")" * 5000 + "\n",
    "is wide": "x = [" + "0," * 60_000 + "]\n",
    "holds a NUL": "x = 1\0\n",
    "names another coding": "# coding: rot13\nvzcbeg bf\n",
    "names no coding": "# coding: nonsense\n",
    "has a long line of operators": "x = " + "-" * 20_000 + "1\n",
    "hides its end": "x = '''\n",
}


async def modules_hurt_their_own_calls(stage: Stage) -> str:
    """Whatever a module does, its call fails, in time; the service is not what failed."""
    gate = asyncio.Semaphore(4)

    async def load(pool: Pool, name: str, source: str) -> str:
        image = stage.tool(name, source + "\ndef run(): return 1\n")
        async with gate:
            try:
                await pool.call(image, {}, SHORT)
                outcome = await pool.call(image, {}, SHORT)
            except ToolvetError as error:
                return f"{name}: {error.code} {error}"
        as_told = outcome.status in _MODEST and outcome.wall_ms < _IN_TIME_MS
        return "" if as_told else f"{name}: {told(outcome)}"

    async with stage.pool(spares=1) as pool:
        found = await asyncio.gather(*(load(pool, *one) for one in IMPORTS.items()))
    return "; ".join(filter(None, found))


_MODEST = ("returned", "raised", "died", "timed_out", "refused")
_IN_TIME_MS = 5000


def _left() -> list[Path]:
    """Folders of calls on the host that this process made."""
    made = Path(tempfile.gettempdir()).glob(f"toolvet-run-{os.getpid()}-*")
    return [call for root in made for call in root.iterdir() if call.name != "toolvet"]


async def folders_are_removed(stage: Stage) -> str:
    """Too deep for a recursion, or closed to their own maker."""
    async with stage.pool(spares=0) as pool:
        for program in ("bombs.deep_folders", "bombs.closed_folders", "bombs.fill_disk"):
            await _attack(pool, program)
    if not await until(lambda: not _left()):
        return f"left on the host: {[str(path) for path in _left()]}"
    async with stage.pool(spares=0) as pool:
        after = await _attack(pool, "processes.standard_input")
    return "" if _did(after) == 0 else told(after)


SERVICE = """
import asyncio, sys
from pathlib import Path
from toolvet.sandbox import Image, Limits, Pool, TierReport

async def main():
    pool = Pool(TierReport(sys.argv[1], (), "", ""), spares=1)
    image = Image(Path(sys.argv[2]), "attack:attack", typed=False)
    request = {"program": "leaks.outlive", "facts": {}}
    await pool.call(image, request, Limits(wall_s=60, memory_mib=256))

asyncio.run(main())
"""


async def nobody_outlives_the_service(stage: Stage) -> str:
    """A call that asked not to die with its parent, when the service is killed."""
    service = subprocess.Popen([sys.executable, "-c", SERVICE, stage.tier, str(CORPUS.folder)])
    grown: list[int] = []

    def many() -> bool:
        grown[:] = below(service.pid)
        return len(grown) >= (2 if stage.tier == "C" else 3)

    try:
        await until(many)
        await asyncio.sleep(0.3)  # the call has begun by then, and has forgotten its parent
        grown[:] = below(service.pid)
    finally:
        service.kill()
        service.wait()
    ended = await until(lambda: not any(_runs(process) for process in grown), 5)
    for process in filter(_runs, grown):
        os.kill(process, 9)
    return "" if ended else "a call lives on without its service"


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


async def the_log_is_ours(stage: Stage) -> str:
    """What a tool says in the launcher's name writes no line of the service's log."""
    heard = _Heard()
    logging.getLogger("toolvet").addHandler(heard)
    logging.getLogger("toolvet").propagate = False
    try:
        async with stage.pool() as pool:
            for program in ("lies.pose_as_the_walls", "lies.raise_loud", "lies.no_json"):
                await _attack(pool, program, SHORT)
    finally:
        logging.getLogger("toolvet").removeHandler(heard)
        logging.getLogger("toolvet").propagate = True
    forged = [line for line in heard.lines if not line.isprintable()]
    return f"forged: {forged}" if forged else ""


LOOP_S = 0.15
"""Processor time of the service's loop for one answer, whatever is in it."""


async def the_loop_goes_on(stage: Stage) -> str:
    """An answer of many small values takes long to check: elsewhere, please."""
    async with stage.pool(spares=0) as pool:
        await _attack(pool, "processes.standard_input")
        started = time.thread_time()
        await _attack(pool, "leaks.expensive_frame", values=str(340_000))
        used = time.thread_time() - started
    return f"{used:.2f} s of the loop for one answer" if used > LOOP_S else ""


SCENARIOS: dict[str, Scenario] = {
    "nothing is left": nothing_is_left,
    "chances differ": chances_differ,
    "threads are one's own": threads_are_ones_own,
    "many at once have threads": many_at_once_have_threads,
    "neighbours are safe": neighbours_are_safe,
    "answers stay with their calls": answers_stay_with_their_calls,
    "lingerers end": lingerers_end,
    "descriptors do not grow": descriptors_do_not_grow,
    "modules hurt their own calls": modules_hurt_their_own_calls,
    "folders are removed": folders_are_removed,
    "nobody outlives the service": nobody_outlives_the_service,
    "the log is ours": the_log_is_ours,
    "the loop goes on": the_loop_goes_on,
}
