import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from toolvet.errors import SandboxUnavailableError
from toolvet.sandbox import ImageError, Limits, ProgramOutcome, TierReport, run_program

MakeTool = Callable[[str], Path]
LIMITS = Limits(wall_s=30, cpu_s=30, memory_mib=2048, processes=16, open_files=256)
ENVIRONMENT = Path(sys.prefix)
PYTHON = str(ENVIRONMENT / "bin" / "python")


def run(walls: TierReport, argv: Sequence[str], **options: Any) -> ProgramOutcome:
    options = {"limits": LIMITS, "binds": [ENVIRONMENT], **options}
    return asyncio.run(run_program(argv, walls=walls, **options))


def run_code(walls: TierReport, code: str, **options: Any) -> ProgramOutcome:
    return run(walls, [PYTHON, "-c", code], **options)


def test_a_linter_and_a_type_checker_of_an_environment_run(
    walls: TierReport, make_tool: MakeTool
) -> None:
    folder = make_tool("import os\n\n\ndef run(x: int) -> str:\n    return x\n")
    ruff = [str(ENVIRONMENT / "bin" / "ruff"), "check", "--no-cache", "/tool/tool.py"]
    # as our own check does: where psutil is installed, mypy would read /proc with it
    without = "import sys; sys.modules['psutil'] = None; from mypy.__main__ import console_entry as m; m()"
    mypy = [PYTHON, "-c", without, "--cache-dir=/dev/null", "/tool/tool.py"]

    linted = run(walls, ruff, folder=folder)
    typed = run(walls, mypy, folder=folder)

    assert (linted.exit_code, b"F401" in linted.stdout) == (1, True)
    assert (typed.exit_code, b"return-value" in typed.stdout) == (1, True)


def test_a_test_runner_imports_the_sdk_and_reports(walls: TierReport, make_tool: MakeTool) -> None:
    source = (
        "import os\nfrom toolvet.sdk import Context\n\ndef test_it(tmp_path):\n"
        "    os.write(int(os.environ['TOOLVET_REPORT_FD']), b'ran')\n"
        "    assert Context.for_tests().store['a'].get('b') is None\n"
    )
    argv = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=/tool"]
    argv += ["-c", "/dev/null", "--confcutdir=/tool", "/tool/tool.py"]

    found = run(
        walls, argv, folder=make_tool(source), env={"PYTHONPATH": "/tool:/sdk"}, report=True
    )

    assert (found.exit_code, found.report) == (0, b"ran"), found.stdout


def test_standard_input_output_and_exit_code_pass_through(walls: TierReport) -> None:
    code = "import sys; data = sys.stdin.read(); print(len(data)); print('e', file=sys.stderr); sys.exit(7)"

    found = run_code(walls, code, stdin=b"x" * 300_000)

    assert (found.exit_code, found.stdout, found.stderr) == (7, b"300000\n", b"e\n")


def test_a_program_works_in_a_writable_folder_of_its_own(walls: TierReport) -> None:
    # an environment that is itself below /tmp is shown there
    code = (
        "open('a', 'w').write('x'); import os, sys; "
        "found = [name for name in os.listdir('.') if f'/{name}/' not in sys.prefix]; "
        "print(found, os.getcwd() == os.environ['TMPDIR'])"
    )

    assert run_code(walls, code).stdout == b"['a'] True\n"


def test_a_path_is_shown_at_its_own_place_below_a_closed_folder(
    walls: TierReport, tmp_path: Path
) -> None:
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    (inner / "a.txt").write_text("seen")
    (tmp_path / "closed" / "b.txt").write_text("hidden")
    inner.parent.chmod(0o700)
    code = f"print(open({str(inner / 'a.txt')!r}).read()); open({str(inner.parent / 'b.txt')!r})"

    found = run_code(walls, code, binds=[ENVIRONMENT, inner])

    assert found.stdout == b"seen\n"
    assert b"Error" in found.stderr


