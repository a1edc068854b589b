"""The main job, end to end, with real processes: `make demo`.

An agent submits seven tools nobody checked by hand; a person approves the good ones; the agent
calls them in the session it had open all the time; it tries every way we could think of to decide;
the service is killed in the middle of a verification; and the log verifies. Ends with 0 only if
every step did what it should.
"""

import argparse
import asyncio
import shutil
import sys
import tomllib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, cast

from agent import Agent, bundle, session
from forgeries import attempts
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from stage import PASSPHRASE, Stage, StageError

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "examples"
GOOD = (
    "log_error_summary",
    "find_flaky_runs.py",
    "invoice_batch_generate",
    "customer_records_repair",
)
STOPPED = ("ticket_export", "rate_lookup", "median_price")
AGENT_NAME = "demo-agent"

Say = Callable[[str], None]


def expect(holds: object, what: str) -> None:
    """End the demo unless something is so."""
    if not holds:
        raise StageError(what)


class Demo:
    """One run of the main job on a stage."""

    def __init__(self, stage: Stage, console: Console) -> None:
        self.stage = stage
        self.console = console
        self.ids: dict[str, str] = {}
        self.summary: list[tuple[str, str]] = []

    def chapter(self, title: str) -> None:
        """Announce what comes."""
        self.console.print(f"\n[bold]{title}[/bold]")

    def note(self, text: str) -> None:
        """Say what happened."""
        self.console.print(Padding(text, (0, 0, 0, 2)), highlight=False)

    async def play(self) -> None:
        """Run every chapter."""
        self.open_house()
        async with self.session() as agent:
            await self.submit_all(agent)
            await self.kill_in_the_middle()
        async with self.session() as agent, self.session(mode="legacy") as old_style:
            await self.verdicts(agent)
            await self.approve(agent, old_style)
            await self.call_all(agent, old_style)
            await self.decide_as_agent(agent)
            await self.leave_two_waiting(agent)
        self.audit()

    @asynccontextmanager
    async def session(self, mode: Literal["auto", "legacy"] = "auto") -> AsyncGenerator[Agent]:
        """Open an MCP session as the agent."""
        async with session(self.stage.url, self.stage.token, mode=mode) as agent:
            yield agent

    def open_house(self) -> None:
        """Make the home, the person's key, the service, the agent and its grant."""
        self.chapter("A home, a person with a key, an agent with a token")
        made = self.stage.person("init", "--preset", "solo", "--name", "reviewer")
        expect(made.code == 0, f"init failed:\n{made.out}")
        self.note("toolvet init: database, log key, policy `solo`, the person's sealed key")
        self.stage.start()
        added = self.stage.person(
            "user", "add", AGENT_NAME, "--kind", "agent", "--role", "author", "--role", "caller",
            "--json",
        )  # fmt: skip
        expect(added.code == 0, f"user add failed:\n{added.out}")
        self.stage.token = token_in(added.out)
        granted = self.stage.person(
            "grant", "add", "--to", AGENT_NAME, "--tool", "*", "--up-to", "write"
        )
        expect(granted.code == 0, f"grant add failed:\n{granted.out}")
        self.note(f"{AGENT_NAME} may submit, and call what is approved, up to `write`")

    async def submit_all(self, agent: Agent) -> None:
        """Submit seven bundles over MCP."""
        self.chapter("The agent submits seven tools over MCP; nobody has checked them by hand")
        before = await agent.tools()
        expect(all(name.startswith("toolvet_") for name in before), f"unexpected tools: {before}")
        names = [(name, GALLERY / name) for name in GOOD]
        names += [(name, GALLERY / "stopped" / name) for name in STOPPED]
        for name, path in names:
            said = await agent.call("toolvet_submit", {**bundle(path), "wait_s": 0})
            expect("ok" in said, f"{name} was not taken: {said}")
            self.ids[name.removesuffix(".py")] = said["ok"]["proposal"]
        self.note(", ".join(f"{name} {number}" for name, number in self.ids.items()))

    async def kill_in_the_middle(self) -> None:
        """Kill the service while it verifies, and start it again."""
        self.chapter("kill -9 in the middle of the verification")
        self.stage.kill()
        self.note("the service is dead; nothing was told to stop")
        await asyncio.to_thread(self.stage.start)
        self.note("started again: what was being verified goes on by itself")

    async def verdicts(self, agent: Agent) -> None:
        """Wait for all verdicts; four pass, three are stopped by different checks."""
        self.chapter("The machine's verdicts")
        table = Table(box=None, padding=(0, 2, 0, 2))
        for column in ("", "tool", "verdict", "because"):
            table.add_column(column)
        stoppers: dict[str, set[str]] = {}
        for name, number in self.ids.items():
            said = await agent.call("toolvet_status", {"proposal": number, "wait_s": 50})
            found = said["ok"]
            bad = [c["check"] for c in found["checks"] if c["status"] in ("failed", "unknown")]
            first = next((f for f in found["findings"] if f["severity"] == "error"), None)
            why = f"{', '.join(bad)}: {first['message']}" if first else ""
            table.add_row(number, name, found["verdict"], why[:90])
            wanted = "failed" if name in STOPPED else "passed"
            expect(found["verdict"] == wanted, f"{name}: {found['verdict']}, not {wanted}: {found}")
            if bad:
                stoppers[name] = set(bad)
        self.console.print(table)
        kinds = {check for found in stoppers.values() for check in found}
        expect(len(kinds) >= 3, f"one check stopped them all: {stoppers}")
        self.summary.append(("stopped by the machine", ", ".join(sorted(stoppers))))

    async def approve(self, agent: Agent, old_style: Agent) -> None:
        """Approve four as the person; the open sessions see them appear."""
        self.chapter("A person approves four, each with the key")
        for name in GOOD:
            number = self.ids[name.removesuffix(".py")]
            agent.changed.clear()
            said = await asyncio.to_thread(self.stage.person, "approve", number)
            expect(said.code == 0, f"approve {number} failed:\n{said.out}")
            async with asyncio.timeout(10):
                await agent.changed.wait()
            served = await agent.tools()
            expect(name.removesuffix(".py") in served, f"{name} is not served: {served}")
            self.note(f"{number} approved; {name.removesuffix('.py')} appeared in the open session")
        async with asyncio.timeout(10):
            await old_style.changed.wait()
        expect(set(await old_style.tools()) == set(await agent.tools()), "the eras differ")
        self.summary.append(
            ("approved by a person", ", ".join(n.removesuffix(".py") for n in GOOD))
        )

    async def call_all(self, agent: Agent, old_style: Agent) -> None:
        """Call each tool; a write again with the same key is replayed."""
        self.chapter("The agent calls them, in the session it had open")
        log = (GALLERY / "log_error_summary" / "data" / "sample.log").read_text(encoding="utf-8")
        file: dict[str, Any] = {"name": "sample.log", "text": log}
        summary = await agent.call("log_error_summary", {"log": file})
        expect("ok" in summary, f"log_error_summary failed: {summary}")
        self.note(f"log_error_summary: {shorten(summary['ok'])}")
        examples: list[dict[str, Any]] = bundle(GALLERY / "find_flaky_runs.py")["examples"]
        for example in examples:
            said = await agent.call("find_flaky_runs", example["arguments"])
            expect("ok" in said, f"find_flaky_runs failed: {said}")
            got = said["ok"].get("result", said["ok"])
            expect(example["result"] in (got, said["ok"]), f"find_flaky_runs gave {got}")
        self.note(f"find_flaky_runs: its {len(examples)} examples, each the promised result")
        for name in ("invoice_batch_generate", "customer_records_repair"):
            arguments = first_arguments(name)
            first = await agent.call(name, arguments, key=f"demo-{name}")
            expect("ok" in first, f"{name} failed: {first}")
            again = await old_style.call(name, arguments, key=f"demo-{name}")
            expect(again.get("replayed") is True, f"{name} ran twice: {again}")
            expect(again["ok"] == first["ok"], f"{name} answered differently: {again}")
            self.note(f"{name}: {shorten(first['ok'])}; the same key again: replayed")
        self.summary.append(("calls", "four tools called, two writes replayed, none ran twice"))

    async def decide_as_agent(self, agent: Agent) -> None:
        """Try every way to decide as the agent."""
        self.chapter("The agent tries to decide")
        target = await self.waiting_proposal(agent)
        refused = 0
        for attempt in attempts(self.stage, target):
            why = await attempt.run()
            expect(why, f"{attempt.name}: it was not refused")
            self.note(f"refused: {attempt.name} ({why})")
            refused += 1
        found = await agent.call("toolvet_status", {"proposal": target, "wait_s": 0})
        expect(found["ok"]["state"] == "reviewing", f"{target} is {found['ok']['state']}")
        self.summary.append(("ways to decide as the agent", f"{refused} tried, {refused} refused"))

    async def waiting_proposal(self, agent: Agent) -> str:
        """Submit a next version of a published tool, which then waits for a person."""
        given = bundle(GALLERY / "find_flaky_runs.py")
        given["source"] += "\n# Second version: the same behaviour, a comment more.\n"
        said = await agent.call("toolvet_submit", {**given, "wait_s": 50})
        expect(said.get("ok", {}).get("verdict") == "passed", f"not verified: {said}")
        return str(said["ok"]["proposal"])

    async def leave_two_waiting(self, agent: Agent) -> None:
        """Leave two proposals for whoever plays the reviewer next."""
        given = bundle(GALLERY / "log_error_summary")
        given["files"]["log_error_summary.py"] += "\n# Second version.\n"
        said = await agent.call("toolvet_submit", {**given, "wait_s": 50})
        expect(said.get("ok", {}).get("verdict") == "passed", f"not verified: {said}")
        queue = self.stage.run("queue", "--json")
        waiting = [item["id"] for item in queue.data["items"] if item["state"] == "reviewing"]
        expect(len(waiting) == 2, f"expected two waiting proposals, found {waiting}")
        self.summary.append(("left for you", ", ".join(waiting)))

    def audit(self) -> None:
        """Verify the log in a process of its own."""
        self.chapter("The audit log, verified outside the service")
        done = self.stage.run("audit", "verify")
        expect(done.code == 0, f"audit verify: {done.out}{done.err}")
        for line in done.out.strip().splitlines()[-4:]:
            self.note(line)
        self.summary.append(("audit verify", "holds"))


