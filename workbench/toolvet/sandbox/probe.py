"""Which walls hold on this host: tried at start-up from inside them, never guessed by versions."""

import asyncio
import functools
import os
import platform
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from toolvet.errors import ToolvetError
from toolvet.sandbox import apparmor, cgroups, interpreter
from toolvet.sandbox.hierarchies import NoHierarchyError
from toolvet.sandbox.inside import landlock
from toolvet.sandbox.inside.numbers import here
from toolvet.sandbox.model import Image, Limits, ProbeResult, TierReport
from toolvet.sandbox.pool import Pool
from toolvet_reviews.values import Tier

_ATTEMPTS = Image(Path(__file__).parent / "attempts", "attempts:attempt", typed=False)
_LIMITS = Limits(wall_s=5, cpu_s=5, memory_mib=256, scratch_mib=4)
_MULTIPLIES = replace(_ATTEMPTS, entry="attempts:multiply")
_WITH_PROCESSES = replace(_LIMITS, memory_mib=128, processes=3)
_EACH_MIB = 80

_OTHER_SYSTEM_CURE = "Run the service on Linux and point TOOLVET_URL at it."
_CONSENT_CURE = "Tier C holds here: `toolvet consent C` lets tools run in it."
_CONTAINER_CURE = (
    "Allow unprivileged user namespaces: `sysctl user.max_user_namespaces=15000`; in a container, a "
    "seccomp profile that allows unshare and mount. Or `toolvet consent C`, where the kernel has "
    "Landlock (6.12 or newer)."
)
_GROUP_CURE = (
    "Give the service a control group of its own: `Delegate=yes` in its systemd unit, or start it "
    "by `systemd-run --user --scope -p Delegate=yes toolvet serve`."
)


def _cure() -> str:
    return apparmor.cure(interpreter.executable()) if apparmor.is_in_the_way() else _CONTAINER_CURE


def _cure_of(tier: Tier) -> str:
    """Tell what would make a tier that holds a higher one."""
    if tier == "A":
        return ""
    return _GROUP_CURE if tier == "B" else _cure()


def _preconditions(tier: Tier) -> ProbeResult | None:
    """Name what is missing before anything can be tried."""
    if here() is None:
        return ProbeResult("a table of system calls", held=False, detail=platform.machine())
    if tier == "C" and landlock.abi() < landlock.FIRST_ABI_WITH_SCOPES:
        detail = f"ABI {landlock.abi()}, needed is {landlock.FIRST_ABI_WITH_SCOPES}"
        return ProbeResult("Landlock with scopes", held=False, detail=detail)
    if tier == "A":
        try:
            cgroups.slots()
        except NoHierarchyError as error:
            return ProbeResult("a control group", held=False, detail=str(error))
    return None


async def _attempt(tier: Tier, folder: Path) -> list[ProbeResult]:
    secret = folder / "secret"
    secret.write_text("secret")
    secret.chmod(0o644)
    arguments = {
        "secret": str(secret),
        "outside": str(folder / "outside"),
        "process": os.getpid(),
        "memory_mib": _LIMITS.memory_mib,
        "scratch_mib": _LIMITS.scratch_mib,
    }
    pool = Pool(TierReport(tier, (), "", ""), spares=0)
    try:
        outcome = await pool.call(_ATTEMPTS, {**arguments}, _LIMITS)
        together = [await _multiply(pool)] if tier == "A" else []
    finally:
        await pool.close()
    if not isinstance(outcome.value, dict):
        detail = f"{outcome.status}: {outcome.error.message if outcome.error else outcome.output}"
        return [ProbeResult("runs a call", held=False, detail=detail)]
    return [
        ProbeResult("runs a call", held=True, detail=f"{outcome.wall_ms:.1f} ms"),
        *(ProbeResult(name, bool(how), str(how)) for name, how in outcome.value.items()),
        *together,
    ]


async def _multiply(pool: Pool) -> ProbeResult:
    """Take in several processes, each within its own limit, more than all may have together."""
    name = "takes no more memory by more processes"
    found = await pool.call(_MULTIPLIES, {"each_mib": _EACH_MIB}, _WITH_PROCESSES)
    if found.status == "returned" and isinstance(found.value, int):
        return ProbeResult(name, found.value > 0, f"{found.value} of 3 processes were ended")
    return ProbeResult(name, held=False, detail=f"{found.status} {found.error}"[:200])


async def _probe_tier(tier: Tier) -> list[ProbeResult]:
    missing = _preconditions(tier)
    if missing is not None:
        return [missing]
    with tempfile.TemporaryDirectory(prefix="toolvet-probe-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        try:
            return await _attempt(tier, folder)
        except (ToolvetError, OSError) as error:
            return [ProbeResult("starts", held=False, detail=str(error))]


def _failed(probes: list[ProbeResult]) -> str:
    return "; ".join(
        f"{probe.name}: {probe.detail or 'not refused'}" for probe in probes if not probe.held
    )


async def _probe(*, allow_c: bool, force: Tier | None) -> TierReport:
    if not sys.platform.startswith("linux"):
        reason = f"{platform.system()} has no walls of this kind"
        return TierReport("none", (), reason, _OTHER_SYSTEM_CURE)
    wanted: list[Tier] = [force] if force else ["A", "B", "C"]
    reasons: list[str] = []
    seen: list[ProbeResult] = []
    for tier in wanted:
        probes = await _probe_tier(tier)
        seen = probes
        failure = _failed(probes)
        if failure:
            reasons.append(f"tier {tier}: {failure}")
            continue
        if tier == "C" and not (allow_c or force):
            return TierReport(
                "none", tuple(probes), "; ".join(reasons), f"{_CONSENT_CURE} {_cure()}"
            )
        return TierReport(tier, tuple(probes), "; ".join(reasons), _cure_of(tier))
    return TierReport("none", tuple(seen), "; ".join(reasons), _cure())


def probe(*, allow_c: bool = False, force: Tier | None = None) -> TierReport:
    """Try the walls, the strongest first; blocks for about a fifth of a second.

    Args:
        allow_c: An operator consented to Landlock and seccomp without namespaces.
        force: Try only this tier.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:  # there may be an event loop in this one
        return thread.submit(asyncio.run, _probe(allow_c=allow_c, force=force)).result()


@functools.cache
def current() -> TierReport:
    """Return this process's report without tier C, probing once."""
    return probe()
