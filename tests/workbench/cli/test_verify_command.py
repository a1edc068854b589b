"""`toolvet verify` as its users run it: in a terminal, from a hook, in a pipeline of a code host."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from at_terminal import Said, run_alone
from furniture import ADD, BROKEN

from toolvet.checks.base import Check, CheckContext, Inputs
from toolvet.checks.toolchain import Toolchain
from toolvet.cli.local_verify import Bench, Given, Wanted
from toolvet.cli.papers import Paper
from toolvet.config import Settings
from toolvet.sandbox import probe
from toolvet_reviews import policy
from toolvet_reviews.findings import Evidence

QUICK = ("--only", "intake", "--only", "interface", "--only", "ruff")


class Desk:
    """A folder to work in, with a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TOOLVET_HOME": str(folder / "home"),
            "TOOLVET_CONFIG": str(folder / "config"),
        }

    def write(self, name: str, files: Mapping[str, str]) -> str:
        """Write a bundle; answer its path."""
        for path, text in files.items():
            place = self.folder / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return str(self.folder / name)

    def verify(self, *arguments: str) -> Said:
        return run_alone(("verify", *arguments), self.env)


@pytest.fixture(scope="module", autouse=True)
def _walls() -> None:  # pyright: ignore[reportUnusedFunction] - pytest calls it
    report = probe(allow_c=True)
    if report.tier in ("none", "C"):
        pytest.skip(f"no walls hold here without consent: {report.reason}")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(tmp_path_factory.mktemp("desk"))
    made.write("good", ADD)
    made.write("bad", BROKEN)
    return made


def test_each_check_is_a_line_and_the_next_run_knows_them(desk: Desk) -> None:
    path = desk.write("twice", ADD)
    first, second = desk.verify(path, *QUICK), desk.verify(path, *QUICK)
    fresh = desk.verify(path, *QUICK, "--fresh")

    assert [said.code for said in (first, second, fresh)] == [0, 0, 0], first
    for said in (first, second, fresh):
        lines = said.stdout[: said.stdout.index("\n\n")].splitlines()[1:]
        ends = {line.split()[0]: line.split()[1] for line in lines}
        assert ends.keys() >= {"intake", "interface", "ruff"}
        assert set(ends.values()) == {"passed"}
    known = [said.stdout.count("(as before)") for said in (first, second, fresh)]
    assert known == [0, len(lines), 0]
    assert "the checks that were asked for do not object" in first.stdout


def test_an_objection_is_shown_on_its_line_and_the_exit_code_is_1(desk: Desk) -> None:
    source = ADD["add.py"].replace("    return", "    eval('first')\n    return")
    said = desk.verify(desk.write("evil", {**ADD, "add.py": source}), "--only", "ruff")

    assert said.code == 1
    at = source.splitlines().index("    eval('first')") + 1
    lines = said.stdout.splitlines()
    place = next(number for number, line in enumerate(lines) if f"{at} |     eval" in line)
    assert lines[place + 1].endswith("|     " + "^" * len("eval('first')"))
    assert lines[place - 1].lstrip().startswith(f"{at - 1} |")


def test_the_reports_agree_with_each_other(desk: Desk) -> None:
    sarif, junit = desk.folder / "x.sarif", desk.folder / "x.xml"
    paths = (str(desk.folder / "good"), str(desk.folder / "bad"))
    said = desk.verify(
        *paths, "--only", "examples", "--json", "--sarif", str(sarif), "--junit", str(junit)
    )

    assert said.code == 1
    good, bad = json.loads(said.stdout)["items"]
    assert (good["verdict"], bad["verdict"]) == ("partial", "failed")
    [run] = json.loads(sarif.read_text())["runs"]
    assert {one["ruleId"] for one in run["results"]} == {"examples.result"}
    suites = ET.parse(junit).getroot()  # noqa: S314, RUF100 - our own document
    assert [suite.get("failures") for suite in suites] == ["0", "1"]