def token_in(shown: str) -> str:
    """Find the bearer token in what a command showed once."""
    start = shown.index("tv_")
    end = start
    while end < len(shown) and (shown[end].isalnum() or shown[end] in "_-"):
        end += 1
    return shown[start:end]


def first_arguments(name: str) -> dict[str, Any]:
    """Take the arguments of a bundle's first example."""
    spec = tomllib.loads((GALLERY / name / "tool.toml").read_text(encoding="utf-8"))
    return dict(spec["examples"][0]["arguments"])


def shorten(value: object) -> str:
    """Show the beginning of a value."""
    text = str(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


def main() -> int:
    """Play the demo in `.demo/`, or in the folder that was named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / ".demo")
    folder: Path = parser.parse_args().folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    console = Console(width=110)
    stage = Stage(folder)
    demo = Demo(stage, console)
    failed = False
    try:
        asyncio.run(demo.play())
    except* (StageError, TimeoutError) as group:
        failed = True
        for error in leaves(cast("BaseExceptionGroup[Any]", group)):
            console.print("\n[bold red]The demo stopped:[/bold red]", end=" ")
            console.print(str(error), highlight=False, markup=False)
    finally:
        stage.stop()
    return 1 if failed else closing(demo, stage, console)


def leaves(group: BaseExceptionGroup[Any]) -> list[BaseException]:
    """Take the errors out of nested groups."""
    found: list[BaseException] = []
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            found += leaves(cast("BaseExceptionGroup[Any]", error))
        else:
            found.append(error)
    return found


def closing(demo: Demo, stage: Stage, console: Console) -> int:
    """Say what happened, and what is left to do."""
    console.print()
    table = Table(title="What happened", box=None, padding=(0, 2, 0, 0), show_header=False)
    for what, how in demo.summary:
        table.add_row(f"[bold]{what}[/bold]", how)
    console.print(table)
    console.print(
        f"\nYour turn. The demo reviewer's passphrase is [bold]{PASSPHRASE}[/bold]; then:\n"
        "  make tui     review one in the terminal\n"
        "  make lab     and the other in JupyterLab\n"
        "or with any command:\n"
        f"  export TOOLVET_HOME={stage.home} TOOLVET_CONFIG={stage.folder / 'config'}\n"
        "  .venv/bin/toolvet queue\n",
        highlight=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
