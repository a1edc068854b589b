"""The check `environment`: the packages a tool asks for, and the imports that they must explain.

The lock is read here, its grammar being ours; the wheels it names are fetched as they are and
taken apart behind the walls. What is built waits in quarantine until somebody approves it. A build
that fails is the author's to put right, an index that does not answer is nobody's fault.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import PurePosixPath

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
from toolvet.sandbox import Environment
from toolvet.sandbox.environments import Built, PackageIndexError, PackagesError, address_of
from toolvet_reviews import digests
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.lock import LOCK_FILE, Lock, LockError, parse_lock
from toolvet_reviews.values import Digest, Json, JsonObject

NAME = "environment"
BUILD_TIMEOUT_S = 600.0
"""A build goes on after it, and the next verification finds what it made."""
_AT_ONCE = 4
_OURS = "toolvet"
_FOR_TESTS = frozenset({"pytest"})
_MIB = 1 << 20


async def run(context: CheckContext) -> Evidence:
    """Build the packages of the bundle, and hold its imports against them."""
    findings: list[Finding] = []
    reasons: list[str] = []
    built: Built | None = None
    lock = _lock(context.bundle, findings)
    if lock is not None:
        built = await _build(context, lock, findings, reasons)
    if built is not None or LOCK_FILE not in context.bundle.files:
        findings += await _imports(context, built, reasons)
    findings += _hidden(context.bundle, built)
    return conclude(
        NAME,
        findings,
        reasons,
        measurements=_measured(context, built),
        tools={name: context.tools.versions[name] for name in ("python", "uv")},
        tier=context.tier if built else None,
        nothing=_words(built),
    )


CHECK = Check(
    NAME,
    run,
    Inputs("all", ("python", "platform"), spec=("tool.entry",)),
    timeout_s=BUILD_TIMEOUT_S,
)


def environment_in(context: CheckContext) -> Environment | None:
    """Give the packages of the revision, as evidence of this check names them.

    None when it has none, or nothing believable was found. An image with it needs `holding` too:
    evidence may be older than what lies on the disk.
    """
    digest = digest_in(context.earlier.get(NAME))
    lock = _lock(context.bundle, [])
    if digest is None or lock is None:
        return None
    return Environment(context.tools.environments.quarantined(address_of(lock)), digest)


def holding(context: CheckContext) -> Callable[[], None] | None:
    """Give what makes sure that the packages are there: `Image.prepare`, blocking."""
    environment, lock = environment_in(context), _lock(context.bundle, [])
    if environment is None or lock is None:
        return None
    store, walls = context.tools.environments, context.pool.report
    return lambda: store.hold(environment, lambda: lock, walls)


async def at_hand(context: CheckContext) -> Environment | None:
    """Give the packages of the revision once they are there; for runs without an image.

    Raises:
        ToolvetError: They were lost, and cannot be made again.
    """
    prepare = holding(context)
    if prepare is not None:
        await asyncio.to_thread(prepare)
    return environment_in(context)


def digest_in(evidence: Evidence | None) -> Digest | None:
    """Read the digest of the built packages out of evidence that may be relied on."""
    if evidence is None or evidence.status not in {"passed", "warned", "failed"}:
        return None
    digest = evidence.measurements.get("digest")
    return Digest(str(digest)) if digests.is_digest(digest) else None


def is_settled(bundle: Bundle, evidence: Evidence | None) -> bool:
    """Tell whether it is known what a bundle runs with: nothing, or packages that were built."""
    return LOCK_FILE not in bundle.files or digest_in(evidence) is not None


def _lock(bundle: Bundle, findings: list[Finding]) -> Lock | None:
    """Read the lock; what is wrong with it becomes a finding on its line."""
    data = bundle.files.get(LOCK_FILE)
    if data is None:
        return None
    try:
        return parse_lock(data)
    except LockError as error:
        findings.append(_about_lock(bundle, "lock", f"The lock: {error}.", error.line, error.hint))
        return None


async def _build(
    context: CheckContext, lock: Lock, findings: list[Finding], reasons: list[str]
) -> Built | None:
    try:
        return await context.tools.environments.ensure(lock, context.pool.report)
    except PackageIndexError as error:
        reasons.append(f"the packages could not be fetched: {error}")
    except PackagesError as error:
        rule = error.code.rpartition(".")[2].replace("_", "-")
        line = _line_of(lock, str(error))
        findings.append(_about_lock(context.bundle, rule, f"{error}", line, error.hint))
    return None


def _line_of(lock: Lock, message: str) -> int:
    """Find the pin that a message speaks of; 0 when it speaks of several, or of none."""
    words = set(message.replace("==", " ").replace(",", " ").split())
    named = [pin.line for pin in lock.pins if pin.name in words]
    return named[0] if len(named) == 1 else 0


def _about_lock(bundle: Bundle, rule: str, message: str, line: int, fix: str) -> Finding:
    return Finding(
        f"{NAME}.{rule}", "error", message[:700], LOCK_FILE, line, line,
        snippet(bundle, LOCK_FILE, line), category="packages", fix=fix,
        why="What a tool runs with is part of what is approved, to the byte.",
    )  # fmt: skip


# --- imports --------------------------------------------------------------------------------------


async def _imports(context: CheckContext, built: Built | None, reasons: list[str]) -> list[Finding]:
    gate = asyncio.Semaphore(_AT_ONCE)
    files = python_files(context.bundle)
    read = await asyncio.gather(*(_read(context, path, gate) for path in files))
    findings: list[Finding] = []
    for path, (entries, trouble) in zip(files, read, strict=True):
        reasons += [trouble] if trouble else []
        known = _known(context.bundle, built, path)
        findings += _unknown_imports(context, path, entries, known)
    return findings


async def _read(
    context: CheckContext, path: str, gate: asyncio.Semaphore
) -> tuple[list[JsonObject], str]:
    source = context.bundle.files[path].decode("utf-8", "replace")
    async with gate:
        outcome = await context.pool.call(
            parser_image("imports:inspect"), {"source": source}, PARSER_LIMITS
        )
    if outcome.status != "returned" or not isinstance(outcome.value, dict):
        return [], f"the imports of {path} could not be read ({outcome.status})"
    if outcome.value.get("cut"):
        return [], f"{path} imports more than is looked at"
    return reading.entries(outcome.value.get("imports")), ""


def _known(bundle: Bundle, built: Built | None, path: str) -> frozenset[str]:
    """Name every top-level module that a file may import."""
    known = {*sys.stdlib_module_names, *(built.modules if built else ())}
    for other in bundle.files:
        parts = PurePosixPath(other).with_suffix("").parts
        if other.endswith(".py"):
            known.add(parts[0])
            if is_test(path):  # tests find what lies beside them
                known.update(parts)
    return frozenset(known | (_FOR_TESTS if is_test(path) else frozenset()))


def _unknown_imports(
    context: CheckContext, path: str, entries: list[JsonObject], known: frozenset[str]
) -> list[Finding]:
    found: list[Finding] = []
    said: set[str] = set()
    for entry in sorted(entries, key=lambda entry: reading.number(entry.get("line"))):
        module = reading.text(entry.get("module"), most=200)
        top = module.partition(".")[0]
        if top in known or top in said or _is_sdk(module):
            continue
        said.add(top)
        found.append(_unknown_import(context, path, entry, module))
    return found


def _is_sdk(module: str) -> bool:
    return module == _OURS or f"{module}.".startswith(f"{_OURS}.sdk.")


def _unknown_import(context: CheckContext, path: str, entry: JsonObject, module: str) -> Finding:
    line, is_guarded = reading.number(entry.get("line")), entry.get("guarded") is True
    top = module.partition(".")[0]
    fix = f"Pin the package that holds {top!r} in {LOCK_FILE}, or do without it."
    if top == _OURS:
        fix = "A tool imports `toolvet.sdk` and nothing else of ours."
    elif not top.isidentifier():
        fix = "Import modules by their names."
    return Finding(
        f"{NAME}.import", "warning" if is_guarded else "error",
        f"{module[:100]} is neither in the lock nor in the standard library.",
        path, line, line, snippet(context.bundle, path, line), category="packages", fix=fix,
        why="It would not be there when the tool is called."
        if not is_guarded
        else "It is never there: what stands in for it is what will run.",
    )  # fmt: skip


def _hidden(bundle: Bundle, built: Built | None) -> list[Finding]:
    """Name modules of the bundle that are imported in place of those of a package."""
    packaged = set(built.modules if built else ())
    tops = {PurePosixPath(path).parts[0]: path for path in sorted(python_files(bundle))}
    return [
        Finding(
            f"{NAME}.hides-package", "warning",
            f"{top.removesuffix('.py')} of the bundle is imported in place of the package's.",
            path, category="packages", fix="Give the module another name, or leave the package out.",
            why="Whoever reads the import takes it for the package.",
        )
        for top, path in tops.items()
        if top.removesuffix(".py") in packaged and not is_test(path)
    ]  # fmt: skip


# --- what evidence says ---------------------------------------------------------------------------


def _measured(context: CheckContext, built: Built | None) -> dict[str, Json]:
    if built is None:
        return {"packages": []}
    packages: list[Json] = [
        {
            "name": package.name,
            "version": package.version,
            "wheel": package.wheel,
            "sha256": package.sha256,
            "licence": package.licence,
            "was_here": package.was_here,
        }
        for package in built.packages
    ]
    return {
        "packages": packages,
        "digest": built.digest,
        "address": built.address,
        "files": built.files,
        "bytes": built.bytes,
        "modules": [*built.modules],
        "dropped": [*built.dropped],
        "platform": context.tools.versions["platform"],
        "was_built": built.was_built,
    }


def _words(built: Built | None) -> str:
    if built is None:
        return "no packages: the standard library is all it imports"
    names = ", ".join(f"{package.name} {package.version}" for package in built.packages)
    size = f"{built.bytes / _MIB:.1f} MiB in {built.files} files"
    return f"{len(built.packages)} package{'s' * (len(built.packages) != 1)}, {size}: {names}"[:500]
