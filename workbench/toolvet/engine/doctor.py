"""The doctor: looks at everything that could keep the service from keeping its promises."""

import asyncio
import shutil

from toolvet.audit.verify import compare_rows
from toolvet.engine import (
    asked,
    bindings_doctor,
    environments,
    folder_doctor,
    pool_doctor,
    queue_doctor,
    waivers_shown,
    watch_doctor,
    webhook,
)
from toolvet.engine.services import Services
from toolvet.engine.standing import log_problem
from toolvet.errors import KNOWN
from toolvet.sandbox import apparmor, interpreter
from toolvet.sandbox.apparmor import LauncherError
from toolvet_reviews.principals import Caller
from toolvet_reviews.views import DoctorLine

MIB = 1024 * 1024
LEAST_FREE_MIB = 4
"""With less, what is answered now may be the last that can be written."""


async def doctor(services: Services, caller: Caller, *, fix: bool = False) -> list[DoctorLine]:
    """Look at walls, scanner, log, rows and the catalogue; repair what can be repaired.

    Args:
        fix: Make the scanner's environment anew when it is broken, and the launcher that an AppArmor
            profile needs.
    """
    await asyncio.to_thread(_recheck, services)
    return [
        *await asyncio.to_thread(_walls, services, fix=fix),
        await _scanner(services, fix=fix),
        await _log(services),
        _space(services),
        *await _rows(services),
        *_catalogue(services),
        *pool_doctor.look(services),
        *await asyncio.to_thread(asked.look, services.paths, services.standing.ledger.policy),
        *await asyncio.to_thread(waivers_shown.look, services),
        *await asyncio.to_thread(bindings_doctor.look, services),
        *await asyncio.to_thread(queue_doctor.look, services),
        *await asyncio.to_thread(webhook.look, services),
        *await asyncio.to_thread(folder_doctor.look, services),
        *await asyncio.to_thread(environments.look, services),
        *await asyncio.to_thread(watch_doctor.look),
    ]


def _recheck(services: Services) -> None:
    services.catalogue.recheck()
    services.catalogue.rebuild(services.standing.ledger.size)


def _well(area: str, message: str) -> DoctorLine:
    return DoctorLine(area, ok=True, message=message)


def _ill(area: str, message: str, hint: str, code: str, *, fixable: bool = False) -> DoctorLine:
    return DoctorLine(area, ok=False, message=message, hint=hint, code=code, fixable=fixable)


def _walls(services: Services, *, fix: bool) -> list[DoctorLine]:
    report = services.tier
    if fix and report.tier in ("C", "none") and apparmor.is_in_the_way():
        try:
            apparmor.place(interpreter.executable())
        except LauncherError as error:
            return [_ill("sandbox", str(error), error.hint, error.code)]
    if report.tier == "none":
        return [_ill("sandbox", report.reason, report.cure, "sandbox.unavailable")]
    lines = [_well("sandbox", f"tier {report.tier}: {report.reason}".rstrip(": "))]
    consents = services.standing.ledger.consents
    if consents:
        lines.append(
            _well("sandbox", f"consented to, in the log: tier {', '.join(sorted(consents))}")
        )
    if report.tier == "C":
        lines += [
            _ill("sandbox", f"{probe.name}: {probe.detail}", report.cure, "sandbox.probe")
            for probe in report.probes
            if not probe.held
        ]
    return lines


async def _scanner(services: Services, *, fix: bool) -> DoctorLine:
    toolchain = services.toolchain
    if fix and not toolchain.is_ready:
        try:
            await asyncio.to_thread(toolchain.ensure, lambda _message: None)
        except KNOWN as error:
            return _ill("scanner", str(error), error.hint, error.code, fixable=True)
    if toolchain.is_ready:
        return _well("scanner", f"semgrep {toolchain.semgrep_version}")
    return _ill(
        "scanner",
        "the scanner's environment is missing or broken",
        "`toolvet doctor --fix` makes it anew.",
        "scanner.missing",
        fixable=True,
    )


async def _log(services: Services) -> DoctorLine:
    problem = await services.store.query(log_problem)
    if problem:
        return _ill("log", problem, "`toolvet audit verify` says more.", "audit.tampered")
    ledger = services.standing.ledger
    void = [*ledger.problems, *ledger.channel_problems(services.catalogue.name_of)]
    if void:
        first = void[0]
        message = f"{len(void)} entries do not count; the first is {first.index}: {first.message}"
        return _ill("log", message, "`toolvet audit verify` names each.", first.code)
    return _well("log", f"{services.standing.ledger.size} entries, signed")


def _space(services: Services) -> DoctorLine:
    free = shutil.disk_usage(services.paths.home).free // MIB
    if free >= LEAST_FREE_MIB:
        return _well("space", f"{free} MiB free")
    return _ill("space", f"{free} MiB free", "Free space on the disk of the home.", "storage.space")


async def _rows(services: Services) -> list[DoctorLine]:
    rows = await services.store.query(lambda view: view.state_rows())
    ledger, name_of = services.standing.ledger, services.catalogue.name_of
    differing = compare_rows(ledger, rows, name_of=name_of)
    if not differing:
        return [_well("tables", "they say what the log says")]
    return [
        _ill("tables", found.message, "The log stays in force.", found.code) for found in differing
    ]


def _catalogue(services: Services) -> list[DoctorLine]:
    snapshot = services.catalogue.snapshot
    lines = [
        _ill(
            "catalogue",
            f"{one.name or one.digest} is not served: {one.reason}",
            one.hint,
            one.code,
        )
        for one in snapshot.problems
    ]
    return [*lines, _well("catalogue", f"{len(snapshot.served)} tools served")]
