"""The check `mypy`: does the code keep to the types that its interface promises?

An error stops a tool only where it will fail or lies about what callers rely on: a name that is not
there, a call that cannot be made, an entry function that gives something of another kind than it
says. The rest informs; what a result really is, examples and properties hold against the schema.

mypy has no switch against `# type: ignore`, so the staged copy has such comments defused, letter
for letter, and lines stay where they are. Settings of the bundle are not read.
"""

import re
from collections.abc import Iterable

from toolvet.checks import passes, reading
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
from toolvet.checks.passes import PassError
from toolvet.checks.staging import CANARY, unpacked
from toolvet.checks.toolchain import MYPY_FLAGS, Toolchain
from toolvet.sandbox import run_program
from toolvet_reviews.findings import Evidence, Finding, Severity
from toolvet_reviews.values import JsonObject

NAME = "mypy"
STYLE = frozenset({
    "no-untyped-def", "no-untyped-call", "type-arg", "no-any-return", "misc", "untyped-decorator",
    "no-any-unimported", "redundant-cast", "unused-ignore", "comparison-overlap", "unreachable",
    "has-type", "name-match", "var-annotated", "no-subclass-any",
})  # fmt: skip
"""Codes that say "could be typed better", not "is wrong"."""
BROKEN = frozenset({"syntax", "name-defined", "call-arg", "used-before-def"})
"""Codes of code that fails when it is reached."""
LIES = frozenset({"return-value", "return", "assignment", "valid-type"})
"""Codes that are errors in the entry function, unless the two types overlap."""


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
    wrong = [
        entry for entry in entries if _path(entry) in files and entry.get("severity") == "error"
    ]
    lines = await _entry_lines(context) if wrong else range(0)
    findings = [_finding(context, entry, lines) for entry in wrong]
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


CHECK = Check(NAME, run, Inputs("python", ("mypy", "python"), spec=("tool.entry",)))


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


async def _entry_lines(context: CheckContext) -> range:
    """The lines of the entry function; those of a whole file when it is not found."""
    path, function = _entry_path(context), context.bundle.spec.entry.partition(":")[2]
    data = context.bundle.files.get(path, b"")
    everything = range(1, data.count(b"\n") + 2)
    try:
        source = data.decode("utf-8", "replace")
        [found] = await passes.read(context, ("outline", {"source": source}))
    except PassError:
        return everything
    for item in reading.entries((found or {}).get("functions")):
        if item.get("name") == function:
            return range(reading.number(item.get("line")), reading.number(item.get("end_line")) + 1)
    return everything


def _entry_path(context: CheckContext) -> str:
    return context.bundle.spec.entry.partition(":")[0].replace(".", "/") + ".py"


def _finding(context: CheckContext, entry: JsonObject, entry_lines: range) -> Finding:
    code, path = reading.text(entry.get("code")) or "syntax", _path(entry)
    line, message = reading.number(entry.get("line")), reading.text(entry.get("message"))
    in_entry = path == _entry_path(context) and line in entry_lines
    return Finding(
        rule=f"{NAME}.{code}",
        severity=_severity(
            code, message, in_entry=in_entry and _is_promise(context, code, path, line)
        ),
        message=message,
        path=path,
        line=line,
        end_line=line,
        snippet=snippet(context.bundle, path, line),
        why="What the types promise is what callers and other checks rely on.",
        fix=reading.text(entry.get("hint")),
        category="syntax" if code == "syntax" else "types",
    )


def _is_promise(context: CheckContext, code: str, path: str, line: int) -> bool:
    """Tell whether what is assigned to was given its type there; a name used twice promises nothing."""
    if code != "assignment":
        return True
    target, equals, _ = snippet(context.bundle, path, line).partition("=")
    return bool(equals) and ":" in target


def _severity(code: str, message: str, *, in_entry: bool) -> Severity:
    if code in STYLE:
        return "note"
    if code in BROKEN or (code == "attr-defined" and message.startswith("Module ")):
        return "error"
    return "error" if in_entry and code in LIES and not _overlaps(message) else "warning"


def _overlaps(message: str) -> bool:
    """Tell whether what is given may be what is promised: `int | None` for `int`, `list` for `list`."""
    quoted = message.split('"')[1::2]
    if len(quoted) < 2:
        return False
    given, promised = _kinds(quoted[-2]), _kinds(quoted[-1])
    return bool(given & promised) or "object" in given | promised


def _kinds(text: str) -> set[str]:
    """The outermost names of a type, those of a union one by one."""
    depth, flat = 0, ""
    for mark in text:
        depth += (mark == "[") - (mark == "]")
        flat += mark if depth == 0 and mark != "]" else ""
    return {part.strip().rpartition(".")[2] for part in flat.split("|")}
