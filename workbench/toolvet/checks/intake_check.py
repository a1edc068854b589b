"""The check `intake`: what the text of a bundle hides, and effects that it did not declare.

Files were decoded and capped before; here each Python file is parsed in a confined child by our
own pass. It follows aliases and sees built names, which pattern rules do not.
"""

import asyncio
from typing import Literal, cast

from toolvet.checks import reading
from toolvet.checks.base import (
    PARSER_LIMITS,
    Check,
    CheckContext,
    Inputs,
    conclude,
    is_test,
    python_files,
    snippet,
)
from toolvet.checks.confinement import parser_image
from toolvet.checks.fakes import is_read
from toolvet.checks.hygiene_rules import EFFECTS, HYGIENE, NAMED_AT_RUN_TIME, Rule
from toolvet_reviews.bundle import ToolSpec
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.lock import LOCK_FILE
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import visible

NAME = "intake"
_AT_ONCE = 4


async def run(context: CheckContext) -> Evidence:
    """Read every Python file of the bundle."""
    gate = asyncio.Semaphore(_AT_ONCE)
    files = python_files(context.bundle)
    results = await asyncio.gather(*(_file(context, path, gate) for path in files))
    findings = [finding for result in results for finding in result.findings]
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
        [result.trouble for result in results if result.trouble],
        measurements={"tests": tests, "raises": [*raises], "files": len(context.bundle.files)},
        tools={"python": context.tools.versions["python"]},
        nothing="the files read as they run, and reach for nothing undeclared",
        tier=context.tier,
    )


CHECK = Check(NAME, run, Inputs("all", ("python",)))


class _Read:
    """What was read of one file."""

    def __init__(self, trouble: str = "") -> None:
        self.findings: list[Finding] = []
        self.tests: list[str] = []
        self.raises: set[str] = set()
        self.trouble = trouble


async def _file(context: CheckContext, path: str, gate: asyncio.Semaphore) -> _Read:
    source = context.bundle.files[path].decode("utf-8", "replace")
    async with gate:
        arguments: JsonObject = {"source": source, "is_test": is_test(path)}
        outcome = await context.pool.call(parser_image("hygiene:inspect"), arguments, PARSER_LIMITS)
        if outcome.status != "returned" or not isinstance(outcome.value, dict):
            return _Read(f"{path} could not be read ({outcome.status})")
        seen = _Read()
        value = outcome.value
        seen.tests = reading.texts(value.get("tests"))
        seen.raises = {*reading.texts(value.get("raises")), *reading.texts(value.get("classes"))}
        seen.findings = [
            _finding(context, path, HYGIENE[rule], rule, item, reading.text(item.get("detail")))
            for item in reading.entries(value.get("findings"))
            if (rule := reading.text(item.get("rule"))) in HYGIENE
        ]
        if value.get("parsed") is True:
            await _effects(context, path, source, seen)
    return seen


async def _effects(context: CheckContext, path: str, source: str, seen: _Read) -> None:
    outcome = await context.pool.call(
        parser_image("effects:inspect"), {"source": source}, PARSER_LIMITS
    )
    if outcome.status != "returned" or not isinstance(outcome.value, dict):
        seen.trouble = f"the effects of {path} could not be read ({outcome.status})"
        return
    if outcome.value.get("cut"):
        seen.trouble = f"{path} uses more names than are looked at"
    uses = reading.entries(outcome.value.get("uses"))
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
    severity: Literal["error", "warning", "note"] = rule.severity
    return Finding(
        rule=f"{NAME}.{name}",
        severity=severity,
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
    spec = context.bundle.files.get("tool.toml", b"").decode("utf-8", "replace")
    found = [
        _finding(
            context, "tool.toml", HYGIENE["invisible"], "invisible", {"line": n}, visible(line)
        )
        for n, line in enumerate(spec.split("\n"), 1)
        if visible(line) != line
    ]
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