def test_json_of_one_bundle_is_that_verdict_and_nothing_else(desk: Desk) -> None:
    said = desk.verify(str(desk.folder / "good"), *QUICK, "--json")
    verdict = json.loads(said.stdout)

    assert (verdict["toolset"], verdict["tool"], verdict["kind"]) == ("default", "add", "pure")
    assert said.stderr == ""


def test_refused_files_are_an_error_and_in_a_report_a_finding(desk: Desk) -> None:
    path = desk.write("refused", {**ADD, "conftest.py": ""})
    plain = desk.verify(path)
    reported = desk.verify(path, "--sarif", "-")

    assert (plain.code, "[intake.forbidden_file]" in plain.stderr) == (1, True)
    assert reported.code == 1
    [run] = json.loads(reported.stdout)["runs"]
    assert [one["ruleId"] for one in run["results"]] == ["intake.forbidden_file"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("good", "--json", "--sarif", "-"),
        ("good", "--sarif", "-", "--junit", "-"),
        ("good", "--only", "nonsense"),
        (),
    ],
    ids=["json and sarif", "sarif and junit", "no such check", "nothing"],
)
def test_words_that_do_not_go_together_are_usage(desk: Desk, arguments: tuple[str, ...]) -> None:
    paths = [str(desk.folder / one) if one == "good" else one for one in arguments]

    assert desk.verify(*paths).code == 2


def test_a_hook_hands_over_files_and_their_bundles_are_verified(desk: Desk) -> None:
    files = [str(desk.folder / "good" / name) for name in ADD]
    other = desk.folder / "notes.py"
    other.write_text("x = 1\n")

    said = desk.verify("--changed", *QUICK, "--json", *files, str(other))
    nothing = desk.verify("--changed", str(other))

    assert said.code == 0, said
    assert [one["tool"] for one in json.loads(said.stdout)["items"]] == ["add"]
    assert (nothing.code, nothing.stdout) == (0, "")


def test_an_interrupted_run_ends_at_once_and_leaves_nothing_running(desk: Desk) -> None:
    slow = ADD["add.py"].replace("    return", "    while True:\n        pass\n    return")
    path = desk.write("endless", {**ADD, "add.py": slow})
    process = subprocess.Popen(
        [sys.executable, "-m", "toolvet.cli", "verify", path, "--only", "examples"],
        env=desk.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    while b"interface" not in process.stdout.readline():  # then only the tool itself runs
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)

    assert process.returncode == 130
    assert b"Traceback" not in said
    assert _session(process.pid) == []


def _session(leader: int) -> list[int]:
    """Find the processes of a session that still run."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                rest = (entry / "stat").read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            if int(rest[3]) == leader and rest[0] != "Z":
                found.append(int(entry.name))
    return found


def test_evidence_is_written_while_other_checks_still_run(tmp_path: Path) -> None:
    written = asyncio.Event()

    class Page(io.StringIO):
        def flush(self) -> None:
            if "quick" in self.getvalue():
                written.set()

    async def quick(_context: CheckContext) -> Evidence:
        return Evidence("quick", "passed", "at once")

    async def slow(_context: CheckContext) -> Evidence:
        await written.wait()  # for ever, if lines came only at the end
        return Evidence("slow", "passed", "later")

    checks = (Check("slow", slow, Inputs(), timeout_s=20), Check("quick", quick, Inputs()))
    settings = Settings(home=tmp_path / "home", config_dir=tmp_path / "config")
    rules = policy.parse_policy(policy.preset("solo"))
    wanted = Wanted(only=("quick",))
    tools = Toolchain(settings.paths.toolchain)
    bench = Bench(settings, rules, probe(allow_c=False), tools, wanted, checks)
    files = {path: text.encode() for path, text in ADD.items()}

    with Paper(Page()) as paper:
        [view] = asyncio.run(bench.verify([Given("add", files)], paper))

    assert [one.summary for one in view.evidence] == ["later", "at once"]


def test_what_is_skipped_takes_along_what_needs_it(desk: Desk) -> None:
    names = _names(Wanted(skip=("interface",)).checks())

    assert "interface" not in names
    assert "examples" not in names
    assert "ruff" in names


def _names(checks: Any) -> set[str]:
    return {check.name for check in checks}
