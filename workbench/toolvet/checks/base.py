"""What every check gets and what it gives: the context, evidence, and the key of its cache.

A check believes a program only after its canary fired. Whatever keeps it from knowing is a reason,
and one reason makes the evidence `unknown`, whatever else was found.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from toolvet.checks.asked import NOTHING_ASKED, Asked
from toolvet.checks.published import Published
from toolvet.checks.staging import SPEC_FILE
from toolvet.checks.toolchain import Toolchain
from toolvet.sandbox import Limits, Pool, ProgramOutcome
from toolvet.sandbox.watch import observer
from toolvet_reviews import digests
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.findings import Evidence, EvidenceStatus, Finding
from toolvet_reviews.spec import spec_to_json
from toolvet_reviews.values import Digest, Json, JsonObject, Tier

MAX_FINDINGS = 200
MAX_RAW = 16 * 1024

PARSER_LIMITS = Limits(wall_s=5, cpu_s=5, memory_mib=512, result_kib=2048)
"""For our own parsers on one file of hostile text."""

PROGRAM_LIMITS = Limits(
    wall_s=30, cpu_s=30, memory_mib=4096, scratch_mib=128, output_kib=4096, open_files=256,
    processes=64,
)  # fmt: skip
"""For scanners, type checker and test runner."""


@dataclass(frozen=True)
class CheckContext:
    """One revision, and what it is checked with."""

    bundle: Bundle
    folder: Path
    """Its files, unpacked, readable by everybody; never written to."""
    pool: Pool
    tools: Toolchain
    tier: Tier
    """The walls that are in force."""
    limits: Limits = field(default_factory=Limits)
    """Of one call of the tool: the policy's, narrowed by the specification."""
    asked: Asked = NOTHING_ASKED
    """What the policy asks of tools of this kind, beside what is always looked at."""
    published: Published | None = None
    """What is served now under the same name; None for a new tool."""
    earlier: dict[str, Evidence] = field(default_factory=dict[str, Evidence])
    """Evidence of the checks that this one asked for."""


Which = Literal["all", "python", "tool"]


class Inputs(NamedTuple):
    """What a check's evidence depends on, beside our own code."""

    files: Which = "all"
    """`all` files of the bundle, only its `python` ones, or those without the author's tests: `tool`.
    `tool.toml` is none of them: no run sees it, and what a check reads of it is named in `spec`."""
    tools: tuple[str, ...] = ()
    """Names of programs whose version matters; see `Toolchain.versions`."""
    runs: bool = False
    """Whether it runs the bundle, so that tier, limits and observer matter."""
    inert: bool = False
    """Whether it may be known from a revision that differs only in texts which no run can tell apart,
    such as docstrings nobody can read. It needs `intake`, which finds out; see `inert`."""
    spec: tuple[str, ...] = ()
    """Sections of `tool.toml` that matter, as `spec_to_json` names them; `tool.entry` for one field,
    `text` for its very bytes."""
    asked: tuple[str, ...] = ()
    """Fields of `Asked` that matter."""
    published: bool = False
    """Whether it reads what is served now."""
    raises: bool = False
    """Whether the errors that the docstring names matter; it needs `interface`."""


RUN = ("tool.entry", "effects", "idempotency", "retry", "limits", "invariants", "examples")
"""Sections of `tool.toml` that say how the tool is run and what it has to do."""


class Check(NamedTuple):
    """One stage of verification."""

    name: str
    run: Callable[[CheckContext], Awaitable[Evidence]]
    inputs: Inputs
    needs: tuple[str, ...] = ()
    """Checks whose evidence it reads; they run first."""
    timeout_s: float = 60.0
    """How long it may take before nothing is known."""


def inputs_digest(check: Check, context: CheckContext) -> Digest:
    """Name everything that the evidence of a check follows from: the key of its cache."""
    inputs, versions = check.inputs, context.tools.versions
    value: JsonObject = {
        "schema": "toolvet/check-inputs/v2",
        "check": check.name,
        "ours": own_code(),
        "files": dict(told_apart(context, inputs.files, is_inert=inputs.inert)),
        "spec": _of_spec(context.bundle, inputs.spec),
        "asked": {
            name: digests.sha256(repr(getattr(context.asked, name)).encode())
            for name in inputs.asked
        },
        "tools": {name: versions.get(name, "") for name in inputs.tools},
        "published": context.published.digest if inputs.published and context.published else None,
    }
    if inputs.raises:
        value["raises"] = _raises(context.earlier.get("interface"))
    if inputs.runs:
        value["tier"] = context.tier
        value["limits"] = digests.sha256(repr(context.limits).encode())
        value["observer"] = observer() if is_watched(context) else "walls"
    return digests.of_json(value)


def _raises(interface: Evidence | None) -> Json:
    found = interface.measurements.get("interface") if interface is not None else None
    return found.get("raises") if isinstance(found, dict) else None


def is_watched(context: CheckContext) -> bool:
    """Tell whether runs are watched from outside.

    Those of a pure tool meet walls, which is proof enough that nothing is reached; but when its code
    names what it must not reach, a reviewer wants to know whether it tries.
    """
    if context.bundle.spec.effects.kind != "pure":
        return True
    intake = context.earlier.get("intake")
    return intake is not None and any(
        finding.category == "undeclared-effect" for finding in intake.findings
    )


