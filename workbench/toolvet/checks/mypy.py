"""The check `mypy`: does the code keep to the types that its interface promises?

mypy has no switch against `# type: ignore`, so the staged copy has such comments defused, letter
for letter, and lines stay where they are. Settings of the bundle are not read.
"""

import re
from collections.abc import Iterable

from toolvet.checks import reading
from toolvet.checks.base import (
    PROGRAM_LIMITS,
    Check,
    CheckContext,
    Inputs,
    conclude,
    is_test,
    program_trouble,
    python_files,
    snippet,
)
from toolvet.checks.confinement import CONFINED
from toolvet.checks.staging import CANARY, unpacked
from toolvet.checks.toolchain import MYPY_FLAGS, Toolchain
from toolvet.sandbox import run_program
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import JsonObject

NAME = "mypy"
STYLE = frozenset({
    "no-untyped-def", "no-untyped-call", "type-arg", "no-any-return", "misc", "untyped-decorator",
    "no-any-unimported", "redundant-cast", "unused-ignore", "comparison-overlap", "unreachable",
    "has-type", "name-match", "var-annotated", "no-subclass-any",
})  # fmt: skip
"""Codes that say "could be typed better", not "is wrong"."""

_DEFUSED = re.compile(rb"(#[ \t]*(?:type|mypy|pyright))([ \t]*):", re.IGNORECASE)
_CANARY = b'canary: int = "toolvet"\n'


async def run(context: CheckContext) -> Evidence:
    """Type-check the modules of the bundle; its tests are not looked at."""
    files = {path: data for path, data in python_files(context.bundle).items() if not is_test(path)}
    staged = {path: _DEFUSED.sub(rb"\1_\2", data) for path, data in files.items()}
    staged[CANARY] = _CANARY
    tools = context.tools
    cache = tools.mypy_cache
    with unpacked(staged) as folder:
        outcome = await run_program(
            _command(tools, staged),
            folder=folder,
            binds=[CONFINED, tools.packages, *([cache] if cache else [])],
            limits=PROGRAM_LIMITS,
            walls=context.pool.report,
            env={"MYPYPATH": "/tool:/sdk"},
        )
    reasons = program_trouble(NAME, outcome)
    entries = reading.lines(outcome.stdout)
    if not any(_path(entry) == CANARY and entry.get("code") == "assignment" for entry in entries):
        reasons.append("mypy's canary did not fire")
    findings = [
        _finding(context, entry)
        for entry in entries
        if _path(entry) in files and entry.get("severity") == "error"
    ]
    return conclude(
        NAME,
        findings,
        reasons,
        measurements={"files": len(files)},
        tools={"mypy": tools.versions["mypy"]},
        not_looked_at=[path for path in python_files(context.bundle) if is_test(path)],
        raw=(outcome.stderr or outcome.stdout).decode("utf-8", "replace") if reasons else "",
        tier=outcome.tier,
    )


CHECK = Check(NAME, run, Inputs("python", ("mypy", "python")))


def _command(tools: Toolchain, paths: Iterable[str]) -> list[str]:
    cache = tools.mypy_cache
    runner = [str(tools.python), "-I", "-S", str(CONFINED / "mypy_runner.py")]
    flags = [*MYPY_FLAGS] if cache else [*MYPY_FLAGS, "--no-incremental", "--cache-dir=/dev/null"]
    return [*runner, str(tools.packages), str(cache or ""), *flags, *(f"/tool/{p}" for p in paths)]


def _path(entry: JsonObject) -> str:
    """The file in the bundle; without namespaces the folder has another name than /tool."""
    parts = reading.text(entry.get("file")).lstrip("/").split("/")
    start = next((n for n, part in enumerate(parts) if part.startswith("toolvet-")), 0)
    return "/".join(parts[start + 1 :])


def _finding(context: CheckContext, entry: JsonObject) -> Finding:
    code, path = reading.text(entry.get("code")) or "syntax", _path(entry)
    line = reading.number(entry.get("line"))
    return Finding(
        rule=f"{NAME}.{code}",
        severity="warning" if code in STYLE else "error",
        message=reading.text(entry.get("message")),
        path=path,
        line=line,
        end_line=line,
        snippet=snippet(context.bundle, path, line),
        why="What the types promise is what callers and other checks rely on.",
        fix=reading.text(entry.get("hint")),
        category="syntax" if code == "syntax" else "types",
    )
