"""Measures the families of rows, one after the other."""

import tempfile
from pathlib import Path

from bench import (
    call,
    compare,
    dossier,
    draft,
    engine,
    flood,
    lab,
    lab_open,
    log,
    mails,
    many,
    queue_page,
    queued,
    storm,
    tui,
    tui_code,
    verdict,
    visible,
)
from bench.row import Row, failed, keep, show
from bench.stage import Stage, open_stage
from rich.console import Console

FAMILIES = {
    "verdict": verdict.rows,
    "flood": flood.rows,
    "visible": visible.rows,
    "dossier": dossier.rows,
    "compare": compare.rows,
    "storm": storm.rows,
    "queue": queued.rows,
    "queue_page": queue_page.rows,
    "engine": engine.rows,
    "call": call.rows,
    "many": many.rows,
    "mails": mails.rows,
    "draft": draft.rows,
    "tui": tui.rows,
    "code": tui_code.rows,
    "lab": lab.rows,
    "lab_open": lab_open.rows,
    "log": log.rows,
}
LATEST = Path(__file__).with_name("latest.json")


def measure(stage: Stage, names: list[str], console: Console) -> list[Row]:
    """Measure the families; one that breaks is a row that is not met."""
    rows: list[Row] = []
    for name in names:
        console.print(f"measuring {name} …")
        try:
            rows += FAMILIES[name](stage)
        except Exception as error:  # noqa: BLE001 (the other families are still worth measuring)
            console.print_exception()
            rows.append(failed(name, error))
    return rows


def main(arguments: list[str]) -> int:
    """Measure what was asked for."""
    console = Console(stderr=True)
    names = arguments or list(FAMILIES)
    unknown = [name for name in names if name not in FAMILIES]
    if unknown:
        console.print(f"unknown: {', '.join(unknown)}; there are {', '.join(FAMILIES)}")
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="toolvet-bench-") as folder,
        open_stage(Path(folder), console.print) as stage,
    ):
        rows = measure(stage, names, console)
    show(rows)
    if not arguments:
        keep(rows, LATEST)
    return 1 if any(row.met is False for row in rows) else 0