def inert(context: CheckContext) -> dict[str, str]:
    """Digests of files without the texts that no run can tell apart; empty when it might.

    The check `intake` finds out: see `toolvet.checks.confined.docs`. What needs them has to need it.
    """
    intake = context.earlier.get("intake")
    found = intake.measurements.get("inert") if intake is not None else None
    texts = found if isinstance(found, dict) else {}
    return {path: said for path, said in texts.items() if isinstance(said, str) and said}


def told_apart(context: CheckContext, which: Which, *, is_inert: bool) -> dict[str, str]:
    """Name what the files of a bundle hold, as far as it matters.

    Args:
        context: Of the check.
        which: As in `Inputs.files`.
        is_inert: Without the texts that no run can tell apart, see `inert`.
    """
    known = inert(context) if is_inert else {}
    return {
        path: known.get(path) or digest
        for path, digest in context.bundle.file_digests.items()
        if _matters(path, which)
    }


def _matters(path: str, files: Which) -> bool:
    if path == SPEC_FILE:
        return False
    if files == "python":
        return path.endswith(".py")
    # what lies below tests/ and is no code may be what an example, or a fake, is given
    return files == "all" or not is_test(path) or not path.endswith(".py")


def _of_spec(bundle: Bundle, names: Sequence[str]) -> JsonObject:
    """Take what matters of `tool.toml`: sections, fields of them, or its text."""
    written = spec_to_json(bundle.spec) if names else {}
    found: JsonObject = {}
    for name in names:
        value: Json = written
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        found[name] = bundle.file_digests.get(SPEC_FILE) if name == "text" else value
    return found


@cache
def own_code() -> Digest:
    """Digest of this package and of the SDK: evidence of other code is not ours to believe."""
    package = Path(__file__).parent
    found = {
        f"{root.name}/{path.relative_to(root)}": path.read_bytes()
        for root in (package, package.parent / "sdk")
        for path in sorted(root.rglob("*"))
        if path.suffix in {".py", ".json"} and "cases" not in path.parts
    }
    return digests.of_json({path: digests.sha256(data) for path, data in found.items()})


def conclude(
    check: str,
    findings: Sequence[Finding],
    reasons: Sequence[str] = (),
    *,
    measurements: dict[str, Json] | None = None,
    tools: dict[str, str] | None = None,
    not_looked_at: Sequence[str] = (),
    raw: str = "",
    tier: Tier | None = None,
    nothing: str = "nothing found",
) -> Evidence:
    """Make evidence; a reason to doubt outweighs every finding, and an error every warning."""
    status, summary = _verdict(findings, reasons, nothing)
    order = ("error", "warning", "note")
    findings = sorted(findings, key=lambda finding: order.index(finding.severity))
    return Evidence(
        check=check,
        status=status,
        summary=summary,
        findings=tuple(findings[:MAX_FINDINGS]),
        measurements=measurements or {},
        tools=tools or {},
        not_looked_at=tuple(not_looked_at),
        raw=raw[-MAX_RAW:],
        tier=tier,
    )


def _verdict(
    findings: Sequence[Finding], reasons: Sequence[str], nothing: str
) -> tuple[EvidenceStatus, str]:
    if reasons:
        return "unknown", "; ".join(reasons)[:500]
    errors = [finding for finding in findings if finding.severity == "error"]
    warnings = [finding for finding in findings if finding.severity == "warning"]
    if errors:
        return "failed", _counted(errors, "error") + f": {errors[0].message}"[:300]
    if warnings:
        return "warned", _counted(warnings, "warning") + f": {warnings[0].message}"[:300]
    return "passed", nothing


def _counted(findings: Sequence[Finding], word: str) -> str:
    return f"{len(findings)} {word}{'' if len(findings) == 1 else 's'}"


def unknown(check: str, *reasons: str, tools: dict[str, str] | None = None) -> Evidence:
    """Make evidence that knows nothing."""
    return conclude(check, (), reasons, tools=tools)


def not_applicable(check: str, why: str, **measurements: Json) -> Evidence:
    """Make evidence that a check has nothing to look at; a policy that asks for it is content."""
    measured: JsonObject = {"not_applicable": True, **measurements}
    return Evidence(check, "skipped", why, measurements=measured)


def python_files(bundle: Bundle) -> dict[str, bytes]:
    """The Python files of a bundle, in order of their paths."""
    return {path: bundle.files[path] for path in sorted(bundle.files) if path.endswith(".py")}


def is_test(path: str) -> bool:
    """Tell whether a file belongs to the author's tests."""
    parts = PurePosixPath(path)
    return parts.parts[0] == "tests" or parts.name.startswith("test_")


def snippet(bundle: Bundle, path: str, line: int, end_line: int = 0) -> str:
    """Cut lines from the bundle's own bytes; at most 10."""
    if line < 1 or path not in bundle.files:
        return ""
    lines = bundle.files[path].decode("utf-8", "replace").split("\n")
    last = min(max(end_line, line), line + 9)
    return "\n".join(lines[line - 1 : last])[:2000]


def program_trouble(
    name: str, outcome: ProgramOutcome, good: tuple[int, ...] = (0, 1)
) -> list[str]:
    """Reasons why a program's output proves nothing."""
    if outcome.timed_out:
        return [f"{name} ran out of time"]
    if outcome.killed_for:
        return [f"{name} was ended: {outcome.killed_for}"]
    if outcome.exit_code not in good:
        return [f"{name} ended with code {outcome.exit_code}"]
    return []
