"""Control groups: found where they may be made, entered by calls, capped, used again, removed."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from toolvet.sandbox import (
    Image,
    Limits,
    Outcome,
    Pool,
    TierReport,
    cgroups,
    hierarchies,
    interpreter,
    probe,
    run_program,
)
from toolvet.sandbox.hierarchies import Hierarchy, NoHierarchyError

MakeTool = Callable[[str], Path]
TAKES = """
import os

def take(mebibytes, processes):
    go = os.pipe()
    children = []
    for _ in range(processes):
        ready = os.pipe()
        child = os.fork()
        if child == 0:
            kept = bytearray(mebibytes << 20)
            kept[::4096] = b"x" * len(kept[::4096])
            os.write(ready[1], b"r")
            os.close(go[1])
            os.read(go[0], 1)
            os._exit(0)
        os.close(ready[1])
        os.read(ready[0], 1)
        os.close(ready[0])
        children.append(child)
    os.close(go[1])
    return sum(os.WIFSIGNALED(os.waitpid(child, 0)[1]) for child in children)

def bomb(most):
    made = 0
    try:
        for _ in range(most):
            if os.fork() == 0:
                os.read(os.pipe()[0], 1)
                os._exit(0)
            made += 1
    except OSError:
        pass
    return made
"""


@pytest.fixture(scope="module")
def capped_walls() -> TierReport:
    report = probe(force="A")
    if report.tier == "none":
        pytest.skip(f"tier A does not hold here: {report.reason}")
    return report


def call(
    walls: TierReport, folder: Path, function: str, limits: Limits, **arguments: int
) -> Outcome:
    async def act() -> Outcome:
        pool = Pool(walls, spares=0)
        try:
            image = Image(folder, f"tool:{function}", typed=False)
            return await pool.call(image, {**arguments}, limits)
        finally:
            await pool.close()

    return asyncio.run(act())


def test_memory_of_all_processes_together_is_capped(
    capped_walls: TierReport, make_tool: MakeTool
) -> None:
    limits = Limits(memory_mib=128, scratch_mib=4, processes=4, wall_s=10)

    within = call(capped_walls, make_tool(TAKES), "take", limits, mebibytes=10, processes=4)
    beyond = call(capped_walls, make_tool(TAKES), "take", limits, mebibytes=80, processes=4)

    assert within.value == 0, within
    assert isinstance(beyond.value, int), beyond
    assert beyond.value > 0


def test_processes_of_a_call_are_counted(capped_walls: TierReport, make_tool: MakeTool) -> None:
    limits = Limits(processes=4, wall_s=10)

    found = call(capped_walls, make_tool(TAKES), "bomb", limits, most=500)

    assert isinstance(found.value, int), found
    assert 4 <= found.value < 60


def test_a_program_and_all_it_starts_share_one_cap(capped_walls: TierReport) -> None:
    code = TAKES + "\nprint(take(80, 4))\n"
    limits = Limits(memory_mib=128, scratch_mib=4, processes=8, wall_s=10)

    found = asyncio.run(
        run_program([interpreter.executable(), "-I", "-c", code], walls=capped_walls, limits=limits)
    )

    assert int(found.stdout) > 0, found


def test_a_call_that_comes_without_a_group_is_not_run(
    capped_walls: TierReport, make_tool: MakeTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def none(_: cgroups.Slot) -> Generator[list[int]]:
        yield []

    monkeypatch.setattr(cgroups.Slot, "entrances", none)

    found = call(capped_walls, make_tool(TAKES), "bomb", Limits(), most=0)

    assert found.status == "died"
    assert found.error is not None
    assert found.error.code == "sandbox.confine"


def test_groups_are_used_again_by_the_next_call(
    capped_walls: TierReport, make_tool: MakeTool
) -> None:
    limits = Limits(memory_mib=333)

    async def act() -> int:
        pool = Pool(capped_walls, spares=0)
        image = Image(make_tool(TAKES), "tool:bomb", typed=False)
        before = len(list(_groups()))
        try:
            for _ in range(20):
                await pool.call(image, {"most": 0}, limits)
        finally:
            await pool.close()
        return len(list(_groups())) - before

    assert asyncio.run(act()) <= 5


def _groups() -> list[Path]:
    own = hierarchies.own_name()
    return list(hierarchies.find().memory.glob(f"{own}/*/"))


def test_a_process_that_ends_leaves_no_groups(capped_walls: TierReport) -> None:
    code = (
        "from toolvet.sandbox import cgroups, hierarchies, Limits; cgroups.slots().lease(Limits()); "
        "print(hierarchies.own_name())"
    )

    name = subprocess.check_output([sys.executable, "-c", code], text=True).strip()

    assert name.startswith("toolvet-")
    assert not list(hierarchies.find().memory.glob(f"**/{name}"))


def test_what_a_killed_process_left_is_removed_by_the_next(capped_walls: TierReport) -> None:
    code = (
        "import os; from toolvet.sandbox import cgroups, hierarchies, Limits; "
        "cgroups.slots().lease(Limits()); print(hierarchies.own_name(), flush=True); os.kill(os.getpid(), 9)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], text=True, capture_output=True, check=False
    )
    name = found.stdout.strip()
    assert list(hierarchies.find().memory.glob(name))

    hierarchies.sweep(hierarchies.find())

    assert not list(hierarchies.find().memory.glob(name))


def test_the_folder_of_a_running_process_is_nobodys_leftover() -> None:
    assert not hierarchies.is_left_over(hierarchies.own_name())
    assert not hierarchies.is_left_over("toolvet-service")
    assert not hierarchies.is_left_over("other-4194304-1")
    assert hierarchies.is_left_over("toolvet-4194304-1")
    assert hierarchies.is_left_over(f"toolvet-{os.getpid()}-1")


def fake_proc(folder: Path, mountinfo: str, cgroup: str) -> Path:
    proc = folder / "proc"
    proc.mkdir()
    (proc / "mountinfo").write_text(mountinfo)
    (proc / "cgroup").write_text(cgroup)
    return proc


def test_a_delegated_group_of_version_2_is_found(tmp_path: Path) -> None:
    mount, own = tmp_path / "fs", tmp_path / "fs" / "user.slice" / "toolvet.scope"
    own.mkdir(parents=True)
    (own / "cgroup.controllers").write_text("cpu memory pids\n")
    for name in ("cgroup.procs", "cgroup.subtree_control"):
        (own / name).touch()
    proc = fake_proc(
        tmp_path,
        f"30 23 0:26 / {mount} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
        "0::/user.slice/toolvet.scope\n",
    )

    if Path("/run/systemd/system").exists() and os.getuid() == 0:
        with pytest.raises(NoHierarchyError, match="delegated"):
            hierarchies.find(proc)
    else:
        assert hierarchies.find(proc) == Hierarchy(2, own)


def test_a_group_of_version_2_that_caps_no_memory_is_no_place(tmp_path: Path) -> None:
    mount = tmp_path / "fs"
    mount.mkdir()
    (mount / "cgroup.controllers").write_text("hugetlb\n")
    proc = fake_proc(tmp_path, f"30 23 0:26 / {mount} rw - cgroup2 cgroup2 rw\n", "0::/\n")

    with pytest.raises(NoHierarchyError, match="version 2 caps no memory here; no memory"):
        hierarchies.find(proc)


def test_hierarchies_of_version_1_are_found_below_where_the_service_is(tmp_path: Path) -> None:
    memory, pids = tmp_path / "memory", tmp_path / "pids"
    (memory / "own").mkdir(parents=True)
    pids.mkdir()
    proc = fake_proc(
        tmp_path,
        f"35 31 0:32 /box {memory} rw - cgroup cgroup rw,memory\n"
        f"39 31 0:36 / {pids} rw - cgroup cgroup rw,pids\n",
        "4:memory:/box/own\n8:pids:/\n",
    )

    assert hierarchies.find(proc) == Hierarchy(1, memory / "own", pids)


def test_a_group_outside_of_what_is_mounted_is_no_place(tmp_path: Path) -> None:
    proc = fake_proc(
        tmp_path,
        f"35 31 0:32 /box {tmp_path} rw - cgroup cgroup rw,memory\n",
        "4:memory:/elsewhere\n",
    )

    with pytest.raises(NoHierarchyError):
        hierarchies.find(proc)
