"""The check `intake`: what the text of a bundle hides, and effects that it did not declare.

Files were decoded and capped before; here every text is read in a confined child, and each Python
file parsed by passes of our own. They follow aliases and see built names, which pattern rules do not.
"""

import asyncio
from pathlib import PurePosixPath
from typing import cast

from toolvet.checks import passes, reading
from toolvet.checks.base import (
    Check,
    CheckContext,
    Inputs,
    conclude,
    is_test,
    python_files,
    snippet,
)
from toolvet.checks.fakes import is_read
from toolvet.checks.hygiene_rules import EFFECTS, HYGIENE, NAMED_AT_RUN_TIME, TRICKS, Rule
from toolvet.checks.passes import PassError
from toolvet_reviews.bundle import ToolSpec
from toolvet_reviews.findings import Evidence, Finding, Severity
from toolvet_reviews.intake import DATA_FOLDERS
from toolvet_reviews.lock import LOCK_FILE
from toolvet_reviews.values import Json, JsonObject

NAME = "intake"
_AT_ONCE = 4


async def run(context: CheckContext) -> Evidence:
    """Read every file of the bundle."""
    gate = asyncio.Semaphore(_AT_ONCE)
    files = python_files(context.bundle)
    results, texts, texts_inert = await asyncio.gather(
        asyncio.gather(*(_file(context, path, gate) for path in files)),
        _letters(context),
        _inert(context, files),
    )
    findings = [finding for result in (*results, texts) for finding in result.findings]
    findings += _other_files(context)
    tests: dict[str, Json] = {
        path: cast(Json, result.tests)
        for path, result in zip(files, results, strict=True)
        if is_test(path)
    }
    raises = sorted({name for result in results for name in result.raises})
    return conclude(
        NAME,
        findings,
        [result.trouble for result in (*results, texts) if result.trouble],
        measurements={
            "tests": tests,
            "raises": [*raises],
            "files": len(context.bundle.files),
            "inert": texts_inert,
        },
        tools={"python": context.tools.versions["python"]},
        not_looked_at=[
            path for path in sorted(context.bundle.files) if not _is_text(context, path)
        ],
        nothing="the files read as they run, and reach for nothing undeclared",
        tier=context.tier,
    )


CHECK = Check(
    NAME, run, Inputs("all", ("python",), spec=("text", "tool.entry", "effects", "limits"))
)


class _Read:
    """What was read of one file."""

    def __init__(self, trouble: str = "") -> None:
        self.findings: list[Finding] = []
        self.tests: list[str] = []
        self.raises: set[str] = set()
        self.trouble = trouble


async def _file(context: CheckContext, path: str, gate: asyncio.Semaphore) -> _Read:
    source = context.bundle.files[path].decode("utf-8", "replace")
    in_test = is_test(path)
    own: list[Json] = [*sorted(_own_modules(context))]
    steps: tuple[tuple[str, JsonObject], ...] = (
        ("hygiene", {"source": source, "is_test": in_test}),
        ("effects", {"source": source}),
        ("tricks", {"source": source, "is_test": in_test, "own": own}),
        *([] if in_test else [("evasions", {"source": source})]),
    )
    async with gate:
        try:
            hygiene, effects, *tricks = await passes.read(context, *steps)
        except PassError as error:
            return _Read(f"{path} could not be read ({error})")
    if hygiene is None:
        return _Read(f"{path} could not be read")
    seen = _Read()
    seen.tests = reading.texts(hygiene.get("tests"))
    seen.raises = {*reading.texts(hygiene.get("raises")), *reading.texts(hygiene.get("classes"))}
    seen.findings = [
        _finding(context, path, HYGIENE[rule], rule, item, reading.text(item.get("detail")))
        for item in reading.entries(hygiene.get("findings"))
        if (rule := reading.text(item.get("rule"))) in HYGIENE
    ]
    if hygiene.get("parsed") is True:
        if effects is None or None in tricks:
            return _Read(f"the effects of {path} could not be read")
        _effects(context, path, effects, seen)
        for found in tricks:
            _tricks(context, path, found or {}, seen)
    return seen


def _tricks(context: CheckContext, path: str, found: JsonObject, seen: _Read) -> None:
    for item in reading.entries(found.get("findings")):
        name, detail = reading.text(item.get("rule")), reading.text(item.get("detail"))
        if (rule := TRICKS.get(name)) is not None:
            if name == "patch" and is_test(path):
                rule = rule._replace(severity="warning")
            seen.findings.append(_finding(context, path, rule, name, item, detail))


def _own_modules(context: CheckContext) -> set[str]:
    paths = (PurePosixPath(path) for path in python_files(context.bundle))
    return {path.parts[0].removesuffix(".py") for path in paths}


# --- letters, and texts that no run can tell apart ------------------------------------------------


