"""The check `ruff`: security and correctness rules, in a few milliseconds.

Configuration and `noqa` comments of the bundle have no effect: files are named one by one, under
neutral names, in a clean folder, with `--isolated --ignore-noqa`.
"""

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
from toolvet.checks.staging import CANARY, neutral_names, unpacked
from toolvet.sandbox import run_program
from toolvet_reviews.findings import Evidence, Finding, Severity
from toolvet_reviews.values import JsonObject

NAME = "ruff"
SELECT = "S,B,E9,F,PLE,ASYNC,DTZ,BLE"
FLAGS = (
    "check", "--isolated", "--no-cache", "--ignore-noqa", "--preview", "--no-fix", "--exit-zero",
    "--output-format", "json", "--select", SELECT, "--target-version", "py311",
)  # fmt: skip

ERRORS = (
    "E9", "PLE", "F63", "F7", "F82", "invalid-syntax",
    "S102", "S301", "S302", "S307", "S323", "S501", "S506", "S602", "S604",
)  # fmt: skip
"""Prefixes of codes that block; the rest informs."""

LEFT_OUT = ("S105", "S106", "S107")
"""Passwords in code: the check `secrets` finds them, and shows none of them."""

NOTES = ("F401", "F841", "DTZ", "S311", "S603", "S607", "S404", "S403", "S405", "B9")

_CATEGORIES = {
    "S": "security", "F": "correctness", "B": "robustness", "BLE": "robustness", "DTZ": "time",
    "ASYNC": "async", "PLE": "correctness", "E9": "syntax", "invalid-syntax": "syntax",
}  # fmt: skip
_CANARY_CODE = "S307"


async def run(context: CheckContext) -> Evidence:
    """Run ruff over the Python files of the bundle."""
    files = python_files(context.bundle)
    names = neutral_names(files)
    staged = {name: files[path] for name, path in names.items()}
    staged[CANARY] = b"eval(input())\n"
    with unpacked(staged) as folder:
        outcome = await run_program(
            [str(context.tools.ruff), *FLAGS, *(f"/tool/{name}" for name in staged)],
            folder=folder,
            binds=[context.tools.ruff],
            limits=PROGRAM_LIMITS,
            walls=context.pool.report,
            env={"RAYON_NUM_THREADS": "2"},
        )
    reasons = program_trouble(NAME, outcome, (0,))
    found = reading.entries(reading.document(outcome.stdout))
    if not any(
        reading.file_name(entry.get("filename")) == CANARY and entry.get("code") == _CANARY_CODE
        for entry in found
    ):
        reasons.append("ruff's canary did not fire")
    findings = [
        finding
        for entry in found
        if (
            finding := _finding(
                context, names.get(reading.file_name(entry.get("filename")), ""), entry
            )
        )
    ]
    return conclude(
        NAME,
        findings,
        reasons,
        measurements={"files": len(files)},
        tools={"ruff": context.tools.versions["ruff"]},
        raw=outcome.stderr.decode("utf-8", "replace"),
        tier=outcome.tier,
    )


CHECK = Check(NAME, run, Inputs("python", ("ruff",)))


def _finding(context: CheckContext, path: str, entry: JsonObject) -> Finding | None:
    code = reading.text(entry.get("code")) or "invalid-syntax"
    if not path or code in LEFT_OUT or (code == "S101" and is_test(path)):
        return None
    line = reading.number(reading.entry(entry.get("location")).get("row"))
    end_line = reading.number(reading.entry(entry.get("end_location")).get("row"))
    prefix = next((p for p in sorted(_CATEGORIES, key=len, reverse=True) if code.startswith(p)), "")
    return Finding(
        rule=f"{NAME}.{code}",
        severity=_severity(code),
        message=reading.text(entry.get("message")),
        path=path,
        line=line,
        end_line=end_line,
        snippet=snippet(context.bundle, path, line, end_line),
        why=f"ruff rule {code} ({entry.get('name') or 'see its documentation'})",
        fix=reading.text(reading.entry(entry.get("fix")).get("message")),
        category=_CATEGORIES.get(prefix, "style"),
    )


def _severity(code: str) -> Severity:
    if code.startswith(ERRORS):
        return "error"
    return "note" if code.startswith(NOTES) else "warning"
