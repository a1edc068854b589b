import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from toolvet.errors import ConflictError, SandboxUnavailableError
from toolvet.sandbox import Image, ImageError, Limits, Outcome, Pool, TierReport
from toolvet.sdk import MemoryChannel
from toolvet_reviews.values import JsonObject

MakeTool = Callable[[str], Path]
LIMITS = Limits(wall_s=5)

ADD = """
from typing import Annotated
from toolvet.sdk import Ge

def add(a: Annotated[int, Ge(0)], b: int = 2) -> int:
    \"\"\"Add two numbers.\"\"\"
    print("adding")
    return a + b
"""


class MemoryHost:
    """Answers from memory, as the service would."""

    def __init__(self) -> None:
        self.memory = MemoryChannel()

    async def handle(self, request: JsonObject) -> JsonObject:
        if request["op"] == "store.get" and request["key"] == "conflict":
            raise ConflictError("somebody else was faster")
        if request["op"] in ("log", "progress"):
            self.memory.tell(request)
            return {}
        return self.memory.ask(request)


def with_pool(
    walls: TierReport, act: Callable[[Pool], Coroutine[Any, Any, Any]], **options: int
) -> Any:
    async def run() -> Any:
        pool = Pool(walls, **options)
        try:
            return await act(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


def call_once(
    walls: TierReport, image: Image, arguments: JsonObject, host: MemoryHost | None = None
) -> Outcome:
    return with_pool(walls, lambda pool: pool.call(image, arguments, LIMITS, host))


def test_a_typed_call_returns_its_result_and_what_it_printed(
    walls: TierReport, make_tool: MakeTool
) -> None:
    outcome = call_once(walls, Image(make_tool(ADD), "tool:add"), {"a": 1})

    assert (outcome.status, outcome.value, outcome.output) == ("returned", 3, "adding\n")
    assert outcome.tier == walls.tier


def test_describing_gives_strict_schemas(walls: TierReport, make_tool: MakeTool) -> None:
    image = Image(make_tool(ADD), "tool:add")

    outcome: Outcome = with_pool(walls, lambda pool: pool.describe(image, LIMITS))

    assert isinstance(outcome.value, dict)
    assert outcome.value["name"] == "add"
    assert outcome.value["input_schema"] == {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "minimum": 0},
            "b": {"type": "integer", "default": 2},
        },
        "required": ["a"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("source", "entry", "code"),
    [
        ("", "tool:run", "interface.missing_entry"),
        ("", "other:run", "interface.missing_entry"),
        ("def run(x) -> int: return x", "tool:run", "interface.untyped"),
        ("def run(x: int): return x", "tool:run", "interface.untyped"),
        ("run = 3", "tool:run", "interface.not_a_function"),
    ],
)
def test_an_entry_that_cannot_be_described_says_why(
    strong_walls: TierReport, make_tool: MakeTool, source: str, entry: str, code: str
) -> None:
    image = Image(make_tool(source), entry)

    outcome = with_pool(strong_walls, lambda pool: pool.describe(image, LIMITS))

    assert outcome.error.code == code


def test_an_exception_names_its_type_code_and_place(walls: TierReport, make_tool: MakeTool) -> None:
    source = """
from toolvet.sdk import ToolError

def run() -> int:
    raise ToolError("no such period", code="invoice.period")
"""
    outcome = call_once(walls, Image(make_tool(source), "tool:run"), {})

    assert outcome.error is not None
    assert outcome.status == "raised"
    assert (outcome.error.type, outcome.error.code) == ("ToolError", "invoice.period")
    assert (outcome.error.path, outcome.error.line) == ("tool.py", 5)


@pytest.mark.parametrize(
    ("source", "error", "line"),
    [
        ("import os\nos._exit(3)", "", 0),
        ("x = 1\nraise ValueError", "ValueError", 2),
        ("def f(:", "SyntaxError", 1),
        ("import nowhere", "ModuleNotFoundError", 1),
        ("import sys\nsys.exit()", "SystemExit", 2),
    ],
)
def test_a_module_that_fails_on_import_fails_the_call_only(
    strong_walls: TierReport, make_tool: MakeTool, source: str, error: str, line: int
) -> None:
    outcome = call_once(strong_walls, Image(make_tool(source), "tool:run"), {})

    if not error:
        assert outcome.status == "died"
        return
    assert outcome.error is not None
    assert (outcome.error.type, outcome.error.line) == (error, line)


CONTEXT = """
from toolvet.sdk import Context, HostError

def run(ctx: Context) -> dict[str, str | int | bool | None]:
    ctx.log.info("begin", n=1)
    ctx.progress(1, 2, "half")
    ledger = ctx.store["ledger"]
    ledger.put("a", {"x": 1})
    with ctx.once("mail-1") as step:
        first = step.state
        step.record("sent")
    with ctx.once("mail-1") as step:
        second = step.outcome
    made = ctx.artifacts.put("big.bin", b"0" * 1_500_000)
    try:
        ledger.get("conflict")
        refused = ""
    except HostError as error:
        refused = error.code
    return {
        "first": first, "second": second, "size": made.size, "refused": refused,
        "value": ledger.get("a")["x"], "added": ledger.add_if_absent("a", 2),
    }
"""