def test_a_program_has_no_network_and_sees_no_home(walls: TierReport) -> None:
    code = f"""
import os, socket
for attempt in (
    lambda: socket.create_connection(("127.0.0.1", 1)),
    lambda: os.listdir({str(Path.home())!r}) + [1 / 0],
    lambda: os.unshare(0x10000000) if hasattr(os, "unshare") else os.listdir("/proc"),
    lambda: open("/tool/x", "w"),
    lambda: os.setuid(0 if os.getuid() else 12345),
):
    try:
        attempt()
    except OSError:
        print("refused")
    except ZeroDivisionError:
        print("only the way to what it was shown")
"""
    lines = run_code(walls, code).stdout.splitlines()

    assert len(lines) == 5
    assert set(lines) <= {b"refused", b"only the way to what it was shown"}


@pytest.mark.parametrize(
    ("code", "killed_for"),
    [
        ("while True: pass", "wall time"),
        ("while True: print('x' * 4096)", "output"),
        (
            "import os\nwhile True: os.write(int(os.environ['TOOLVET_REPORT_FD']), b'x' * 4096)",
            "report",
        ),
    ],
)
def test_a_program_beyond_its_limits_is_ended(
    walls: TierReport, code: str, killed_for: str
) -> None:
    limits = Limits(wall_s=1.0, cpu_s=10, result_kib=64)

    found = run_code(walls, code, limits=limits, report=True)

    assert (found.killed_for, found.exit_code) == (killed_for, None)
    assert found.timed_out is (killed_for == "wall time")
    assert len(found.stdout) <= 256 << 10
    assert len(found.report) <= 64 << 10


def test_processes_left_behind_end_with_the_program(walls: TierReport) -> None:
    code = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(300)
        os._exit(0)
print("left")
"""
    found = run_code(walls, code)

    assert (found.exit_code, found.stdout) == (0, b"left\n")
    assert found.wall_ms < 20_000  # their ends of the pipe are closed: they are gone


def test_death_by_a_signal_is_told_as_a_shell_does(walls: TierReport) -> None:
    assert run_code(walls, "import os; os.kill(os.getpid(), 9)").exit_code == 137


def test_a_program_that_is_not_there_is_code_127(walls: TierReport) -> None:
    assert run(walls, ["/nowhere/at/all"]).exit_code == 127


def test_a_path_that_is_not_there_is_named(strong_walls: TierReport, tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        run_code(strong_walls, "", binds=[tmp_path / "gone"])

    assert caught.value.code == "sandbox.image"


def test_without_walls_no_program_is_run() -> None:
    with pytest.raises(SandboxUnavailableError):
        run_code(TierReport("none", (), "no walls", ""), "print(1)")


def test_a_cancelled_program_is_gone(walls: TierReport) -> None:
    read_end, write_end = os.pipe()
    os.close(write_end)
    os.close(read_end)

    async def act() -> float:
        code = [PYTHON, "-c", "import time; time.sleep(300)"]
        running = run_program(code, walls=walls, limits=LIMITS, binds=[ENVIRONMENT])
        task = asyncio.ensure_future(running)
        await asyncio.sleep(0)
        started = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await task
        return asyncio.get_running_loop().time() - started

    assert asyncio.run(act()) < 10


def test_what_is_cancelled_while_it_starts_leaves_nothing_open(walls: TierReport) -> None:
    async def cancelled_after(pause_s: float) -> None:
        running = asyncio.ensure_future(
            run_program([sys.executable, "-c", ""], walls=walls, limits=Limits())
        )
        await asyncio.sleep(pause_s)
        running.cancel()
        await asyncio.wait([running])

    async def play() -> None:
        await cancelled_after(1.0)  # whatever is opened once and kept
        before = os.listdir("/proc/self/fd")
        for step in range(12):
            await cancelled_after(step / 2000)
        await cancelled_after(1.0)  # behind them, in the one thread that starts launchers
        assert len(os.listdir("/proc/self/fd")) <= len(before)

    asyncio.run(play())
