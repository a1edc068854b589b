"""The audit log: how fast it grows, and how long an auditor waits."""

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import cast

from bench.inside import Inside, open_inside
from bench.row import Row, held
from bench.stage import Stage, run

from toolvet.audit.verify import ExportRecord, verify_log
from toolvet.config import uuid7
from toolvet.engine import audit, entry
from toolvet.storage import Unit
from toolvet_reviews import digests
from toolvet_reviews.events import EntryDraft, Verb

CALLERS = 32
EACH = 400
ENTRIES = 100_000
BATCH = 500
RELEASE = digests.sha256(b"bench")


def rows(stage: Stage) -> list[Row]:
    """Fill a log, first from many callers, then to its full size, and verify it."""
    folder = stage.folder / "log"
    rate, seconds = run(_fill(folder))
    return [
        held(
            f"durable entries a second from {CALLERS} callers", rate, "entries/s", 3000, at="least"
        ),
        held(f"verify {ENTRIES:,} entries, in process", seconds, "s", 5.0),
        held(f"`toolvet audit verify` of {ENTRIES:,} entries", _command(stage, folder), "s", 5.0),
    ]


async def _fill(folder: Path) -> tuple[float, float]:
    async with open_inside(folder) as inside:
        rate = await asyncio.to_thread(_rate, inside)
        await asyncio.to_thread(_grow, inside)
        return rate, await asyncio.to_thread(_verify, inside)


def _rate(inside: Inside) -> float:
    """Let every caller wait for its own entry to be durable before it sends the next."""
    store, draft = inside.services.store, _a_call

    def caller() -> None:
        for _ in range(EACH):
            store.write_sync(lambda unit: unit.append(draft(inside)))

    threads = [threading.Thread(target=caller) for _ in range(CALLERS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return CALLERS * EACH / (time.perf_counter() - started)


def _grow(inside: Inside) -> None:
    def batch(unit: Unit) -> None:
        for _ in range(BATCH):
            unit.append(_a_call(inside))

    while inside.services.standing.ledger.size < ENTRIES:
        inside.services.store.write_sync(batch)


def _verify(inside: Inside) -> float:
    services = inside.services
    services.standing.settle()
    signed = services.standing.signed
    size = signed.size if signed else 0
    started = time.perf_counter()
    stream = (cast("ExportRecord", record) for record in audit.export(services, 0, size))
    report = verify_log(stream, log_key=services.log_key.verifier_key, note=services.standing.note)
    seconds = time.perf_counter() - started
    if not report.ok:
        raise RuntimeError(f"the log does not verify: {report.problems[:3]}")
    return seconds


def _command(stage: Stage, folder: Path) -> float:
    """Run the auditor's command against a service on that home; it starts by itself."""
    environment = {
        **stage.environment,
        "TOOLVET_HOME": str(folder / "home"),
        "TOOLVET_CONFIG": str(folder / "config"),
    }

    def toolvet(*arguments: str) -> None:
        command = [sys.executable, "-I", "-m", "toolvet.cli", *arguments]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    toolvet("queue")
    try:
        started = time.perf_counter()
        toolvet("audit", "verify")
        return time.perf_counter() - started
    finally:
        toolvet("stop")


def _a_call(inside: Inside) -> EntryDraft:
    return entry.by(
        inside.agent,
        Verb.CALL_RUN,
        ("call", uuid7()),
        digest=RELEASE,
        tier="B",
        facts={"status": "succeeded", "duration_us": 1500, "version": 1, "replayed": False},
        payloads={"arguments": {"a": 1, "b": 2}, "result": {"sum": 3}},
    )
