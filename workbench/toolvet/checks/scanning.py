"""One run of semgrep behind the walls, and when to believe it.

semgrep ends with code 0 on a timeout, a half-parsed file and a file that it never scanned, so a
clean answer is believed only after every assertion of `doubts`.
"""

import json
from collections.abc import Collection, Mapping, Sequence

from toolvet.checks import reading
from toolvet.checks.base import PROGRAM_LIMITS
from toolvet.checks.rules import CANARY_RULE, TAINT_CANARY_RULE, configuration
from toolvet.checks.staging import CANARY, unpacked
from toolvet.checks.toolchain import Toolchain
from toolvet.sandbox import Limits, ProgramOutcome, TierReport, run_program
from toolvet_reviews.values import JsonObject

FLAGS = (
    "scan",
    "--experimental",  # the OCaml front end: 0.15 s instead of 2.5
    "--metrics=off",  # without these two it may wait for a network
    "--disable-version-check",
    "--disable-nosem",
    "--no-git-ignore",
    "--max-target-bytes", "0",
    "--timeout", "15",
    "--timeout-threshold", "0",  # one slow rule must not skip the others of that file
    "-j", "1",
    "--no-rewrite-rule-ids",
    "--json", "--quiet",
    "--time",  # names the rules that were really loaded
)  # fmt: skip

CANARY_SOURCE = b"""\
toolvet_canary_must_fire()


def unchecked(value):
    toolvet_canary_sink("a" + value)


def checked(value):
    if value not in KNOWN:
        raise ValueError(value)
    toolvet_canary_sink("a" + value)
"""
"""A call that a pattern must find, a value that must be followed, and one that was checked."""
_FOLLOWED_LINE = 5

# The engine maps memory far beyond what it touches, so address space is no measure of it.
_LIMITS = Limits(
    wall_s=PROGRAM_LIMITS.wall_s, cpu_s=PROGRAM_LIMITS.cpu_s, memory_mib=0, scratch_mib=64,
    output_kib=8192, open_files=256, processes=64,
)  # fmt: skip


def canary_rules() -> bytes:
    """A configuration of nothing but the pattern canary, to scan with beside one of others."""
    return json.dumps({"rules": [CANARY_RULE]}).encode()


async def scan(
    tools: Toolchain,
    files: Mapping[str, bytes],
    walls: TierReport | None = None,
    configurations: Sequence[bytes] = (),
) -> ProgramOutcome:
    """Run semgrep over files with neutral names, and over the canary.

    Args:
        tools: Where the engine is.
        files: What to scan, by neutral name.
        walls: Behind which; those of this host when None.
        configurations: JSON or YAML; our own rules when there are none.
    """
    texts = list(configurations) or [configuration().text]
    named = {f"rules{number}.yaml": text for number, text in enumerate(texts)}  # JSON is YAML
    if not configurations:
        named = {"rules.json": texts[0]}  # parsed ten times as fast under that name
    settings = [word for name in named for word in ("--config", f"/tool/{name}")]
    targets = [f"/tool/{name}" for name in (*files, CANARY)]
    uname = [tools.uname] if tools.uname else []
    with unpacked({**files, CANARY: CANARY_SOURCE, **named}) as folder:
        return await run_program(
            [str(tools.semgrep), *FLAGS, *settings, *targets],
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


def doubts(
    document: JsonObject, submitted: Collection[str], rules: Collection[str] | None = None
) -> list[str]:
    """Reasons why a scan proves nothing; empty when it may be believed.

    Args:
        document: semgrep's JSON output.
        submitted: Names of the files it was given, canary included.
        rules: The ids it was given. None for somebody else's configuration, whose ids are not
            known to us: then at least one has to be loaded beside the canary, and none twice.
    """
    paths, timing = reading.entry(document.get("paths")), reading.entry(document.get("time"))
    results = reading.entries(document.get("results"))
    reasons = _errors(document)
    scanned = {reading.file_name(path) for path in reading.texts(paths.get("scanned"))}
    if missing := set(submitted) - scanned:
        reasons.append(f"{len(missing)} files were not scanned")
    if document.get("skipped_rules"):
        reasons.append("semgrep skipped rules")
    if not _as_asked(reading.texts(timing.get("rules")), rules):
        reasons.append("the loaded rules are not the rules asked for")
    if timing.get("fixpoint_timeouts"):
        reasons.append("the taint analysis gave up")
    if not _fired(results, str(CANARY_RULE["id"])):
        reasons.append("semgrep's canary did not fire")
    followed = str(TAINT_CANARY_RULE["id"])
    if rules is not None and _fired(results, followed) != {_FOLLOWED_LINE}:
        reasons.append("semgrep did not follow the canary's value")
    return reasons


def _errors(document: JsonObject) -> list[str]:
    errors = document.get("errors")
    if not isinstance(errors, list):
        return ["semgrep gave no usable output"]
    reasons: list[str] = []
    for error in reading.entries(errors)[:3]:
        kind = error.get("type")
        first = kind[0] if isinstance(kind, list) and kind else kind
        reasons.append(f"semgrep reports {reading.text(first) or 'an error'}")
    return reasons


def _as_asked(loaded: list[str], rules: Collection[str] | None) -> bool:
    canary = str(CANARY_RULE["id"])
    if rules is not None:
        return set(loaded) == set(rules)
    return canary in loaded and len(loaded) > 1 and len(loaded) == len(set(loaded))


def _fired(results: list[JsonObject], rule: str) -> set[int]:
    """Lines of our canary file in which one of its rules fired."""
    return {
        reading.number(reading.entry(hit.get("start")).get("line"))
        for hit in results
        if hit.get("check_id") == rule and reading.file_name(hit.get("path")) == CANARY
    }
