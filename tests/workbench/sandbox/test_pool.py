import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest

from toolvet.errors import ConflictError, SandboxUnavailableError
from toolvet.sandbox import (
    Endpoint,
    Image,
    ImageError,
    Limits,
    Outcome,
    Pool,
    TierReport,
    shelf,
    spares,
)
from toolvet.sandbox.errors import ToolFencedError
from toolvet.sandbox.fencing import CRASHES
from toolvet.sandbox.turns import PLACES_OF_TOOL
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
        other = await pool.call(image, {"a": 1}, Limits(memory_mib=300))  # a zygote of its own
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


LINGER = """
import time
from toolvet.sdk import Context

def linger(ctx: Context) -> int:
    ctx.progress(1)
    time.sleep(30)
    return 1
"""


class Begun:
    """Tells when the tool works."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def handle(self, request: JsonObject) -> JsonObject:
        self.event.set()
        return {}


async def begin(
    pool: Pool, image: Image, limits: Limits = LIMITS, **options: Any
) -> "asyncio.Task[Outcome]":
    """Start a call that lingers, and come back when it works."""
    begun = Begun()
    task = asyncio.ensure_future(pool.call(image, {}, limits, begun, **options))
    waiting = asyncio.ensure_future(begun.event.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    return task


def children_of(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    below = [int(word) for word in found]
    return below + [deeper for child in below for deeper in children_of(child)]


def _own_children() -> set[int]:
    return {child for thread in os.listdir("/proc/self/task") for child in _children(thread)}


def _children(thread: str) -> list[int]:
    return [int(word) for word in Path(f"/proc/self/task/{thread}/children").read_text().split()]


def test_cancelling_a_call_ends_its_process_and_no_other(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    folder = make_tool(LINGER)
    others = _own_children()  # a database of other tests may be among them

    async def act(pool: Pool) -> None:
        call = await begin(pool, Image(folder, "tool:linger"))
        [launcher] = _own_children() - others
        running = children_of(launcher)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await _until(lambda: not all(map(_runs, running)))
        assert sum(map(_runs, running)) == len(running) - 1

    with_pool(strong_walls, act, spares=0)


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
    others = _own_children()

    async def act(pool: Pool) -> tuple[Outcome, Outcome]:
        call = await begin(pool, Image(folder, "tool:linger"))
        for launcher in _own_children() - others:
            os.kill(launcher, signal.SIGKILL)
        return await call, await pool.call(Image(folder, "tool:add"), {"a": 1}, LIMITS)

    died, after = with_pool(strong_walls, act, spares=0)

    assert (died.status, after.value) == ("died", 3)


async def _until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.01)


def test_nothing_outlives_a_killed_supervisor(walls: TierReport, make_tool: MakeTool) -> None:
    folder = make_tool(
        "import time\ndef run(path: str) -> int:\n    time.sleep(300)\n    return 1\n"
    )
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


CRASH = """
import os, sys

def crash(die: bool) -> int:
    if die:
        os._exit(1)
    return 1