async def _letters(context: CheckContext) -> _Read:
    """Look at the characters of every text file, a few at a time."""
    seen = _Read()
    files = context.bundle.files
    for batch in passes.batches(files, (path for path in files if _is_text(context, path))):
        try:
            [found] = await passes.read(context, ("letters", {"files": batch}))
        except PassError as error:
            return _Read(f"the characters of the files could not be read ({error})")
        for path in batch:
            for item in reading.entries((found or {}).get(path)):
                name, detail = reading.text(item.get("rule")), reading.text(item.get("detail"))
                if (rule := HYGIENE.get(name)) is not None:
                    rule = rule._replace(severity=_how_bad(rule.severity, name, path))
                    seen.findings.append(_finding(context, path, rule, name, item, detail))
    return seen


def _how_bad(severity: Severity, name: str, path: str) -> Severity:
    """Data may hold what it likes, and tests may try out look-alikes."""
    if _is_data(path):
        return "note"
    return "warning" if is_test(path) and name == "look-alike" else severity


def _is_data(path: str) -> bool:
    return path.startswith(DATA_FOLDERS) and not path.endswith(".py")


def _is_text(context: CheckContext, path: str) -> bool:
    """Tell whether a file is text; only data may be anything else, as intake saw to."""
    data = context.bundle.files[path]
    return not _is_data(path) or (b"\0" not in data and _decodes(data))


def _decodes(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


async def _inert(context: CheckContext, files: dict[str, bytes]) -> dict[str, Json]:
    """Digests of the Python files without docstrings and comments; empty when in doubt.

    A doubt costs time only: then every check is run anew. So nothing here is a reason for one.
    """
    if sum(map(len, files.values())) > passes.BATCH_BYTES:
        return {}
    texts: dict[str, Json] = {path: data.decode("utf-8", "replace") for path, data in files.items()}
    try:
        docs, found = await passes.read(
            context, ("docs", {"files": texts}), ("stripped", {"files": texts})
        )
    except PassError:
        return {}
    if docs is None or docs.get("doubt") != "" or found is None or set(found) != set(files):
        return {}
    return {path: said for path, said in found.items() if isinstance(said, str)}


# --- what the passes found, as findings -----------------------------------------------------------


def _effects(context: CheckContext, path: str, found: JsonObject, seen: _Read) -> None:
    if found.get("cut"):
        seen.trouble = f"{path} uses more names than are looked at"
    uses = reading.entries(found.get("uses"))
    said: set[tuple[str, str]] = set()
    for use in uses:
        group, name = reading.text(use.get("group")), reading.text(use.get("name"))
        rule = EFFECTS.get(group)
        if rule is None or not _is_news(context.bundle.spec, group, name, in_test=is_test(path)):
            continue
        if (group, name) not in said:
            said.add((group, name))
            kind = f"{_kind(rule)}-{group}"
            if name == "*":
                rule, kind = NAMED_AT_RUN_TIME, f"{group}-named-at-run-time"
                name = group
            seen.findings.append(_finding(context, path, rule, kind, use, name))


def _kind(rule: Rule) -> str:
    return "undeclared" if rule.category == "undeclared-effect" else "uses"


def _is_news(spec: ToolSpec, group: str, name: str, *, in_test: bool) -> bool:
    """Tell whether a reviewer must be told of a use that the specification says nothing about."""
    effects = spec.effects
    if in_test:
        return group == "dynamic" and name not in {"importlib", "compile"}
    declared: dict[str, bool] = {
        "network": bool(effects.network),
        "processes": bool(spec.limits.processes),
        "files": bool(effects.files),
        "scratch": effects.kind != "pure",
        "environment": bool(effects.visible_secrets),
        "store": name in effects.store or (name == "*" and bool(effects.store)),
        "tool": name in effects.tools,
        "clock": effects.kind != "pure",
        "random": effects.kind != "pure",
    }
    if group == "store" and name == "*" and effects.store:
        return True
    return not declared.get(group, False)


def _finding(
    context: CheckContext, path: str, rule: Rule, name: str, item: JsonObject, detail: str
) -> Finding:
    line, end_line = reading.number(item.get("line")), reading.number(item.get("end_line"))
    return Finding(
        rule=f"{NAME}.{name}",
        severity=rule.severity,
        message=rule.message.replace("{}", detail[:200]),
        path=path,
        line=line,
        end_line=max(line, end_line),
        snippet=snippet(context.bundle, path, line, end_line),
        why=rule.why,
        fix=rule.fix,
        cwe=rule.cwe,
        category=rule.category,
    )


def _other_files(context: CheckContext) -> list[Finding]:
    """What can be said of files without parsing them."""
    found: list[Finding] = []
    entry = context.bundle.spec.entry.partition(":")[0].replace(".", "/") + ".py"
    if is_test(entry):
        found.append(_finding(context, entry, EFFECTS["tests"], "uses-tests", {}, entry))
    return found + [
        Finding(
            f"{NAME}.unread",
            "note",
            "No check reads this file.",
            path,
            category="unread",
            fix="Remove it unless the tool reads it.",
        )
        for path in sorted(context.bundle.files)
        if not path.endswith((".py", ".toml")) and path != LOCK_FILE and not is_read(path)
    ]
