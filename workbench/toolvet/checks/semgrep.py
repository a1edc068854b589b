"""The check `semgrep`: our own rules, most of them with every parameter as a source of taint.

semgrep ends with code 0 on a timeout, a half-parsed file and a file that it never scanned, so a
clean answer is believed only after every assertion of `doubts`.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

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
    unknown,
)
from toolvet.checks.staging import CANARY, neutral_names, unpacked
from toolvet.checks.toolchain import Toolchain
from toolvet.sandbox import Limits, ProgramOutcome, TierReport, run_program
from toolvet_reviews.findings import Evidence, Finding, Severity
from toolvet_reviews.values import JsonObject

NAME = "semgrep"
RULES = Path(__file__).parent / "rules"
CANARY_RULE: dict[str, Any] = {
    "id": "toolvet-canary", "languages": ["python"], "severity": "INFO", "message": "canary",
    "pattern": "toolvet_canary_must_fire(...)",
}  # fmt: skip
FLAGS = (
    "scan",
    "--experimental",  # the OCaml front end: 0.15 s instead of 2.5
    "--metrics=off",  # without these two it may wait for a network
    "--disable-version-check",
    "--disable-nosem",
    "--no-git-ignore",
    "--max-target-bytes", "0",
    "--timeout", "2",
    "--timeout-threshold", "0",  # one slow rule must not skip the others of that file
    "-j", "1",
    "--no-rewrite-rule-ids",
    "--json", "--quiet",
    "--time",  # names the rules that were really loaded
)  # fmt: skip

# The engine maps memory far beyond what it touches, so address space is no measure of it.
_LIMITS = Limits(
    wall_s=PROGRAM_LIMITS.wall_s, cpu_s=PROGRAM_LIMITS.cpu_s, memory_mib=0, scratch_mib=64,
    output_kib=8192, open_files=256, processes=64,
)  # fmt: skip
_NOT_IN_TESTS = frozenset({"check-by-assert"})
_SEVERITIES: dict[str, Severity] = {"ERROR": "error", "WARNING": "warning", "INFO": "note"}


class Configuration(NamedTuple):
    """The rules as semgrep gets them."""

    text: bytes
    rules: dict[str, dict[str, Any]]
    """By id, the canary included."""


@cache
def configuration() -> Configuration:
    """Read our rules once. One bad or repeated id would silently empty or thin the whole set.

    Raises:
        ValueError: The package's rules are broken; its tests would have said so.
    """
    rules: dict[str, dict[str, Any]] = {CANARY_RULE["id"]: CANARY_RULE}
    for path in sorted(RULES.glob("*.json")):
        for rule in json.loads(path.read_bytes())["rules"]:
            name = str(rule["id"])
            if name in rules or not name.replace("-", "").isalnum():
                raise ValueError(f"rule id {name} is repeated or invalid")
            rules[name] = rule
    text = json.dumps({"rules": list(rules.values())}, sort_keys=True).encode()
    return Configuration(text, rules)


async def run(context: CheckContext) -> Evidence:
    """Scan the Python files of the bundle."""
    versions = {"semgrep": context.tools.versions["semgrep"]}
    if not context.tools.is_ready:
        return unknown(NAME, "semgrep is not installed: `toolvet doctor --fix`", tools=versions)
    intake = context.earlier.get("intake")
    if (
        intake is None
        or intake.status == "unknown"
        or any(finding.rule == "intake.syntax" for finding in intake.findings)
    ):
        return unknown(NAME, "a file does not parse, so a scan would prove nothing", tools=versions)
    files = python_files(context.bundle)
    names = neutral_names(files)
    outcome = await scan(
        context.tools, {name: files[path] for name, path in names.items()}, context.pool.report
    )
    document = reading.entry(reading.document(outcome.stdout))
    reasons = program_trouble(NAME, outcome, (0,)) + doubts(document, {*names, CANARY})
    results = reading.entries(document.get("results"))
    findings = [
        finding
        for hit in results
        if (path := names.get(reading.file_name(hit.get("path"))))
        and (finding := _finding(context, path, hit))
    ]
    return conclude(
        NAME,
        findings,
        reasons,
        measurements={"files": len(files), "rules": len(configuration().rules) - 1},
        tools=versions,
        raw=outcome.stderr.decode("utf-8", "replace") if reasons else "",
        tier=outcome.tier,
    )


CHECK = Check(NAME, run, Inputs("python", ("semgrep",)), needs=("intake",))


async def scan(
    tools: Toolchain, files: dict[str, bytes], walls: TierReport | None = None
) -> ProgramOutcome:
    """Run semgrep over files with neutral names, and over the canary."""
    staged = {
        **files,
        CANARY: b"toolvet_canary_must_fire()\n",
        "rules.json": configuration().text,
    }
    targets = [f"/tool/{name}" for name in (*files, CANARY)]
    uname = [tools.uname] if tools.uname else []
    with unpacked(staged) as folder:
        return await run_program(
            [str(tools.semgrep), *FLAGS, "--config", "/tool/rules.json", *targets],
            folder=folder,
            binds=[tools.semgrep_packages, *uname],
            limits=_LIMITS,
            walls=walls,
            env={
                "PATH": str(tools.uname.parent) if tools.uname else "/usr/bin",  # it starts uname
                "HOME": "/tmp",  # noqa: S108 - the sandbox's own scratch
                "LANG": "C.UTF-8",
                # The loader resolves $ORIGIN by /proc, which does not exist in there.
                "LD_LIBRARY_PATH": str(tools.semgrep_packages / "libs"),
                "SSL_CERT_FILE": str(tools.anchor),
                "SEMGREP_SEND_METRICS": "off",
                "SEMGREP_ENABLE_VERSION_CHECK": "0",
            },
        )


def doubts(document: JsonObject, submitted: set[str]) -> list[str]:
    """Reasons why a scan proves nothing; empty when it may be believed.

    Args:
        document: semgrep's JSON output.
        submitted: Names of the files it was given, canary included.
    """
    reasons: list[str] = []
    errors = document.get("errors")
    if not isinstance(errors, list):
        reasons.append("semgrep gave no usable output")
    for error in reading.entries(errors)[:3]:
        kind = error.get("type")
        first = kind[0] if isinstance(kind, list) and kind else kind
        reasons.append(f"semgrep reports {reading.text(first) or 'an error'}")
    paths, timing = reading.entry(document.get("paths")), reading.entry(document.get("time"))
    scanned = {reading.file_name(path) for path in reading.texts(paths.get("scanned"))}
    if missing := submitted - scanned:
        reasons.append(f"{len(missing)} files were not scanned")
    if document.get("skipped_rules"):
        reasons.append("semgrep skipped rules")
    if set(reading.texts(timing.get("rules"))) != set(configuration().rules):
        reasons.append("the loaded rules are not the rules asked for")
    if timing.get("fixpoint_timeouts"):
        reasons.append("the taint analysis gave up")
    if not any(
        hit.get("check_id") == CANARY_RULE["id"] and reading.file_name(hit.get("path")) == CANARY
        for hit in reading.entries(document.get("results"))
    ):
        reasons.append("semgrep's canary did not fire")
    return reasons


def _finding(context: CheckContext, path: str, hit: JsonObject) -> Finding | None:
    rule = configuration().rules.get(str(hit.get("check_id")))
    if rule is None or (rule["id"] in _NOT_IN_TESTS and is_test(path)):
        return None
    about = cast("dict[str, str]", rule.get("metadata", {}))
    line = reading.number(reading.entry(hit.get("start")).get("line"))
    end_line = reading.number(reading.entry(hit.get("end")).get("line"))
    severity = _SEVERITIES.get(str(rule["severity"]), "error")
    return Finding(
        rule=f"{NAME}.{rule['id']}",
        severity="warning" if severity == "error" and is_test(path) else severity,
        message=str(rule["message"]),
        path=path,
        line=line,
        end_line=end_line,
        # The free engine hides `extra.lines` behind a login notice.
        snippet=snippet(context.bundle, path, line, end_line),
        why=about.get("why", ""),
        fix=about.get("fix", ""),
        cwe=about.get("cwe", ""),
        category=about.get("category", "security"),
    )