def test_a_context_reaches_the_host_and_its_refusals_reach_the_tool(
    walls: TierReport, make_tool: MakeTool
) -> None:
    host = MemoryHost()

    outcome = call_once(walls, Image(make_tool(CONTEXT), "tool:run"), {}, host)

    assert outcome.value == {
        "first": "new",
        "second": "sent",
        "size": 1_500_000,
        "refused": "conflict",
        "value": 1,
        "added": False,
    }
    assert [entry["event"] for entry in host.memory.logged] == ["begin"]
    assert host.memory.progress[0]["message"] == "half"


def test_without_a_host_the_context_refuses(strong_walls: TierReport, make_tool: MakeTool) -> None:
    outcome = call_once(strong_walls, Image(make_tool(CONTEXT), "tool:run"), {})

    assert outcome.error is not None
    assert outcome.error.code == "host.none"


def test_a_file_is_read_in_parts_from_the_host(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    source = """
from toolvet.sdk import File

def run(log: File) -> int:
    return sum(1 for _ in log.lines())
"""

    class Parts:
        async def handle(self, request: JsonObject) -> JsonObject:
            assert request["op"] == "artifact.get"
            return {"data": "YQpiCmMK"}  # a, b, c, each on a line

    image = Image(make_tool(source), "tool:run")
    given: JsonObject = {"log": {"name": "x.log", "size": 6, "digest": "sha256:" + "0" * 64}}

    outcome = with_pool(strong_walls, lambda pool: pool.call(image, given, LIMITS, Parts()))

    assert outcome.value == 3


def test_an_async_function_is_awaited(strong_walls: TierReport, make_tool: MakeTool) -> None:
    source = "import asyncio\nasync def run() -> int:\n    await asyncio.sleep(0)\n    return 7\n"

    assert call_once(strong_walls, Image(make_tool(source), "tool:run"), {}).value == 7


def test_an_untyped_entry_gets_json_as_it_is(strong_walls: TierReport, make_tool: MakeTool) -> None:
    image = Image(make_tool("def run(**given): return given"), "tool:run", typed=False)

    assert call_once(strong_walls, image, {"a": [1, {"b": None}]}).value == {"a": [1, {"b": None}]}


def test_arguments_beyond_the_cap_never_reach_the_tool(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    image = Image(make_tool("def run(a): return len(a)"), "tool:run", typed=False)

    outcome = call_once(strong_walls, image, {"a": "x" * (2 << 20)})

    assert (outcome.status, outcome.error and outcome.error.code) == (
        "refused",
        "call.arguments_too_large",
    )


def test_many_calls_at_once_each_get_their_own_answer(
    walls: TierReport, make_tool: MakeTool
) -> None:
    image = Image(make_tool(ADD), "tool:add")

    async def act(pool: Pool) -> list[Outcome]:
        return await asyncio.gather(*(pool.call(image, {"a": n}, LIMITS) for n in range(30)))

    assert [outcome.value for outcome in with_pool(walls, act)] == [n + 2 for n in range(30)]


def test_an_image_is_prepared_whenever_a_zygote_loads_it(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    folder = make_tool(ADD)
    loaded: list[str] = []

    def prepare() -> None:
        loaded.append((folder / "tool.py").read_text())
        (folder / "tool.py").write_text(ADD)

    image = Image(folder, "tool:add", prepare=prepare)

    async def act(pool: Pool) -> list[Any]:
        first = [await pool.call(image, {"a": 1}, LIMITS) for _ in range(3)]
        (folder / "tool.py").write_text(ADD.replace("a + b", "a - b"))
        other = await pool.call(image, {"a": 1}, Limits(wall_s=4))  # a zygote of its own
        return [outcome.value for outcome in (*first, other)]

    assert with_pool(strong_walls, act) == [3, 3, 3, 3]
    assert len(loaded) == 2


def test_an_image_that_cannot_be_prepared_is_not_loaded_and_the_caller_hears_why(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    failing = [True]

    def prepare() -> None:
        if failing:
            raise ConflictError("other bytes")

    image = Image(make_tool(ADD), "tool:add", prepare=prepare)

    async def act(pool: Pool) -> Any:
        with pytest.raises(ConflictError):
            await pool.call(image, {"a": 1}, LIMITS)
        failing.clear()
        return (await pool.call(image, {"a": 1}, LIMITS)).value

    assert with_pool(strong_walls, act) == 3


def test_more_images_than_zygotes_are_served(strong_walls: TierReport, make_tool: MakeTool) -> None:
    folder = make_tool(ADD)

    async def act(pool: Pool) -> list[Outcome]:
        return [
            await pool.call(Image(folder, "tool:add", digest=str(n % 3)), {"a": n}, LIMITS)
            for n in range(6)
        ]

    found = with_pool(strong_walls, act, max_zygotes=2)

    assert [outcome.value for outcome in found] == [n + 2 for n in range(6)]


LINGER = "import time\ndef run(path: str) -> int:\n    time.sleep(30)\n    return 1\n"


def children_of(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    below = [int(word) for word in found]
    return below + [deeper for child in below for deeper in children_of(child)]


def test_cancelling_a_call_ends_its_process(strong_walls: TierReport, make_tool: MakeTool) -> None:
    image = Image(make_tool(LINGER), "tool:run")
    before = _own_children()

    async def act(pool: Pool) -> None:
        task = asyncio.ensure_future(pool.call(image, {"path": ""}, LIMITS))
        await _until(lambda: _zygote_children(before))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await _until(lambda: not _zygote_children(before))

    with_pool(strong_walls, act, spares=0)


def _zygote_children(others: set[int]) -> list[int]:
    """Processes below the zygotes of this process that still run, those of other tests left out."""
    launchers = _own_children() - others
    zygotes = [zygote for launcher in launchers for zygote in _of(launcher)]
    return [call for zygote in zygotes for call in _of(zygote) if _runs(call)]


def _own_children() -> set[int]:
    return {child for thread in os.listdir("/proc/self/task") for child in _children(thread)}


def _children(thread: str) -> list[int]:
    return [int(word) for word in Path(f"/proc/self/task/{thread}/children").read_text().split()]


def _of(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(word) for word in path.read_text().split()]


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def test_a_killed_zygote_costs_one_call_and_is_restarted(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    folder = make_tool(LINGER + ADD)
    before = _own_children()  # a database of other tests may be among them

    async def act(pool: Pool) -> tuple[Outcome, Outcome]:
        image = Image(folder, "tool:run")
        running = asyncio.ensure_future(pool.call(image, {"path": ""}, LIMITS))
        await _until(lambda: _zygote_children(before))
        for launcher in _own_children() - before:
            os.kill(launcher, signal.SIGKILL)
        return await running, await pool.call(Image(folder, "tool:add"), {"a": 1}, LIMITS)

    died, after = with_pool(strong_walls, act, spares=0)

    assert (died.status, after.value) == ("died", 3)


async def _until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.01)


def test_nothing_outlives_a_killed_supervisor(walls: TierReport, make_tool: MakeTool) -> None:
    folder = make_tool(LINGER.replace("time.sleep(30)", "print(path); time.sleep(300)"))
    script = f"""
import asyncio
from pathlib import Path
from toolvet.sandbox import Image, ImageError, Limits, Pool, TierReport

async def main():
    pool = Pool(TierReport({walls.tier!r}, (), "", ""), spares=2)
    await asyncio.gather(*(
        pool.call(Image(Path({str(folder)!r}), "tool:run"), {{"path": "x"}}, Limits(wall_s=60))
        for _ in range(2)
    ))

asyncio.run(main())
"""
    supervisor = subprocess.Popen([sys.executable, "-c", script])
    below: list[int] = []

    async def grown() -> None:
        def many() -> bool:
            below[:] = [
                process
                for thread in os.listdir(f"/proc/{supervisor.pid}/task")
                for child in _thread_children(supervisor.pid, thread)
                for process in [child, *children_of(child)]
            ]
            return len(below) >= 3

        await _until(many)
        supervisor.kill()
        supervisor.wait()
        await _until(lambda: not any(_runs(process) for process in below))

    asyncio.run(grown())


def test_a_child_whose_parent_died_before_it_asked_to_die_with_it_ends_at_once() -> None:
    script = """
import os
from toolvet.sandbox.inside import linux

zygote = os.fork()
if zygote == 0:
    parent = os.getpid()
    if os.fork():
        os._exit(0)
    while os.getppid() == parent:
        pass
    linux.die_with_parent(parent)
    print("it lives on", flush=True)
os.waitpid(zygote, 0)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert ran.stdout == b""


def _thread_children(process: int, thread: str) -> list[int]:
    path = Path(f"/proc/{process}/task/{thread}/children")
    return [int(word) for word in path.read_text().split()]


def test_without_walls_nothing_is_run(make_tool: MakeTool) -> None:
    nowhere = TierReport("none", (), "no walls", "build some")

    with pytest.raises(SandboxUnavailableError) as caught:
        call_once(nowhere, Image(make_tool(ADD), "tool:add"), {"a": 1})

    assert caught.value.code == "sandbox.unavailable"
    assert caught.value.hint == "build some"


def test_a_folder_that_is_missing_is_named(strong_walls: TierReport, tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        call_once(strong_walls, Image(tmp_path / "gone", "tool:add"), {})

    assert caught.value.code == "sandbox.image"