"""


def test_a_version_that_keeps_crashing_is_fenced_off_and_no_other_is(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    folder = make_tool(CRASH)
    image, other = Image(folder, "tool:crash"), Image(folder, "tool:crash", digest="another")

    async def act(pool: Pool) -> None:
        for _ in range(CRASHES):
            assert (await pool.call(image, {"die": True}, LIMITS, fenced=True)).status == "died"
        with pytest.raises(ToolFencedError) as refused:
            await pool.call(image, {"die": False}, LIMITS, fenced=True)
        assert refused.value.retry_after_s
        assert [one.crashes for one in pool.state().fenced] == [CRASHES]
        assert (await pool.call(other, {"die": False}, LIMITS, fenced=True)).value == 1
        # a draft, or a check, of the same files
        assert (await pool.call(image, {"die": False}, LIMITS)).value == 1

    with_pool(strong_walls, act)


def test_what_a_tool_says_itself_is_no_crash(strong_walls: TierReport, make_tool: MakeTool) -> None:
    image = Image(make_tool("def run() -> int: raise ValueError"), "tool:run")

    async def act(pool: Pool) -> None:
        for _ in range(CRASHES + 1):
            assert (await pool.call(image, {}, LIMITS, fenced=True)).status == "raised"

    with_pool(strong_walls, act)


def test_a_zygote_that_dies_under_many_calls_is_one_crash(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    image = Image(make_tool(LINGER), "tool:linger")
    others = _own_children()

    async def act(pool: Pool) -> list[str]:
        calls = [await begin(pool, image, fenced=True) for _ in range(CRASHES + 1)]
        for launcher in _own_children() - others:
            os.kill(launcher, signal.SIGKILL)
        found = [(await call).status for call in calls]
        assert pool.state().fenced == ()
        return found

    assert with_pool(strong_walls, act) == ["died"] * (CRASHES + 1)


def test_a_slow_tool_leaves_room_for_another_and_the_line_is_seen(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    folder = make_tool(LINGER + ADD)

    async def act(pool: Pool) -> int:
        slow = [
            asyncio.ensure_future(pool.call(Image(folder, "tool:linger"), {}, LIMITS, Begun()))
            for _ in range(PLACES_OF_TOOL + 2)
        ]
        quick = await pool.call(Image(folder, "tool:add"), {"a": 1}, LIMITS)
        assert pool.state().waiting == 2
        for call in slow:
            call.cancel()
        await asyncio.wait(slow)
        assert pool.state().waiting == 0
        return int(str(quick.value))

    assert with_pool(strong_walls, act) == 3


def test_zygotes_that_hold_more_than_the_budget_are_retired(
    strong_walls: TierReport, make_tool: MakeTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "SWEEP_S", 0.05)
    folder = make_tool(ADD)

    async def act(pool: Pool) -> list[Any]:
        images = [Image(folder, "tool:add", digest=str(n)) for n in range(4)]
        found = [(await pool.call(image, {"a": 1}, LIMITS)).value for image in images]
        await _until(lambda: pool.state().zygotes == 1)
        assert pool.state().mib > 1
        return [*found, (await pool.call(images[0], {"a": 2}, LIMITS)).value]

    assert with_pool(strong_walls, act, memory_mib=1) == [3, 3, 3, 3, 4]


ALONE = 2
"""Processes below the launcher while no call runs: process 1 of the namespace, and the zygote."""


def test_spares_are_kept_for_a_tool_that_is_called_again_and_given_back_when_it_is_cold(
    strong_walls: TierReport, make_tool: MakeTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "SWEEP_S", 0.05)
    image = Image(make_tool(ADD), "tool:add")
    others = _own_children()

    async def act(pool: Pool) -> None:
        def below() -> int:
            launchers = _own_children() - others
            return sum(_runs(one) for launcher in launchers for one in children_of(launcher))

        await pool.call(image, {"a": 1}, LIMITS)
        await _until(lambda: below() == ALONE)
        await pool.call(image, {"a": 1}, LIMITS)
        await _until(lambda: below() == ALONE + 1)
        monkeypatch.setattr(spares, "COLD_S", 0.0)
        await _until(lambda: below() == ALONE)

    with_pool(strong_walls, act)


class Answering:
    """A network that says hello to whoever connects."""

    def __init__(self) -> None:
        self.opened: list[Endpoint] = []
        self.closed = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._listeners: list[socket.socket] = []

    def open(self, listeners: Mapping[Endpoint, socket.socket]) -> None:
        self.opened = [*listeners]
        self._listeners = [*listeners.values()]
        for endpoint, listener in listeners.items():
            self._tasks.append(asyncio.ensure_future(self._answer(endpoint, listener)))

    async def close(self) -> None:
        self.closed += 1
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listener in self._listeners:
            listener.close()

    async def _answer(self, endpoint: Endpoint, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            with connection:
                await loop.sock_sendall(connection, f"this is {endpoint.host}".encode())


CONNECT = """
import socket

def run(host: str, port: int) -> str:
    with socket.create_connection((host, port), timeout=5) as connection:
        return connection.recv(100).decode()
"""
ENDPOINTS = (
    Endpoint("api.example.com", 443, "127.0.1.1"),
    Endpoint("mail.example.com", 25, "127.0.1.2"),
)


@pytest.mark.parametrize("spare", [False, True])
def test_a_declared_host_is_answered_by_the_network_of_the_call(
    strong_walls: TierReport, make_tool: MakeTool, *, spare: bool
) -> None:
    image = Image(make_tool(CONNECT), "tool:run", endpoints=ENDPOINTS)

    async def act(pool: Pool) -> None:
        for _ in range(3 if spare else 1):  # the third is a spare's
            network = Answering()
            said = await pool.call(
                image, {"host": "mail.example.com", "port": 25}, LIMITS, None, network
            )
            assert (said.status, said.value) == ("returned", "this is mail.example.com"), said
            assert network.opened == [*ENDPOINTS]
            assert network.closed == 1

    with_pool(strong_walls, act)


def test_without_a_network_a_declared_host_refuses(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    image = Image(make_tool(CONNECT), "tool:run", endpoints=ENDPOINTS)
    given: JsonObject = {"host": "api.example.com", "port": 443}

    outcome = with_pool(strong_walls, lambda pool: pool.call(image, given, LIMITS))

    assert outcome.error is not None
    assert outcome.error.type == "ConnectionRefusedError"


def test_a_network_is_closed_also_when_nothing_is_run(make_tool: MakeTool) -> None:
    nowhere, network = TierReport("none", (), "no walls", "build some"), Answering()
    image = Image(make_tool(CONNECT), "tool:run", endpoints=ENDPOINTS)

    with pytest.raises(SandboxUnavailableError):
        with_pool(nowhere, lambda pool: pool.call(image, {}, LIMITS, None, network))

    assert network.closed == 1
